import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { SecretsManagerRotationEvent, SecretsManagerRotationEventStep } from "aws-lambda";
import { invalidParameter, invalidRequest, noSuchSecret, ServiceError, tokenInUse } from "./errors";
import type { ServiceRules } from "./rules";
import { checkRules } from "./schedule";
import { addVersion, CURRENT, holderOf, moveLabel, PENDING, pendingVersion, type Secret } from "./secret";
import type { Input } from "./shapes";
import type { SecretStore } from "./store";
import { requireToken } from "./versionOperations";

export type RotationStep = SecretsManagerRotationEventStep;
export type RotationFunctionEvent = SecretsManagerRotationEvent;

/** The result of an invocation, with Lambda's names. */
export type InvocationOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string };

/** Invokes a function by its ARN. A rejection counts as a failed step. */
export type Invoke = (arn: string, event: RotationFunctionEvent) => Promise<InvocationOutcome>;

export interface StepEnded {
  readonly step: RotationStep;
  readonly durationMs: number;
  readonly outcome: InvocationOutcome;
}

export interface RotationOutcome {
  readonly token: string;
  readonly succeeded: boolean;
  readonly attempts: number;
  readonly durationMs: number;
  /** Why it failed: the step and the function's answer. */
  readonly failure?: string;
}

/** `detail.eventName` of an event that the service sends to EventBridge. */
export type ServiceEventName =
  | `Rotation${"Started" | "Succeeded" | "Failed" | "Abandoned"}`
  | `TestRotation${"Started" | "Succeeded" | "Failed"}`;

export interface RotationEvents {
  stepEnded: [StepEnded];
  /** A rotation has ended, successfully or after its last attempt. */
  rotationEnded: [RotationOutcome];
  serviceEvent: [ServiceEventName];
}

export interface RotationOptions {
  /** Without it, there is no function that Secrets Manager may invoke. */
  readonly invoke?: Invoke;
  /** How often a failed rotation is retried. @default 2 */
  readonly retries?: number;
  /** Milliseconds between two attempts. The service waits minutes to hours. @default 50 */
  readonly retryDelayMs?: number;
}

interface Running {
  readonly token: string;
  readonly outcome: Promise<RotationOutcome>;
  /** Ends the rotation before its next step, with a reason. */
  readonly stop: AbortController;
}

const STEPS: readonly RotationStep[] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/** Runs rotations. RotateSecret answers immediately, and the steps run afterwards. */
export class Rotations extends EventEmitter<RotationEvents> {
  /** The last rotation of each secret, by ARN. */
  readonly #last = new Map<string, Running>();
  /** The tokens of incomplete rotations. */
  readonly #runningTokens = new Set<string>();

  constructor(
    readonly store: SecretStore,
    readonly options: RotationOptions,
    /** Returns the current rules, which may change. */
    readonly rules: () => ServiceRules,
  ) {
    super();
    store.onRotationAbandoned = (secret) => this.#abandon(secret);
  }

  /** RotateSecret: stores the configuration, registers the new version and starts the rotation. */
  rotate(input: Input<"RotateSecret">) {
    const token = requireToken(input.ClientRequestToken, invalidParameter);
    const secret = this.store.findActive(input.SecretId);
    const answer = { ARN: secret.arn, Name: secret.name, VersionId: token };
    const lambdaArn = input.RotationLambdaARN ?? secret.rotation?.lambdaArn;
    const rules = input.RotationRules ?? secret.rotation?.rules;
    if (input.RotationRules !== undefined) checkRules(input.RotationRules);
    if (lambdaArn === undefined) {
      throw invalidRequest("No Lambda rotation function ARN is associated with this secret.");
    }
    if (this.options.invoke === undefined) {
      throw new ServiceError(
        "AccessDeniedException",
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.",
      );
    }
    // A repeated request (its answer was lost) starts nothing.
    if (this.#last.get(secret.arn)?.token === token) return answer;
    const pending = pendingVersion(secret);
    if (pending !== undefined) {
      // "That rotation will be reattempted": unless it is running.
      const reattempts = this.rules().reattemptsAfterRefusal && !this.#runningTokens.has(pending.id);
      if (reattempts) this.#start(secret, pending.id, false);
      throw invalidRequest("A previous rotation isn't complete. That rotation will be reattempted.");
    }
    if (secret.versions.has(token)) {
      throw tokenInUse(token, secret.arn);
    }
    secret.rotation = { enabled: true, lambdaArn, rules: rules ?? {} };
    secret.changedAt = this.store.clock();
    const testOnly = input.RotateImmediately === false;
    const value = testOnly && this.rules().testVersionHasValue ? holderOf(secret, CURRENT)?.value : undefined;
    moveLabel(secret, PENDING, addVersion(secret, token, this.store.clock(), value));
    this.#start(secret, token, testOnly);
    return answer;
  }

  #start(secret: Secret, token: string, testOnly: boolean): void {
    const stop = new AbortController();
    this.#last.set(secret.arn, { token, stop, outcome: this.#run(secret, token, testOnly, stop.signal) });
  }

  #abandon(secret: Secret): void {
    this.#last.get(secret.arn)?.stop.abort("a value was stored by hand");
    this.emit("serviceEvent", "RotationAbandoned");
  }

  /** CancelRotateSecret: turns rotation off. It does not change labels, not even AWSPENDING. */
  cancel(input: Input<"CancelRotateSecret">) {
    const secret = this.store.findActive(input.SecretId);
    this.#last.get(secret.arn)?.stop.abort("the rotation was canceled");
    if (secret.rotation !== undefined) secret.rotation.enabled = false;
    const pending = pendingVersion(secret);
    return { ARN: secret.arn, Name: secret.name, ...(pending && { VersionId: pending.id }) };
  }

  /** Resolves with the result of the secret's latest rotation. @throws ServiceError if there was none */
  finished(secretId: string): Promise<RotationOutcome> {
    const last = this.#last.get(this.store.find(secretId).arn);
    if (last === undefined) throw noSuchSecret();
    return last.outcome;
  }

  /** Completes a rotation after all steps have succeeded. */
  succeed(secret: Secret, token: string): void {
    secret.lastRotatedAt = this.store.clock();
    secret.changedAt = secret.lastRotatedAt;
    if (this.rules().removesPendingAfterRotation) secret.versions.get(token)?.stages.delete(PENDING);
  }

  /** Stops all rotations before their next step, and waits for the running step. */
  async stop(): Promise<void> {
    for (const { stop } of this.#last.values()) stop.abort("the service stops");
    await Promise.all([...this.#last.values()].map(({ outcome }) => outcome));
  }

  /**
   * @param testOnly "If you don't immediately rotate the secret, Secrets Manager tests the rotation configuration by
   * running the testSecret step of the Lambda rotation function. The test creates an AWSPENDING version of the secret
   * and then removes it." (API_RotateSecret)
   */
  async #run(secret: Secret, token: string, testOnly: boolean, signal: AbortSignal): Promise<RotationOutcome> {
    const started = performance.now();
    const event = testOnly ? "TestRotation" : "Rotation";
    const maxAttempts = testOnly ? 1 : (this.options.retries ?? 2) + 1;
    this.#runningTokens.add(token);
    this.emit("serviceEvent", `${event}Started`);
    let attempts = 0;
    let failure: string | undefined;
    do {
      if (attempts > 0) await sleep(this.options.retryDelayMs ?? 50);
      attempts += 1;
      failure = await this.#attempt(secret, token, testOnly ? ["testSecret"] : STEPS, signal);
      if (failure === undefined && !testOnly && !holdsCurrent(secret, token)) {
        failure = "finishSecret: the new version did not become AWSCURRENT";
      }
    } while (failure !== undefined && attempts < maxAttempts && !signal.aborted);
    this.#runningTokens.delete(token);
    if (testOnly) secret.versions.delete(token);
    else if (failure === undefined) this.succeed(secret, token);
    // A stopped rotation sends no RotationFailed. When a value was stored, RotationAbandoned was sent. A canceled one is
    // only visible as the call of CancelRotateSecret.
    if (failure === undefined) this.emit("serviceEvent", `${event}Succeeded`);
    else if (!signal.aborted) this.emit("serviceEvent", `${event}Failed`);
    const outcome: RotationOutcome = {
      ...{ token, attempts, succeeded: failure === undefined, durationMs: performance.now() - started },
      ...(failure !== undefined && { failure }),
    };
    this.emit("rotationEnded", outcome);
    return outcome;
  }

  /** Runs the steps in order. Resolves with the cause of a failure, or undefined. */
  async #attempt(
    secret: Secret,
    token: string,
    steps: readonly RotationStep[],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    // RotateSecret answers first, so that its caller has the token before the first step runs.
    await sleep(0);
    for (const step of steps) {
      if (signal.aborted) return String(signal.reason);
      const started = performance.now();
      const outcome = await this.#invoke(secret, { Step: step, SecretId: secret.arn, ClientRequestToken: token });
      this.emit("stepEnded", { step, outcome, durationMs: performance.now() - started });
      if (!outcome.ok) return `${step}: ${outcome.errorType}: ${outcome.errorMessage}`;
    }
    return undefined;
  }

  async #invoke(secret: Secret, event: RotationFunctionEvent): Promise<InvocationOutcome> {
    try {
      if (this.options.invoke === undefined) throw new Error("There is no function.");
      return await this.options.invoke(secret.rotation?.lambdaArn ?? "", event);
    } catch (error) {
      return { ok: false, errorType: "InvocationFailed", errorMessage: String(error) };
    }
  }
}

/** Whether the rotation's version is AWSCURRENT and has a value. */
function holdsCurrent(secret: Secret, token: string): boolean {
  const current = holderOf(secret, CURRENT);
  return current?.id === token && current.value !== undefined;
}
