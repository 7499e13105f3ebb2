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
  readonly kind: "sign-in" | "statement";
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
   * The client's connection breaks, but its request reaches the server later. Only before a request. `over` is called when
   * the server has executed the request and closed the connection.
   */
  | { readonly kind: "late"; readonly until: Promise<void>; readonly over?: () => void };

/** Called twice for each exchange, with the same object. */
export type Watch = (moment: Moment, exchange: Exchange) => Promise<ConnectionFault | undefined> | undefined;

/** Passes messages between one client and the server, exchange by exchange. */
export class Relay {
  #exchange: Exchange | undefined;
  /** Messages of the answer, until it is complete. */
  #held: Buffer[] = [];
  #holding = false;
  #over = false;
  /** Messages are handled in order, each after the decision about the previous one. */
  #queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly front: TLSSocket,
    private readonly back: TLSSocket,
    private readonly watch: Watch,
    /** Breaks the two connections below TLS, without closing them properly. */
    private readonly reset: () => void,
  ) {
    const fromClient = new MessageReader(true);
    const fromServer = new MessageReader(false);
    front.on("data", (chunk: Buffer) => {
      for (const message of fromClient.push(chunk)) this.#next(() => this.#ask(message));
    });
    back.on("data", (chunk: Buffer) => {
      for (const message of fromServer.push(chunk)) this.#next(() => this.#answer(message));
    });
    for (const socket of [front, back]) {
      socket.on("error", () => undefined);
      socket.once("close", () => this.#next(async () => this.#end(false)));
    }
  }

  #next(take: () => Promise<void>): void {
    this.#queue = this.#queue.then(() => (this.#over ? undefined : take()));
  }

  async #ask(message: Message): Promise<void> {
    if (this.#exchange === undefined && message.type !== "X") {
      this.#exchange = exchangeOf(message);
      this.#holding = this.#exchange.kind === "statement";
      if (await this.#disturbed("before", this.#exchange, message.bytes)) return;
    }
    this.back.write(message.bytes);
  }

  async #answer(message: Message): Promise<void> {
    // The messages of the proof must pass for the login to continue. Only the successful end is held.
    if (isAuthenticationOk(message)) this.#holding = true;
    if (!this.#holding) {
      this.front.write(message.bytes);
      return;
    }
    this.#held.push(message.bytes);
    // A login can fail after the proof ("too many connections"). No message follows this error.
    if (message.type === "E" && this.#exchange?.kind === "sign-in")
      this.front.write(Buffer.concat(this.#held.splice(0)));
    if (message.type !== "Z") return;
    if (this.#exchange !== undefined && (await this.#disturbed("after", this.#exchange))) return;
    this.front.write(Buffer.concat(this.#held));
    this.#held = [];
    this.#holding = false;
    this.#exchange = undefined;
  }

  async #disturbed(moment: Moment, exchange: Exchange, request: Buffer = Buffer.alloc(0)): Promise<boolean> {
    const disturbance = await this.watch(moment, exchange);
    if (disturbance === undefined) return false;
    this.#over = true;
    if (disturbance.kind === "stall") return true;
    if (disturbance.kind === "late") this.#late(request, disturbance);
    if (disturbance.kind === "cut") this.#end(true);
    if (disturbance.kind === "error") this.#last(errorResponse(disturbance.sqlState, disturbance.message));
    if (disturbance.kind === "half") {
      const answer = Buffer.concat(this.#held);
      this.#last(answer.subarray(0, Math.floor(answer.length / 2)));
    }
    return true;
  }

  #late(request: Buffer, { until, over }: Extract<ConnectionFault, { kind: "late" }>): void {
    this.front.destroy();
    if (over !== undefined) this.back.once("close", over);
    void until.then(() => this.back.end(request));
  }

  #last(bytes: Buffer): void {
    this.front.end(bytes, () => this.#end(false));
  }

  #end(reset: boolean): void {
    this.#over = true;
    if (reset) this.reset();
    this.front.destroy();
    this.back.destroy();
  }
}

function exchangeOf(message: Message): Exchange {
  const request = message.bytes.toString("latin1");
  if (message.type === "") return { kind: "sign-in", text: startupParameters(message).user ?? "", request };
  return { kind: "statement", text: statementIn(message) ?? "", request };
}
