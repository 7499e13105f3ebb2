import { RotationError } from "../errors";

/**
 * Bytes that a server may send in one session. All answers that the function needs fit in a hundredth of it. Without a
 * limit, a server could fill the function's memory: `pg` keeps every row, and each message until it is complete.
 */
const maxBytes = 1024 * 1024;

/**
 * Splits the server's bytes into complete messages: one byte of type, four bytes of length (which count themselves), and
 * the body. pg's own reader waits for a message of 2 GB, never ends if a length is less than 4 or a text has no end, and
 * throws if lengths do not fit.
 *
 * Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export class ServerMessages {
  #sent = 0;
  #rest: Buffer = Buffer.alloc(0);

  /** @throws RotationError `AnswerTooLarge` or `ServerNotAuthenticated` */
  push(chunk: Buffer): Buffer[] {
    this.#sent += chunk.length;
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const whole: Buffer[] = [];
    while (this.#rest.length >= 5 && this.#sent <= maxBytes) {
      const length = this.#rest.readInt32BE(1);
      if (length > maxBytes) this.#sent += length;
      const message = this.#rest.subarray(0, 1 + length);
      if (length >= 4 && message.length < 1 + length) break;
      if (length < 4 || !hasItsTexts(String.fromCharCode(message[0] ?? 0), message.subarray(5))) throw notAMessage();
      whole.push(message);
      this.#rest = this.#rest.subarray(message.length);
    }
    if (this.#sent <= maxBytes) return whole;
    throw new RotationError(
      "AnswerTooLarge",
      `the server sent more than ${maxBytes} bytes, or a message of that length`,
    );
  }
}

export function notAMessage(): RotationError {
  return new RotationError("ServerNotAuthenticated", "the server sent data that is not a message of PostgreSQL");
}

/** Whether each text that pg's reader expects ends within the message. Texts end with a zero byte. */
function hasItsTexts(type: string, body: Buffer): boolean {
  const afterText = (at: number): number => {
    const end = at > body.length ? -1 : body.indexOf(0, at);
    return end < 0 ? Number.POSITIVE_INFINITY : end + 1;
  };
  let at = 0;
  switch (type) {
    case "C":
      return afterText(0) <= body.length;
    case "S":
      return afterText(afterText(0)) <= body.length;
    case "A":
      return afterText(afterText(4)) <= body.length;
    case "E":
    case "N":
      // Fields with a type and a text, until a type of zero.
      while (at < body.length && body[at] !== 0) at = afterText(at + 1);
      return at < body.length;
    case "R":
      if (body.length < 4 || body.readInt32BE(0) !== 10) return body.length >= 4;
      // Names of SASL mechanisms, until an empty one.
      for (at = 4; at < body.length && body[at] !== 0; ) at = afterText(at);
      return at < body.length;
    case "T": {
      if (body.length < 2) return false;
      at = 2;
      for (let field = body.readUInt16BE(0); field > 0 && at <= body.length; field--) at = afterText(at) + 18;
      return at <= body.length;
    }
    default:
      return true;
  }
}
