import "./reflectMetadata";
import { KeyObject, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";

/** A certificate and its private key (PKCS #8), both PEM. */
export interface IssuedCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface CertificateRequest {
  /** DNS names and IP addresses that the certificate is valid for. */
  readonly hostnames: readonly string[];
  /** @default an hour ago */
  readonly notBefore?: Date;
  /** In the past for an expired certificate. @default in a year */
  readonly notAfter?: Date;
}

/** A certificate authority in memory. */
export type CertificateAuthority = Awaited<ReturnType<typeof createAuthority>>;

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
// P-256: generating an RSA key takes up to a second, this one less than a millisecond.
const KEY = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/**
 * Creates a certificate authority.
 *
 * @param name its common name; two authorities with the same name have different keys
 */
export async function createAuthority(name = "Local Test CA") {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    ...validity({}),
    keys,
    signingAlgorithm: KEY,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  async function issue(request: CertificateRequest): Promise<IssuedCertificate> {
    const serverKeys = await newKeys();
    const issued = await x509.X509CertificateGenerator.create({
      subject: `CN=${request.hostnames[0] ?? "nameless"}`,
      issuer: certificate.subject,
      ...validity(request),
      publicKey: serverKeys.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: KEY,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          request.hostnames.map((value) => ({ type: isIP(value) ? "ip" : "dns", value })),
        ),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return {
      certificatePem: issued.toString("pem"),
      keyPem: KeyObject.from(serverKeys.privateKey).export({ type: "pkcs8", format: "pem" }).toString(),
    };
  }

  /** The authority's own certificate, which clients must trust. */
  const certificatePem = certificate.toString("pem");
  return { certificatePem, issue };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
}

/** The validity of a certificate. The default start is an hour before now, or before the given end. */
function validity({ notBefore, notAfter }: Partial<CertificateRequest>): { notBefore: Date; notAfter: Date } {
  const end = notAfter ?? new Date(Date.now() + YEAR);
  const start = notBefore ?? new Date(Math.min(Date.now(), end.getTime()) - HOUR);
  return { notBefore: start, notAfter: end };
}
