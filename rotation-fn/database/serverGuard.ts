import type { Client, Connection } from "pg";
import { RotationError } from "../errors";
import { notAMessage, ServerMessages } from "./serverMessages";

/** The proof of the password that a server must ask for before it accepts the login. */
export type Proof = "scram" | "scram or md5";

/** What a guard has seen of the server so far. */
export interface Guarded {
  /** `ServerNotAuthenticated` or `AnswerTooLarge`, if the server broke a rule. */
  refusal?: RotationError;
  /** The proof that the server asked for, which shows how it stores the password. */
  proof?: "scram" | "md5";
  /** The iterations of the stored SCRAM verifier. */
  iterations?: number;
}

/**
 * Ends a session whose server did not ask for a proof of the password, as libpq's `require_auth` does. With SCRAM, the
 * server also proves that it knows the password. `pg` itself sends the password in clear text to any server that asks for
 * it, and accepts a server that asks for nothing (`trust` in pg_hba.conf, where every password "works"). node-postgres
 * PR #3746 would add this as an option.
 *
 * @param wanted - The proof that is sufficient.
 */
export function guard(client: Client & { readonly connection?: Connection }, wanted: Proof): Readonly<Guarded> {
  const { connection } = client;
  const seen: Guarded = {};
  const refuse = (error: RotationError): void => {
    seen.refusal ??= error;
    connection?.stream.destroy(seen.refusal);
  };
  const notProven = (what: string): void => refuse(new RotationError("ServerNotAuthenticated", `the server ${what}`));
  // These listeners run before pg's own, which it adds in connect().
  connection?.once("authenticationCleartextPassword", () =>
    refuse(new RotationError("ClearTextAsked", "the server asked for the password in clear text")),
  );
  connection?.once("authenticationMD5Password", () => {
    seen.proof = "md5";
    if (wanted === "scram") notProven("asked for an MD5 hash, although it stores a SCRAM verifier");
  });
  connection?.once("authenticationSASLContinue", ({ data }: { data: string }) => {
    seen.iterations = Number(/,i=(\d+)/.exec(data)?.[1]) || 0;
  });
  connection?.once("authenticationSASLFinal", () => {
    seen.proof = "scram";
  });
  connection?.once("authenticationOk", () => {
    if (seen.proof === undefined) notProven("accepted the login without a password");
  });

  const messages = new ServerMessages();
  // From this event on, pg reads messages. Before TLS it reads a single byte.
  connection?.once(client.ssl ? "sslconnect" : "connect", () => {
    const { stream } = connection;
    const [read] = stream.listeners("data");
    if (read === undefined) return;
    stream.removeAllListeners("data");
    stream.on("data", (chunk: Buffer) => {
      try {
        for (const message of messages.push(chunk)) read(message);
      } catch (error) {
        // What pg's reader throws would end the process.
        refuse(error instanceof RotationError ? error : notAMessage());
      }
    });
  });
  return seen;
}
