import { createHmac, pbkdf2Sync } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { Readable } from "node:stream";
import { createSecureContext, TLSSocket } from "node:tls";
import { type Listening, listen } from "../listen";
import type { IssuedCertificate } from "./certificates";
import { int32, type Message, MessageReader, typed } from "./wire/messages";

/** The behavior of an attacker's server. */
export interface RogueOptions {
  /** Undefined: it answers that it does not support TLS. */
  readonly certificate?: IssuedCertificate;
  /** A session begins without SSLRequest, for clients that do not use TLS. @default false */
  readonly inClear?: boolean;
  /** Bytes after the one that accepts TLS, injected by an attacker between client and server. */
  readonly stuffed?: string;
  /** Its answer to each message. The first is the StartupMessage. */
  readonly answer?: Answers;
}

/**
 * The answer to a message: one chunk, or many, each after the client has read the previous one. After many chunks the
 * server closes the connection.
 */
export type Answers = (message: Message) => Buffer | Iterable<Buffer> | undefined;

export interface RogueServer extends Listening {
  /** All bytes that it received, before and inside TLS. */
  seen(): string;
  /** Number of connections. */
  connections(): number;
  /** Bytes that clients received, including those of TLS. */
  taken(): number;
}

export async function startRogueServer(options: RogueOptions): Promise<RogueServer> {
  const chunks: Buffer[] = [];
  const open = new Set<Socket>();
  let connections = 0;
  let taken = 0;
  const server = createServer((socket) => {
    connections += 1;
    open.add(socket);
    socket.once("close", () => {
      taken += socket.bytesWritten;
      open.delete(socket);
    });
    socket.on("error", () => undefined);
    const hold = (stream: Socket): void => {
      const reader = new MessageReader(true);
      stream.on("error", () => undefined);
      stream.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        for (const message of reader.push(chunk)) {
          const answer = options.answer?.(message);
          if (answer === undefined) continue;
          if (Buffer.isBuffer(answer)) stream.write(answer);
          else Readable.from(answer, { highWaterMark: 1 }).pipe(stream);
        }
      });
    };
    if (options.inClear) return hold(socket);
    socket.once("data", (request: Buffer) => {
      chunks.push(request);
      if (options.certificate === undefined) {
        socket.on("data", (chunk: Buffer) => chunks.push(chunk));
        socket.write("N");
        return;
      }
      socket.write(`S${options.stuffed ?? ""}`);
      const { certificatePem, keyPem } = options.certificate;
      const secureContext = createSecureContext({ cert: certificatePem, key: keyPem });
      hold(new TLSSocket(socket, { isServer: true, secureContext }));
    });
  });
  return {
    ...(await listen(server, "localhost")),
    seen: () => Buffer.concat(chunks).toString("latin1"),
    connections: () => connections,
    taken: () => [...open].reduce((sum, { bytesWritten }) => sum + bytesWritten, taken),
  };
}

const ready = typed("Z", Buffer.from("I"));
const letIn = Buffer.concat([typed("R", int32(0)), ready]);

/** Accepts every login and confirms every statement, as with `trust` in pg_hba.conf. */
export function trusting({ type }: Message): Buffer | undefined {
  if (type === "") return letIn;
  return type === "Q" ? Buffer.concat([typed("C", "DO"), typed("Z", Buffer.from("I"))]) : undefined;
}

/** Asks for the password in clear text. */
export function askingInClear({ type }: Message): Buffer | undefined {
  return type === "" ? typed("R", int32(3)) : letIn;
}

/** Asks for an MD5 hash, accepts any, and confirms every statement. */
export function askingForMd5({ type }: Message): Buffer | undefined {
  if (type === "") return typed("R", int32(5), Buffer.from("salt"));
  if (type === "p") return letIn;
  return type === "Q" ? Buffer.concat([typed("C", "DO"), ready]) : undefined;
}

/** Proves by SCRAM that it knows the password, and then sends the given answers. */
export function knowing(password: () => string, then: Answers): Answers {
  const salt = Buffer.alloc(16, 1);
  let first = "";
  let turn = 0;
  return (message) => {
    const { type, bytes } = message;
    if (type === "") {
      turn = 0;
      return typed("R", int32(10), "SCRAM-SHA-256", Buffer.from([0]));
    }
    if (type !== "p") return then(message);
    turn += 1;
    const text = bytes.toString();
    if (turn === 1) {
      const bare = /n=.*$/.exec(text)?.[0] ?? "";
      const answer = `r=${/r=(.*)$/.exec(bare)?.[1]}more,s=${salt.toString("base64")},i=4096`;
      first = `${bare},${answer}`;
      return typed("R", int32(11), Buffer.from(answer));
    }
    const withoutProof = /c=.*?(?=,p=)/.exec(text)?.[0] ?? "";
    const hmac = (key: Buffer, of: string): Buffer => createHmac("sha256", key).update(of).digest();
    const serverKey = hmac(pbkdf2Sync(password(), salt, 4096, 32, "sha256"), "Server Key");
    const signature = hmac(serverKey, `${first},${withoutProof}`).toString("base64");
    return Buffer.concat([typed("R", int32(12), Buffer.from(`v=${signature}`)), letIn]);
  };
}

export interface ScramLie {
  /** @default the right one */
  readonly nonce?: string;
  /** @default 4096 */
  readonly iterations?: number;
}

/** Uses SCRAM without knowing the password: it accepts any proof. */
export function pretending({ nonce, iterations = 4096 }: ScramLie = {}): (message: Message) => Buffer | undefined {
  let turn = 0;
  return ({ type, bytes }) => {
    if (type === "") {
      turn = 0;
      return typed("R", int32(10), "SCRAM-SHA-256", Buffer.from([0]));
    }
    if (type !== "p") return undefined;
    turn += 1;
    if (turn > 1) {
      const signature = Buffer.from(`v=${Buffer.alloc(32, 7).toString("base64")}`);
      return Buffer.concat([typed("R", int32(12), signature), letIn]);
    }
    const clientNonce = /r=(.*)$/.exec(bytes.toString())?.[1] ?? "";
    const salt = Buffer.alloc(16, 1).toString("base64");
    return typed("R", int32(11), Buffer.from(`r=${nonce ?? `${clientNonce}more`},s=${salt},i=${iterations}`));
  };
}
