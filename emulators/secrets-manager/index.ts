import { ServiceError } from "./errors";
import type { Hooks, ServiceFault, ServiceRequest } from "./faults";
import { execute, isOperation, isRead } from "./operations";
import { type RotationOptions, Rotations } from "./rotation";
import { defaultRules, type ServiceRules } from "./rules";
import { ConnectionDropped, serve } from "./server";
import { type Clock, SecretStore } from "./store";

export type { Hooks, ServiceFault, ServiceRequest } from "./faults";
export type * from "./rotation";
export { defaultRules, type ServiceRules } from "./rules";
export type { Secret, SecretVersion } from "./secret";
export type { Clock, SecretStore } from "./store";

export interface SecretsManagerOptions extends RotationOptions {
  /** @default the system's */
  readonly clock?: Clock;
  /** Variants of rules without strong evidence. @default {@link defaultRules} */
  readonly rules?: Partial<ServiceRules>;
}

/** An emulator of Secrets Manager on this machine. */
export type SecretsManager = Awaited<ReturnType<typeof startSecretsManager>>;

/** Starts an emulator of Secrets Manager, which keeps its state in memory. */
export async function startSecretsManager(options: SecretsManagerOptions = {}) {
  const store = new SecretStore(options.clock ?? (() => new Date()));
  let rules: ServiceRules = { ...defaultRules, ...options.rules };
  const rotations = new Rotations(store, options, () => rules);
  const calls: string[] = [];
  let hooks: Hooks = {};
  let beforeLatestWrite = store.snapshot();
  /** The writes that reads do not show yet, oldest first: the time of each, and the state before it. */
  let hiddenWrites: { readonly at: number; readonly before: SecretStore }[] = [];

  /** The state that reads show: before the oldest write of the last `readLagMs`. */
  function visible(): SecretStore {
    hiddenWrites = hiddenWrites.filter(({ at }) => performance.now() - at < rules.readLagMs);
    return hiddenWrites[0]?.before ?? store;
  }

  async function answer(request: ServiceRequest): Promise<object> {
    const { operation, body } = request;
    const beforeFault = (await hooks.before?.(request)) ?? undefined;
    if (!isOperation(operation)) throw new ServiceError("UnknownOperationException", "");
    if (beforeFault?.kind === "stale") {
      if (!isRead(operation)) throw new Error(`${operation} is not a read: it cannot be stale.`);
      return execute(operation, body, beforeLatestWrite, rotations);
    }
    applyFault(beforeFault);
    if (!isRead(operation)) {
      beforeLatestWrite = store.snapshot(body.SecretId);
      if (rules.readLagMs > 0) hiddenWrites.push({ at: performance.now(), before: beforeLatestWrite });
    }
    const result = execute(operation, body, isRead(operation) ? visible() : store, rotations);
    applyFault((await hooks.after?.(request, result)) ?? undefined);
    return result;
  }

  const server = await serve((operation, body) => answer({ operation, body }).finally(() => calls.push(operation)));

  return {
    /** For `endpoint` in an SDK client's configuration, or SECRETS_MANAGER_ENDPOINT. */
    endpoint: `http://127.0.0.1:${server.port}`,
    /** Progress of rotations: `events.on("stepEnded", …)`. */
    events: rotations,
    /** The operations of all requests, in the order of their ends. */
    calls,
    /** The state, for tests. */
    store,
    /** Replaces the hooks; without an argument, removes them. */
    setHooks(next: Hooks = {}) {
      hooks = next;
    },
    /** Replaces the variants of rules without strong evidence. Omitted rules have their defaults. */
    setRules(next: Partial<ServiceRules> = {}) {
      rules = { ...defaultRules, ...next };
      hiddenWrites = [];
    },
    /** Ends a rotation whose steps the caller has invoked, as if the service had. */
    endRotation: (secretId: string, token: string) => rotations.succeed(store.find(secretId), token),
    /** Resolves with the result of the secret's latest rotation. */
    rotationFinished: async (secretId: string) => rotations.finished(secretId),
    /** Stops rotations after the running step, and the server. */
    async close() {
      await rotations.stop();
      await server.close();
    },
  };
}

function applyFault(fault: ServiceFault | undefined): void {
  if (fault?.kind === "error") throw new ServiceError(fault.type, fault.message, fault.status);
  if (fault?.kind === "drop") throw new ConnectionDropped();
}
