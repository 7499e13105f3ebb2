import type { ConnectionFault, Exchange, PostgresProxy } from "../../emulators/postgres/wire/postgresProxy";
import type {
  Hooks,
  RotationStep,
  SecretsManager,
  ServiceFault,
  ServiceRequest,
} from "../../emulators/secrets-manager";

/** A request of a step to Secrets Manager or PostgreSQL. */
export interface Effect {
  readonly step: RotationStep;
  readonly at: "Secrets Manager" | "PostgreSQL";
  /** Without names that differ from run to run: `GetSecretValue AWSPENDING`, `sign-in as app`. */
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

/** The answer to a killed function that still runs: an error that the SDK does not retry. */
const refusal: ServiceFault = { kind: "error", type: "AccessDeniedException", message: "the function is dead" };

/** Passes all effects of the function to a watcher, which can inject faults. */
export class Effects {
  watcher: Watcher = {};
  /** Names that differ from run to run → words in an effect's name. Longer names first. */
  names: readonly (readonly [string, string])[] = [];
  /** Called with each text that may contain a credential: statements, and answers of Secrets Manager. */
  onCredential: (text: string) => void = () => undefined;
  /** The function was killed: its further requests have no effect, and get no answer. */
  dead = false;
  #step: RotationStep | undefined;
  #paused: RotationStep | undefined;
  #counts = new Map<string, number>();
  readonly #open = new WeakMap<ServiceRequest | Exchange, Effect | undefined>();

  constructor(service: SecretsManager, proxy: PostgresProxy) {
    service.setHooks(this.#hooks());
    proxy.watch = async (moment, exchange) => {
      if (moment === "before") {
        this.onCredential(exchange.request);
        this.#open.set(exchange, this.#begin("PostgreSQL", nameOf(exchange)));
      }
      if (this.dead) return { kind: "cut" };
      const effect = this.#open.get(exchange);
      const fault = effect && asConnectionFault(await this.watcher[moment]?.(effect));
      return this.dead ? { kind: "cut" } : fault;
    };
  }

  /** Effects after this belong to the step. Undefined: requests after this are not the function's. */
  enter(step: RotationStep | undefined): void {
    this.#step = step;
    this.#counts.clear();
    this.dead = false;
  }

  /** Requests until {@link resume} are the test's own, during a step. */
  pause(): void {
    this.#paused = this.#step;
    this.#step = undefined;
  }

  resume(): void {
    this.#step = this.#paused;
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

  #hooks(): Hooks {
    return {
      before: async (request) => {
        if (this.dead) return refusal;
        const effect = this.#begin("Secrets Manager", callName(request));
        this.#open.set(request, effect);
        const fault = effect && asServiceFault(await this.watcher.before?.(effect));
        return this.dead ? refusal : fault;
      },
      after: async (request, answer) => {
        this.onCredential(JSON.stringify(answer));
        const effect = this.#open.get(request);
        const fault = effect && asServiceFault(await this.watcher.after?.(effect));
        return this.dead ? refusal : fault;
      },
    };
  }
}

function callName({ operation, body }: ServiceRequest): string {
  const stage = body.VersionStage === undefined ? "" : ` ${body.VersionStage}`;
  return `${operation}${stage} of ${body.SecretId ?? "nothing"}`.replace(" of nothing", "");
}

function nameOf({ kind, text }: Exchange): string {
  if (kind === "sign-in") return `sign-in as ${text}`;
  // The first message of a session begins with the check of its settings, see rotation-fn/database/sessionOptions.ts.
  const statement = text.replace(/^.*?SRPIN.*?\nEND';\n/s, "").replace(/\s+/g, " ");
  return statement.length > 90 ? `${statement.slice(0, 90)}…` : statement;
}

function asServiceFault(fault: Fault | undefined): ServiceFault | undefined {
  if (fault?.kind === "service") return fault.fault;
  return fault && { kind: "drop" };
}

function asConnectionFault(fault: Fault | undefined): ConnectionFault | undefined {
  if (fault?.kind === "connection") return fault.fault;
  return fault && { kind: "cut" };
}

/** An error of Secrets Manager in place of an answer. */
export function serviceError(type: string, message: string, status = 400): Fault {
  return { kind: "service", fault: { kind: "error", type, message, status } };
}

/** An error of PostgreSQL in place of an answer. The connection ends. */
export function postgresError(sqlState: string, message: string): Fault {
  return { kind: "connection", fault: { kind: "error", sqlState, message } };
}
