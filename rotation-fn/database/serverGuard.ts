import type { Client, Connection } from "pg";
import { RotationError } from "../errors";

/**
 * Bytes that a server may send in one session. All answers that the function needs fit in a hundredth of it. Without a
 * limit, a server could fill the function's memory: `pg` keeps every row, and each message until it is complete.
 */
const maxBytes = 1024 * 1024;

/** The proof of the password that a server must ask for before it accepts the login. */
export type Proof = "scram" | "scram or md5";

export interface Guard {
  /** `ServerNotProven` or `AnswerTooLarge`, if the server broke a rule. */
  refusal(): RotationError | undefined;
  /** The proof that the server asked for, which shows how it stores the password. */
  proof(): "scram" | "md5" | undefined;
}

/**
 * Ends a session whose server did not ask for a proof of the password, as libpq's `require_auth` does. With SCRAM, the
 * server also proves that it knows the password. `pg` itself sends the password in clear text to any server that asks for
 * it, and accepts a server that asks for nothing (`trust` in pg_hba.conf, where every password "works"). node-postgres
 * PR #3746 would add this as an option.
 *
 * @param wanted - The proof that is sufficient.
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
  // These listeners run before pg's own, which it adds in connect().
  connection?.once("authenticationCleartextPassword", () => notProven("asked for the password in clear text"));
  connection?.once("authenticationMD5Password", () => {
    proof = "md5";
    if (wanted === "scram") notProven("asked for an MD5 hash, although it stores a SCRAM verifier");
  });
  connection?.once("authenticationSASLFinal", () => {
    proof = "scram";
  });
  connection?.once("authenticationOk", () => {
    if (proof === undefined) notProven("accepted the login without a password");
  });

  const messages = new MessageLengths();
  // From this event on, pg reads messages. Before TLS it reads a single byte.
  connection?.once(client.ssl ? "sslconnect" : "connect", () => {
    const { stream } = connection;
    const [read] = stream.listeners("data");
    if (read === undefined) return;
    stream.removeAllListeners("data");
    stream.on("data", (chunk: Buffer) => {
      try {
        messages.check(chunk);
        read(chunk);
      } catch (error) {
        // pg's reader throws if the lengths in a message do not fit, which would end the process.
        if (error instanceof RotationError) refuse(error);
        else notProven(notAMessage);
      }
    });
  });
  return { refusal: () => refusal, proof: () => proof };
}

const notAMessage = "sent data that is not a PostgreSQL message";

/**
 * Checks the lengths of the server's messages (one byte of type, then four bytes of length, which counts itself). pg's
 * reader would wait for 2 GB, and would never end if a length is less than 4.
 */
class MessageLengths {
  #sent = 0;
  #head: Buffer = Buffer.alloc(0);
  /** Remaining bytes of the message. */
  #left = 0;

  /** @throws RotationError `AnswerTooLarge` or `ServerNotProven`, before the message is kept in memory */
  check(chunk: Buffer): void {
    this.#sent += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      if (this.#left === 0) {
        const head = chunk.subarray(at, at + 5 - this.#head.length);
        this.#head = Buffer.concat([this.#head, head]);
        at += head.length;
        if (this.#head.length < 5) break;
        const length = this.#head.readInt32BE(1);
        if (length < 4) throw new RotationError("ServerNotProven", `the server ${notAMessage}`);
        if (length > maxBytes) this.#sent += length;
        this.#left = length - 4;
        this.#head = Buffer.alloc(0);
      }
      const step = Math.min(this.#left, chunk.length - at);
      this.#left -= step;
      at += step;
      if (this.#sent > maxBytes) break;
    }
    if (this.#sent > maxBytes) {
      throw new RotationError(
        "AnswerTooLarge",
        `the server sent more than ${maxBytes} bytes, or a message of that length`,
      );
    }
  }
}
