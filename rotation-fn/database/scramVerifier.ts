import { createHash, createHmac, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(pbkdf2);

/** PostgreSQL's own default, `scram_iterations`, and RFC 7677's minimum. */
const defaultIterations = 4096;

/**
 * A SCRAM-SHA-256 verifier as PostgreSQL keeps it in `pg_authid.rolpassword`:
 * `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, its parts in base64.
 *
 * Sent in place of the password, it keeps the password out of the statement, of PostgreSQL's log, of
 * `pg_stat_activity` and of any audit extension; nobody can log in with it. PostgreSQL recognises the form and stores
 * it as it is ("presented as … already in encrypted form", CREATE ROLE).
 *
 * Formulas: RFC 5802 section 3, with SHA-256 by RFC 7677.
 *
 * @param password - Printable ASCII, on which SASLprep changes nothing (RFC 4013).
 * @param salt - 16 bytes, as PostgreSQL's own.
 */
export async function scramVerifier(
  password: string,
  salt: Buffer = randomBytes(16),
  iterations: number = defaultIterations,
): Promise<string> {
  const saltedPassword = await derive(password, salt, iterations, 32, "sha256");
  const clientKey = createHmac("sha256", saltedPassword).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", saltedPassword).update("Server Key").digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}
