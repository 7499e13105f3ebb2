import type { ConnectionFault, Exchange, PostgresProxy } from "../../emulators/postgres/wire/postgresProxy";
import type {
  Hooks,
  RotationStep,
  SecretsManager,
  ServiceFault,
  ServiceRequest,
} from "../../emulators/secrets-manager";

/** Something that a rotation does to the world outside of its process, as a recorded run shows it. */
export interface Effect {
  readonly step: RotationStep;
  readonly at: "Secrets Manager" | "PostgreSQL";
  /** Free of names that differ from run to run: `GetSecretValue AWSPENDING`, `sign-in as app`. */
  readonly name: string;
  /** From 1: how many of this name the step has had in this attempt. */
  readonly occurrence: number;
}

/** What is injected at an effect. */
export type Fault =
  /** Keeps it, or its answer, from arriving. */
  | { readonly kind: "drop" }
  | { readonly kind: "service"; readonly fault: ServiceFault }
  | { readonly kind: "connection"; readonly fault: ConnectionFault };

export interface Watcher {
  before?(effect: Effect): Promise<Fault | undefined>;
  /** The effect is there, its answer not yet on the way. */
  after?(effect: Effect): Promise<Fault | undefined>;
}

export function keyOf({ step, at, name, occurrence }: Effect): string {
  return `${step} | ${at} | ${name} #${occurrence}`;
}

/** What a killed function hears where it can't be stopped at once: an error that the SDK does not try again. */
const refusal: ServiceFault = { kind: "error", type: "AccessDeniedException", message: "the function is dead" };

/** Sees all effects of the function under test and lets one watcher at a time interfere. */
export class Effects {
  watcher: Watcher = {};
  /** Names that differ from run to run, and the words for them in an effect's name; longer ones first. */
  names: readonly (readonly [string, string])[] = [];
  /** Called with whatever may hold a credential: what the function sends to PostgreSQL, and what it gets to know. */
  onCredential: (text: string) => void = () => undefined;
  /** The function was killed: nothing that it still asks for happens, and nothing that happened is answered. */
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

  /** From here on, effects belong to this step; undefined: they are not the function's. */
  enter(step: RotationStep | undefined): void {
    this.#step = step;
    this.#counts.clear();
    this.dead = false;
  }

  /** What follows is not the function's doing, but a test's in the middle of a step; until {@link resume}. */
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
  // The first message of a session begins with the look at its settings, see rotation-fn/database/sessionOptions.ts.
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

/** An error of PostgreSQL in place of an answer; the connection ends. */
export function postgresError(sqlState: string, message: string): Fault {
  return { kind: "connection", fault: { kind: "error", sqlState, message } };
}
