import { RotationError } from "../errors";

/**
 * Bytes that a server may send in one session. All that the function asks for fits in a hundredth of it; a server that
 * sends without end would fill the function's memory, because `pg` keeps every row, and each message until it is whole.
 */
const maxBytes = 1024 * 1024;

/**
 * Cuts what a server sends into whole messages: a type of one byte, four bytes of length (these four included), a body.
 * pg's own reader waits for a message of 2 GB, never ends where a length is less than 4 or a text has no end, and throws
 * where lengths do not fit.
 *
 * Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export class ServerMessages {
  #sent = 0;
  #rest: Buffer = Buffer.alloc(0);

  /** @throws RotationError `AnswerTooLarge` or `ServerNotProven` */
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
  return new RotationError("ServerNotProven", "the server sent what is not a message of PostgreSQL");
}

/** Whether each text that pg's reader will look for ends within the message. Texts end with a zero byte. */
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
      // Fields of a type and a text, until a type that is zero.
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
