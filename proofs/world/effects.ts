import type { ConnectionFault, Exchange, PostgresProxy } from "../../emulators/postgres/wire/postgresProxy";
import type { RotationStep, SecretsManager, ServiceFault, ServiceRequest } from "../../emulators/secrets-manager";
import type { Ledger } from "./ledger";

/** A request of a step to Secrets Manager or PostgreSQL. */
export interface Effect {
  readonly step: RotationStep;
  readonly at: "Secrets Manager" | "PostgreSQL";
  /** Without names that differ from run to run: `GetSecretValue AWSPENDING`, `login as app`. */
  readonly name: string;
  /** Counts the effects of this name in the step, from 1. */
  readonly occurrence: number;
}

export type Fault =
  /** The request is lost, or its answer. */
  | { readonly kind: "drop" }
  | { readonly kind: "service"; readonly fault: ServiceFault }
  | { readonly kind: "connection"; readonly fault: ConnectionFault };

export interface Watcher {
  before?(effect: Effect): Promise<Fault | undefined>;
  /** Called after the effect, before its answer is sent. */
  after?(effect: Effect): Promise<Fault | undefined>;
}

export function keyOf({ step, at, name, occurrence }: Effect): string {
  return `${step} | ${at} | ${name} #${occurrence}`;
}

/** The answer to a killed function whose code still runs: an error that the SDK does not retry. */
const killedServiceFault: ServiceFault = {
  kind: "error",
  type: "AccessDeniedException",
  message: "the function was killed",
};

/** Passes all effects of the function to a watcher, which can inject faults. */
export class Effects {
  watcher: Watcher = {};
  /** Names that differ from run to run → words in an effect's name. Longer names first. */
  names: readonly (readonly [string, string])[] = [];
  /** The function was killed: its further requests have no effect, and get no answer. */
  killed = false;
  #step: RotationStep | undefined;
  #counts = new Map<string, number>();
  readonly #open = new WeakMap<ServiceRequest | Exchange, Effect | undefined>();

  /** @param ledger gets the credentials in statements and in answers of Secrets Manager */
  constructor(service: SecretsManager, proxy: PostgresProxy, ledger: Ledger) {
    const call = (moment: keyof Watcher, request: ServiceRequest): Promise<ServiceFault | undefined> =>
      this.#pass(moment, request, "Secrets Manager", callName(request), killedServiceFault, asServiceFault);
    service.setHooks({
      before: (request) => call("before", request),
      after(request, answer) {
        ledger.note(JSON.stringify(answer));
        return call("after", request);
      },
    });
    proxy.watch = (moment, exchange) => {
      if (moment === "before") ledger.note(exchange.request);
      return this.#pass(moment, exchange, "PostgreSQL", nameOf(exchange), { kind: "cut" }, asConnectionFault);
    };
  }

  /** Effects after this belong to the step. Undefined: requests after this are not the function's. */
  enter(step: RotationStep | undefined): void {
    this.#step = step;
    this.#counts.clear();
    this.killed = false;
  }

  /** Runs work of the test during a step. The watcher does not get its requests. */
  async runUnwatched(work: () => Promise<unknown>): Promise<void> {
    const step = this.#step;
    this.#step = undefined;
    await work();
    this.#step = step;
  }

  /** Passes a request to the watcher. @returns the watcher's fault, or `killedFault` if the function was killed */
  async #pass<AnyFault>(
    moment: keyof Watcher,
    request: ServiceRequest | Exchange,
    at: Effect["at"],
    name: string,
    killedFault: AnyFault,
    as: (fault: Fault) => AnyFault,
  ): Promise<AnyFault | undefined> {
    if (this.killed) return killedFault;
    if (moment === "before") this.#open.set(request, this.#begin(at, name));
    const effect = this.#open.get(request);
    const fault = effect && (await this.watcher[moment]?.(effect));
    if (this.killed) return killedFault;
    return fault && as(fault);
  }

  #begin(at: Effect["at"], rawName: string): Effect | undefined {
    if (this.#step === undefined) return undefined;
    const name = this.#neutral(rawName);
    const occurrence = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, occurrence);
    return { step: this.#step, at, name, occurrence };
  }

  #neutral(text: string): string {
    return this.names
      .reduce((name, [from, to]) => name.replaceAll(from, to), text)
      .replace(/SCRAM-SHA-256\$[^'"\s]+/g, "<verifier>")
      .replace(/ of the secret$/, "");
  }
}

function callName({ operation, body }: ServiceRequest): string {
  const stage = body.VersionStage === undefined ? "" : ` ${body.VersionStage}`;
  return `${operation}${stage} of ${body.SecretId ?? "nothing"}`.replace(" of nothing", "");
}

function nameOf({ kind, text }: Exchange): string {
  if (kind === "login") return `login as ${text}`;
  // The first message of a session begins with the check of its settings, see rotation-fn/database/sessionOptions.ts.
  const statement = text.replace(/^.*?SRPIN.*?\nEND';\n/s, "").replace(/\s+/g, " ");
  return statement.length > 90 ? `${statement.slice(0, 90)}…` : statement;
}

function asServiceFault(fault: Fault): ServiceFault {
  return fault.kind === "service" ? fault.fault : { kind: "drop" };
}

function asConnectionFault(fault: Fault): ConnectionFault {
  return fault.kind === "connection" ? fault.fault : { kind: "cut" };
}

/** An error of Secrets Manager in place of an answer. */
export function serviceError(type: string, message: string, status = 400): Fault {
  return { kind: "service", fault: { kind: "error", type, message, status } };
}

/** An error of PostgreSQL in place of an answer. The connection ends. */
export function postgresError(sqlState: string, message: string): Fault {
  return { kind: "connection", fault: { kind: "error", sqlState, message } };
}
