import type { TLSSocket } from "node:tls";
import {
  errorResponse,
  isAuthenticationOk,
  type Message,
  MessageReader,
  startupParameters,
  statementIn,
} from "./messages";

/** One request to PostgreSQL and its whole answer: a login, or a statement. */
export interface Exchange {
  readonly kind: "login" | "statement";
  /** The user that logs in, or the statement's text. */
  readonly text: string;
  /** The client's first bytes, for tests that search them for credentials. */
  readonly request: string;
}

/** Before the request is passed on, or before the answer is. */
export type Moment = "before" | "after";

/** What happens to an exchange in place of passing it on. */
export type ConnectionFault =
  /** Both connections break. The server does not get the request, or the client does not get the answer. */
  | { readonly kind: "cut" }
  /** Half of the answer is passed on, then the connections break. Before a request, the same as "cut". */
  | { readonly kind: "half" }
  /** The client gets this error, and the connection ends. Before a request, the server does not see the request. */
  | { readonly kind: "error"; readonly sqlState: string; readonly message: string }
  /** Nothing more is passed on until one side gives up. */
  | { readonly kind: "stall" }
  /**
   * The client's connection breaks, but its request reaches the server later. Only before a request. `onExecuted` is
   * called when the server has executed the request and closed the connection.
   */
  | { readonly kind: "late"; readonly until: Promise<void>; readonly onExecuted?: () => void };

/** Called twice for each exchange, with the same object. */
export type Watch = (moment: Moment, exchange: Exchange) => Promise<ConnectionFault | undefined> | undefined;

/** Passes messages between one client and the server, exchange by exchange. */
export class Relay {
  #exchange: Exchange | undefined;
  /** Messages of the answer, until it is complete. */
  #answerMessages: Buffer[] = [];
  #collectsAnswer = false;
  #ended = false;
  /** Messages are handled in order, each after the decision about the previous one. */
  #queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: TLSSocket,
    private readonly server: TLSSocket,
    private readonly watch: Watch,
    /** Breaks the two connections below TLS, without closing them properly. */
    private readonly reset: () => void,
  ) {
    const fromClient = new MessageReader(true);
    const fromServer = new MessageReader(false);
    client.on("data", (chunk: Buffer) => {
      for (const message of fromClient.push(chunk)) this.#enqueue(() => this.#handleClientMessage(message));
    });
    server.on("data", (chunk: Buffer) => {
      for (const message of fromServer.push(chunk)) this.#enqueue(() => this.#handleServerMessage(message));
    });
    for (const socket of [client, server]) {
      socket.on("error", () => undefined);
      socket.once("close", () => this.#enqueue(async () => this.#end(false)));
    }
  }

  #enqueue(handle: () => Promise<void>): void {
    this.#queue = this.#queue.then(() => (this.#ended ? undefined : handle()));
  }

  async #handleClientMessage(message: Message): Promise<void> {
    if (this.#exchange === undefined && message.type !== "X") {
      this.#exchange = exchangeOf(message);
      this.#collectsAnswer = this.#exchange.kind === "statement";
      if (await this.#applyFault("before", this.#exchange, message.bytes)) return;
    }
    this.server.write(message.bytes);
  }

  async #handleServerMessage(message: Message): Promise<void> {
    // The messages of the SCRAM exchange must pass, so that the login continues. Collects only its successful end.
    if (isAuthenticationOk(message)) this.#collectsAnswer = true;
    if (!this.#collectsAnswer) {
      this.client.write(message.bytes);
      return;
    }
    this.#answerMessages.push(message.bytes);
    // A login can fail after the proof ("too many connections"). No message follows this error.
    if (message.type === "E" && this.#exchange?.kind === "login")
      this.client.write(Buffer.concat(this.#answerMessages.splice(0)));
    if (message.type !== "Z") return;
    if (this.#exchange !== undefined && (await this.#applyFault("after", this.#exchange))) return;
    this.client.write(Buffer.concat(this.#answerMessages));
    this.#answerMessages = [];
    this.#collectsAnswer = false;
    this.#exchange = undefined;
  }

  async #applyFault(moment: Moment, exchange: Exchange, request: Buffer = Buffer.alloc(0)): Promise<boolean> {
    const fault = await this.watch(moment, exchange);
    if (fault === undefined) return false;
    this.#ended = true;
    if (fault.kind === "stall") return true;
    if (fault.kind === "late") this.#sendLater(request, fault);
    if (fault.kind === "cut") this.#end(true);
    if (fault.kind === "error") this.#endWith(errorResponse(fault.sqlState, fault.message));
    if (fault.kind === "half") {
      const answer = Buffer.concat(this.#answerMessages);
      this.#endWith(answer.subarray(0, Math.floor(answer.length / 2)));
    }
    return true;
  }

  #sendLater(request: Buffer, { until, onExecuted }: Extract<ConnectionFault, { kind: "late" }>): void {
    this.client.destroy();
    if (onExecuted !== undefined) this.server.once("close", onExecuted);
    void until.then(() => this.server.end(request));
  }

  #endWith(bytes: Buffer): void {
    this.client.end(bytes, () => this.#end(false));
  }

  #end(reset: boolean): void {
    this.#ended = true;
    if (reset) this.reset();
    this.client.destroy();
    this.server.destroy();
  }
}

function exchangeOf(message: Message): Exchange {
  const request = message.bytes.toString("latin1");
  if (message.type === "") return { kind: "login", text: startupParameters(message).user ?? "", request };
  return { kind: "statement", text: statementIn(message) ?? "", request };
}
