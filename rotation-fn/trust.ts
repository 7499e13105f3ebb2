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
  });
  return context;
}

function read(file: string | undefined): string[] {
  return file !== undefined && existsSync(file) ? [readFileSync(file, "utf8")] : [];
}
