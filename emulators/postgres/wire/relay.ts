import type { TLSSocket } from "node:tls";
import {
  errorResponse,
  isAuthenticationOk,
  type Message,
  MessageReader,
  startupParameters,
  statementIn,
} from "./messages";

/** One request to PostgreSQL and its whole answer: a sign-in, or a statement. */
export interface Exchange {
  readonly kind: "sign-in" | "statement";
  /** The user that signs in, or the statement's text. */
  readonly text: string;
  /** All that the client sent at its beginning: for whoever looks for credentials in it. */
  readonly request: string;
}

/** Before its request is passed on, or before its answer is. */
export type Moment = "before" | "after";

/** What is done instead of passing an exchange on. */
export type Disturbance =
  /** Both connections break; of a request that waits, nothing reaches the server; of an answer, nothing the client. */
  | { readonly kind: "cut" }
  /** Half of the answer gets through, then the connections break. As "cut" before a request. */
  | { readonly kind: "half" }
  /** The client gets this error and the connection ends; before a request, the server never sees it. */
  | { readonly kind: "error"; readonly sqlState: string; readonly message: string }
  /** Nothing more happens on this connection until one side gives up. */
  | { readonly kind: "stall" }
  /**
   * The client's connection breaks, and its request reaches the server all the same, but later. Only before it. `over`
   * is called when the server has carried it out and closed the connection, however long that takes.
   */
  | { readonly kind: "late"; readonly until: Promise<void>; readonly over?: () => void };

/** Is asked twice about each exchange, with the same object. */
export type Watch = (moment: Moment, exchange: Exchange) => Promise<Disturbance | undefined> | undefined;

/** Passes messages between one client and the server, exchange by exchange. */
export class Relay {
  #exchange: Exchange | undefined;
  /** Messages of the answer that wait until it is whole. */
  #held: Buffer[] = [];
  #holding = false;
  #over = false;
  /** Messages are taken in order, each only when what was asked about the one before is answered. */
  #queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly front: TLSSocket,
    private readonly back: TLSSocket,
    private readonly watch: Watch,
    /** Breaks the two connections below TLS, without a goodbye. */
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
    // The messages of the proof have to get through for the sign-in to go on; what is held is its good end.
    if (isAuthenticationOk(message)) this.#holding = true;
    if (!this.#holding) {
      this.front.write(message.bytes);
      return;
    }
    this.#held.push(message.bytes);
    // A sign-in can still fail after the proof ("too many connections"): nothing comes after that error.
    if (message.type === "E" && this.#exchange?.kind === "sign-in")
      this.front.write(Buffer.concat(this.#held.splice(0)));
    if (message.type !== "Z") return;
    if (this.#exchange !== undefined && (await this.#disturbed("after", this.#exchange))) return;
    this.front.write(Buffer.concat(this.#held));
    this.#held = [];
    this.#holding = false;
    this.#exchange = undefined;
  }

  /** Asks the watch, and does what it says. */
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

  #late(request: Buffer, { until, over }: Extract<Disturbance, { kind: "late" }>): void {
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
