/**
 * One message of PostgreSQL's protocol. `type` is its first byte as a character, or "" for the two that a client sends
 * before it has a session: SSLRequest and StartupMessage
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html).
 */
export interface Message {
  readonly type: string;
  readonly bytes: Buffer;
}

/** Splits the bytes of one direction of a connection into messages. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);

  /** @param untyped whether the first message has no type byte: true for messages of a client */
  constructor(private untyped: boolean) {}

  push(chunk: Buffer): Message[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const messages: Message[] = [];
    for (;;) {
      const lengthAt = this.untyped ? 0 : 1;
      if (this.#rest.length < lengthAt + 4) return messages;
      const size = lengthAt + this.#rest.readInt32BE(lengthAt);
      if (this.#rest.length < size) return messages;
      const bytes = this.#rest.subarray(0, size);
      messages.push({ type: this.untyped ? "" : String.fromCharCode(bytes[0] ?? 0), bytes });
      this.#rest = this.#rest.subarray(size);
      this.untyped = false;
    }
  }
}

/** SSLRequest: eight bytes, of which the last four are not a protocol version. */
export const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** The parameters of a StartupMessage: `user`, `database`, `options`, … */
export function startupParameters({ bytes }: Message): Record<string, string> {
  const pairs = bytes
    .subarray(8)
    .toString()
    .matchAll(/([^\0]+)\0([^\0]*)\0/g);
  return Object.fromEntries([...pairs].map(([, name = "", value = ""]) => [name, value]));
}

/** The text of a Query or a Parse message; undefined for others. */
export function statementIn({ type, bytes }: Message): string | undefined {
  if (type === "Q") return bytes.subarray(5, -1).toString();
  if (type !== "P") return undefined;
  return bytes.subarray(5).toString().split("\0")[1];
}

export function isAuthenticationOk({ type, bytes }: Message): boolean {
  return type === "R" && bytes.readInt32BE(5) === 0;
}

export function typed(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(`${part}\0`) : part)));
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** An ErrorResponse in PostgreSQL's form. */
export function errorResponse(sqlState: string, message: string): Buffer {
  return typed("E", "SFATAL", "VFATAL", `C${sqlState}`, `M${message}`, Buffer.from([0]));
}
