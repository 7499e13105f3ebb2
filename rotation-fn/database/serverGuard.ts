import type { Client, Connection } from "pg";
import { RotationError } from "../errors";
import { notAMessage, ServerMessages } from "./serverMessages";

/** Which proof of the password a server must ask for before it lets the function in. */
export type Proof = "scram" | "scram or md5";

export interface Guard {
  /** What the server did wrong, if it did: `ServerNotProven` or `AnswerTooLarge`. */
  refusal(): RotationError | undefined;
  /** What the server asked for: how it keeps the password. */
  proof(): "scram" | "md5" | undefined;
}

/**
 * Lets no server in that has not asked for a proof of the password, as libpq's `require_auth` does (by SCRAM, the
 * server proves that it knows it, too): `pg` itself would send the password in clear to any server that asks so, and
 * would take a server that asks for nothing (pg_hba's `trust`, where every password "works") at its word. node-postgres
 * PR #3746 would make this an option of its own.
 *
 * @param wanted - Which proof is enough.
 */
export function guard(client: Client & { readonly connection?: Connection }, wanted: Proof): Guard {
  const { connection } = client;
  let proof: ReturnType<Guard["proof"]>;
  let refusal: RotationError | undefined;
  const refuse = (error: RotationError): void => {
    refusal ??= error;
    connection?.stream.destroy(refusal);
  };
  const notProven = (what: string): void => refuse(new RotationError("ServerNotProven", `the server ${what}`));
  // These run ignoreUnhandledRejection of pg's own listeners, which it adds on connect().
  connection?.once("authenticationCleartextPassword", () => notProven("asked for the password in clear text"));
  connection?.once("authenticationMD5Password", () => {
    proof = "md5";
    if (wanted === "scram") notProven("asked for an MD5 hash, where the password is kept as a SCRAM verifier");
  });
  connection?.once("authenticationSASLFinal", () => {
    proof = "scram";
  });
  connection?.once("authenticationOk", () => {
    if (proof === undefined) notProven("let the user in without a password");
  });

  const messages = new ServerMessages();
  // From this event on, pg reads messages: before TLS it reads a single byte.
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
  return { refusal: () => refusal, proof: () => proof };
}
