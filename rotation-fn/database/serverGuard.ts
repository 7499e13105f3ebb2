import type { Client, Connection } from "pg";
import { RotationError } from "../errors";

/**
 * Bytes that a server may send in one session. All that the function asks for fits in a hundredth of it; a server that
 * goes on and on would fill the function's memory, as `pg` keeps every row and each message until it is whole.
 */
const maxBytes = 1024 * 1024;

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
  connection?.once("authenticationCleartextPassword", () => notProven("asked for the password in clear"));
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

  const messages = new MessageLengths();
  // From this event on, pg reads messages: before TLS it reads a single byte.
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
        // pg's reader throws where the lengths within a message do not fit, and the process would end by it.
        if (error instanceof RotationError) refuse(error);
        else notProven(notAMessage);
      }
    });
  });
  return { refusal: () => refusal, proof: () => proof };
}

const notAMessage = "sent what is not a message of PostgreSQL";

/**
 * Follows the lengths of the server's messages (a type of one byte, then four of length, themselves included). pg's
 * reader would wait for 2 GB, and never end where a length is less than 4.
 */
class MessageLengths {
  #sent = 0;
  #head: Buffer = Buffer.alloc(0);
  /** Bytes of the message that are still to come. */
  #left = 0;

  /** @throws RotationError `AnswerTooLarge` or `ServerNotProven`, before anything of the message is kept */
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
