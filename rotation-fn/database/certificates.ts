import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";

let context: SecureContext | undefined;

/**
 * Whom the function trusts to be the database, made once: the public roots (RDS Proxy's certificates come from them),
 * `trust.pem` beside the handler (Amazon's RDS roots of the region, and the user's own authority, put there when the
 * archive was made), and the file that Node's own `NODE_EXTRA_CA_CERTS` names.
 *
 * They are listed because `ca` replaces Node's default roots rather than adding to them
 * (https://nodejs.org/api/tls.html#tlscreatesecurecontextoptions).
 */
export function trustedAuthorities(): SecureContext {
  context ??= createSecureContext({
    ca: [...rootCertificates, ...[join(__dirname, "trust.pem"), process.env.NODE_EXTRA_CA_CERTS].flatMap(read)],
    minVersion: "TLSv1.2",
    ecdhCurve: keyExchange(process.versions.openssl),
  });
  return context;
}

/**
 * The groups of TLS's key exchange, as OpenSSL lists them. TLS 1.3 sends a key of the first one along, and a server that
 * does not take it asks for another, a round trip later. OpenSSL's own first choice is X25519, which PostgreSQL takes
 * from 18 on; up to 17 it takes P-256 alone, which every version does
 * (`ssl_ecdh_curve`, https://www.postgresql.org/docs/17/runtime-config-connection.html#GUC-SSL-ECDH-CURVE).
 *
 * From 3.5 on OpenSSL sends a key for each group with a `*`: so the hybrid with ML-KEM stays its first choice there.
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
