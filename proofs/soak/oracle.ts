import { createHash, createHmac, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import type { Harness } from "../world/harness";
import { type LabeledLogin, labeledLogins, unlabeledLogins } from "../world/labels";
import type { TestSecret } from "../world/testSecret";

const derive = promisify(pbkdf2);

/**
 * Finds the labeled versions that log in: compares their passwords with the verifiers in PostgreSQL. This takes a tenth
 * of the time of a login. A login at the end of each run confirms it.
 */
export class Oracle {
  readonly #known = new Map<string, boolean>();

  constructor(private readonly harness: Harness) {}

  async working(secret: TestSecret): Promise<LabeledLogin[]> {
    return this.#logIn(labeledLogins(secret));
  }

  /** Whether one of the newest five versions without a label logs in: a rotation tries these too. */
  async lostVersionWorks(secret: TestSecret): Promise<boolean> {
    const newest = unlabeledLogins(secret).slice(0, 5);
    return (await this.#logIn(newest)).some(({ username }) => username === secret.user);
  }

  async #logIn<Login extends { readonly username: string; readonly password: string }>(
    logins: readonly Login[],
  ): Promise<Login[]> {
    const verifiers = await this.#verifiers(logins);
    const works = await Promise.all(
      logins.map(({ username, password }) => this.#matches(verifiers.get(username), password)),
    );
    return logins.filter((_, index) => works[index]);
  }

  /** User → verifier, of all users in versions of the secret. */
  async verifiers(secret: TestSecret): Promise<ReadonlyMap<string, string>> {
    return this.#verifiers([...labeledLogins(secret), ...unlabeledLogins(secret)]);
  }

  async #verifiers(logins: readonly { readonly username: string }[]): Promise<Map<string, string>> {
    const { rows } = await this.harness.superuser.query<{ rolname: string; rolpassword: string | null }>(
      "SELECT rolname, rolpassword FROM pg_authid WHERE rolcanlogin AND rolname = ANY($1)",
      [logins.map(({ username }) => username)],
    );
    for (const { rolpassword } of rows) this.harness.ledger.note(rolpassword ?? "");
    return new Map(rows.map(({ rolname, rolpassword }) => [rolname, rolpassword ?? ""]));
  }

  async #matches(verifier: string | undefined, password: string): Promise<boolean> {
    const parts = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):/.exec(verifier ?? "");
    if (parts === null) return false;
    const key = `${verifier} ${password}`;
    let matches = this.#known.get(key);
    if (matches === undefined) {
      const salted = await derive(password, Buffer.from(parts[2] ?? "", "base64"), Number(parts[1]), 32, "sha256");
      const clientKey = createHmac("sha256", salted).update("Client Key").digest();
      matches = createHash("sha256").update(clientKey).digest("base64") === parts[3];
      this.#known.set(key, matches);
    }
    return matches;
  }
}
