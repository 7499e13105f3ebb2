import { createHash, createHmac, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(pbkdf2);

/** PostgreSQL's own default, `scram_iterations`, and RFC 7677's minimum. */
export const defaultIterations = 4096;

/** With more, a login takes longer on a small function than it waits. `pg` itself refuses more than 100,000. */
export const mostIterations = 1_000_000;

/**
 * A SCRAM-SHA-256 verifier as PostgreSQL keeps it in `pg_authid.rolpassword`:
 * `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, its parts in base64.
 *
 * If the function sends it in place of the password, the password is not in the statement, PostgreSQL's log,
 * `pg_stat_activity` or an audit extension. The verifier alone is not enough to log in. PostgreSQL recognizes the form and
 * stores it unchanged ("presented as … already in encrypted form", CREATE ROLE).
 *
 * Formulas: RFC 5802 section 3, with SHA-256 by RFC 7677.
 *
 * @param password - Printable ASCII, which SASLprep leaves unchanged (RFC 4013).
 * @param salt - 16 bytes, as in PostgreSQL.
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
