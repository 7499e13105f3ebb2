import { createHmac, pbkdf2Sync } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { Readable } from "node:stream";
import { createSecureContext, TLSSocket } from "node:tls";
import { listen } from "../listen";
import type { IssuedCertificate } from "./certificates";
import { int32, type Message, MessageReader, typed } from "./wire/messages";

export interface RogueOptions {
  /** Without a certificate, the server answers that it does not support TLS. */
  readonly certificate?: IssuedCertificate;
  /** Whether a session begins without SSLRequest, for clients that do not use TLS. @default false */
  readonly inClear?: boolean;
  /** Bytes after the answer that accepts TLS, as an attacker between client and server would inject them. */
  readonly bytesBeforeTls?: string;
  /** Answers each message. The first one is the StartupMessage. @default no answer */
  readonly answer?: Answers;
}

/**
 * The answer to a message: one chunk, or many, each after the client has read the previous one. After many chunks the
 * server closes the connection.
 */
export type Answers = (message: Message) => Buffer | Iterable<Buffer> | undefined;

export type RogueServer = Awaited<ReturnType<typeof startRogueServer>>;

/** Starts a server that uses PostgreSQL's protocol as its options say. */
export async function startRogueServer(options: RogueOptions) {
  const chunks: Buffer[] = [];
  const open = new Set<Socket>();
  let connections = 0;
  let bytesOfClosed = 0;
  const server = createServer((socket) => {
    connections += 1;
    open.add(socket);
    socket.once("close", () => {
      bytesOfClosed += socket.bytesWritten;
      open.delete(socket);
    });
    socket.on("error", () => undefined);
    const serveSession = (stream: Socket): void => {
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
    if (options.inClear) return serveSession(socket);
    socket.once("data", (request: Buffer) => {
      chunks.push(request);
      if (options.certificate === undefined) {
        socket.on("data", (chunk: Buffer) => chunks.push(chunk));
        socket.write("N");
        return;
      }
      socket.write(`S${options.bytesBeforeTls ?? ""}`);
      const { certificatePem, keyPem } = options.certificate;
      const secureContext = createSecureContext({ cert: certificatePem, key: keyPem });
      serveSession(new TLSSocket(socket, { isServer: true, secureContext }));
    });
  });
  return {
    ...(await listen(server, "localhost")),
    /** All bytes that it received, before and inside TLS. */
    seen: () => Buffer.concat(chunks).toString("latin1"),
    connections: () => connections,
    /** Bytes that clients received, including those of TLS. */
    bytesSent: () => [...open].reduce((sum, { bytesWritten }) => sum + bytesWritten, bytesOfClosed),
  };
}

const ready = typed("Z", Buffer.from("I"));
const loginAccepted = Buffer.concat([typed("R", int32(0)), ready]);
const statementDone = Buffer.concat([typed("C", "DO"), ready]);

/** Answers only messages of one type: "" is the StartupMessage, "Q" a statement. */
export function answerTo(type: Message["type"], answer: () => ReturnType<Answers>): Answers {
  return (message) => (message.type === type ? answer() : undefined);
}

/** Accepts every login and confirms every statement, as with `trust` in pg_hba.conf. */
export function acceptAnyLogin({ type }: Message): Buffer | undefined {
  if (type === "") return loginAccepted;
  return type === "Q" ? statementDone : undefined;
}

export function askForClearText({ type }: Message): Buffer | undefined {
  return type === "" ? typed("R", int32(3)) : loginAccepted;
}

/** Asks for an MD5 hash, accepts any, and confirms every statement. */
export function askForMd5({ type }: Message): Buffer | undefined {
  if (type === "") return typed("R", int32(5), Buffer.from("salt"));
  if (type === "p") return loginAccepted;
  return type === "Q" ? statementDone : undefined;
}

/** Proves by SCRAM that it knows the password, and then sends the given answers. */
export function proveByScram(password: () => string, then: Answers, iterations = 4096): Answers {
  const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  return scram(
    (exchange, salt) => hmac(hmac(pbkdf2Sync(password(), salt, iterations, 32, "sha256"), "Server Key"), exchange),
    then,
    { iterations },
  );
}

/** The nonce and iterations in the server's first message. @default the correct nonce, and 4,096 iterations */
type ScramClaim = { readonly nonce?: string; readonly iterations?: number };

/** Uses SCRAM without knowing the password. */
export function pretendByScram(claim: ScramClaim = {}): Answers {
  return scram(
    () => Buffer.alloc(32, 7),
    () => undefined,
    claim,
  );
}

/** Accepts any proof. @param sign makes the server's signature of the exchange before it */
function scram(
  sign: (exchange: string, salt: Buffer) => Buffer,
  then: Answers,
  { nonce, iterations = 4096 }: ScramClaim = {},
): Answers {
  const salt = Buffer.alloc(16, 1);
  let exchange = "";
  return (message) => {
    const { type, bytes } = message;
    if (type === "") {
      exchange = "";
      return typed("R", int32(10), "SCRAM-SHA-256", Buffer.from([0]));
    }
    if (type !== "p") return then(message);
    const text = bytes.toString();
    if (exchange === "") {
      const clientFirstBare = /n=.*$/.exec(text)?.[0] ?? "";
      const answer = `r=${nonce ?? `${/r=(.*)$/.exec(clientFirstBare)?.[1]}more`},s=${salt.toString("base64")},i=${iterations}`;
      exchange = `${clientFirstBare},${answer}`;
      return typed("R", int32(11), Buffer.from(answer));
    }
    const withoutProof = /c=.*?(?=,p=)/.exec(text)?.[0] ?? "";
    const signature = sign(`${exchange},${withoutProof}`, salt).toString("base64");
    return Buffer.concat([typed("R", int32(12), Buffer.from(`v=${signature}`)), loginAccepted]);
  };
}
