import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import { partsOf, RotationError } from "../errors";

let context: SecureContext | undefined;

/**
 * The certificate authorities that the function trusts: the public roots (RDS Proxy's certificates come from them),
 * `trust.pem` beside the handler (Amazon's RDS roots of the region and the user's own authority, which the build writes),
 * and the file in Node's `NODE_EXTRA_CA_CERTS`. The context is created once.
 *
 * The public roots are listed because `ca` replaces Node's default roots
 * (https://nodejs.org/api/tls.html#tlscreatesecurecontextoptions).
 */
export function trustedAuthorities(): SecureContext {
  context ??= contextOf([join(__dirname, "trust.pem"), process.env.NODE_EXTRA_CA_CERTS]);
  return context;
}

/**
 * @param files - In PEM format. One that does not exist is omitted, as in Node.
 * @throws RotationError `InvalidEnvironment` if a file cannot be read
 */
export function contextOf(files: readonly (string | undefined)[]): SecureContext {
  try {
    return createSecureContext({
      ca: [...rootCertificates, ...files.flatMap(read)],
      minVersion: "TLSv1.2",
      ecdhCurve: keyExchange(process.versions.openssl),
    });
  } catch (cause) {
    const { message } = partsOf(cause);
    throw new RotationError("InvalidEnvironment", `trust.pem or NODE_EXTRA_CA_CERTS: ${message}`, { cause });
  }
}

/**
 * The groups of TLS's key exchange, in OpenSSL's syntax. The first message of TLS 1.3 contains a key of the first group. A
 * server that does not accept it asks for another, which costs a round trip. OpenSSL's default is X25519, which PostgreSQL
 * accepts from 18 on. Up to 17 it accepts only P-256, which every version accepts
 * (`ssl_ecdh_curve`, https://www.postgresql.org/docs/17/runtime-config-connection.html#GUC-SSL-ECDH-CURVE).
 *
 * From 3.5 on, OpenSSL sends a key for each group with a `*`, so that the hybrid with ML-KEM stays the first choice there.
 * Source: https://docs.openssl.org/3.5/man3/SSL_CTX_set1_curves/
 */
export function keyExchange(openssl: string): string {
  const [major = 0, minor = 0] = openssl.split(".").map(Number);
  const choosesKeys = major > 3 || (major === 3 && minor >= 5);
  return choosesKeys ? "?*X25519MLKEM768:*P-256:?X25519:P-384:P-521" : "P-256:X25519:P-384:P-521";
}

function read(file: string | undefined): string[] {
  return file !== undefined && existsSync(file) ? [readFileSync(file, "utf8")] : [];
}
