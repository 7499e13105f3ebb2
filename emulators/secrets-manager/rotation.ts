import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { invalidParameter, invalidRequest, noSuchSecret, ServiceError } from "./errors";
import type { ServiceRules } from "./rules";
import { checkRules } from "./schedule";
import { addVersion, CURRENT, holderOf, moveLabel, PENDING, rotationPending, type Secret } from "./secret";
import type { Input } from "./shapes";
import type { SecretStore } from "./store";
import { requireToken } from "./versionOperations";

export type RotationStep = "createSecret" | "setSecret" | "testSecret" | "finishSecret";

/** The event of a rotation function. */
export interface RotationFunctionEvent {
  readonly Step: RotationStep;
  /** The secret's ARN. */
  readonly SecretId: string;
  /** ID of the version that the rotation creates. */
  readonly ClientRequestToken: string;
}

/** The result of an invocation, with Lambda's names. */
export type InvocationOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string };

/** Invokes a function by its ARN. A rejection counts as a failed step. */
export type Invoke = (arn: string, event: RotationFunctionEvent) => Promise<InvocationOutcome>;

export interface StepStarted {
  readonly secretArn: string;
  readonly token: string;
  readonly step: RotationStep;
  /** From 1. */
  readonly attempt: number;
}

export interface StepEnded extends StepStarted {
  readonly durationMs: number;
  readonly outcome: InvocationOutcome;
}

export interface RotationOutcome {
  readonly secretArn: string;
  readonly token: string;
  readonly succeeded: boolean;
  readonly attempts: number;
  readonly durationMs: number;
  /** Why it failed: the step and the function's answer. */
  readonly failure?: string;
}

/** An event of the service to EventBridge. */
export interface ServiceEvent {
  readonly source: "aws.secretsmanager";
  readonly "detail-type": "AWS Service Event via CloudTrail";
  readonly time: string;
  readonly detail: {
    readonly eventName: ServiceEventName;
    readonly additionalEventData: { readonly SecretId: string };
  };
}

export type ServiceEventName =
  | `Rotation${"Started" | "Succeeded" | "Failed" | "Abandoned"}`
  | `TestRotation${"Started" | "Succeeded" | "Failed"}`;

export interface RotationEvents {
  stepStarted: [StepStarted];
  stepEnded: [StepEnded];
  /** A rotation has ended, successfully or after its last attempt. */
  rotationEnded: [RotationOutcome];
  serviceEvent: [ServiceEvent];
}

export interface RotationOptions {
  readonly invoke: Invoke;
  /** Whether a function with this ARN exists that Secrets Manager may invoke. */
  readonly mayInvoke: (arn: string) => boolean;
  /** How often a failed rotation is retried. */
  readonly retries: number;
  readonly retryDelayMs: number;
  /** The current rules, which may change. */
  readonly rules: () => ServiceRules;
}

interface Running {
  readonly token: string;
  readonly outcome: Promise<RotationOutcome>;
  /** Ends the rotation before its next step, with a reason. */
  readonly stop: AbortController;
}

const WHOLE: readonly RotationStep[] = ["createSecret", "setSecret", "testSecret", "finishSecret"];
const TEST_ONLY: readonly RotationStep[] = ["testSecret"];

/** Runs rotations. RotateSecret answers immediately, and the steps run afterwards. */
export class Rotations extends EventEmitter<RotationEvents> {
  /** The last rotation of each secret, by ARN. */
  readonly #last = new Map<string, Running>();
  /** The tokens of incomplete rotations. */
  readonly #underWay = new Set<string>();

  constructor(
    readonly store: SecretStore,
    readonly options: RotationOptions,
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
    if (!this.options.mayInvoke(lambdaArn)) {
      throw new ServiceError(
        "AccessDeniedException",
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.",
      );
    }
    // A repeated request (its answer was lost) starts nothing.
    if (this.#last.get(secret.arn)?.token === token) return answer;
    if (rotationPending(secret)) {
      if (this.options.rules().reattemptsAfterRefusal) this.#reattempt(secret);
      throw invalidRequest("A previous rotation isn't complete. That rotation will be reattempted.");
    }
    if (secret.versions.has(token)) {
      throw new ServiceError(
        "ResourceExistsException",
        `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`,
      );
    }
    secret.rotation = { enabled: true, lambdaArn, rules: rules ?? {} };
    secret.changedAt = this.store.clock();
    const tests = input.RotateImmediately === false;
    const value = tests && this.options.rules().testVersionHasValue ? holderOf(secret, CURRENT)?.value : undefined;
    moveLabel(secret, PENDING, addVersion(secret, token, this.store.clock(), value));
    const stop = new AbortController();
    this.#last.set(secret.arn, {
      ...{ token, stop, outcome: tests ? this.#test(secret, token, stop) : this.#run(secret, token, stop) },
    });
    return answer;
  }

  /** "That rotation will be reattempted": runs the pending version's rotation again, unless it is running. */
  #reattempt(secret: Secret): void {
    const token = holderOf(secret, PENDING)?.id ?? "";
    if (this.#underWay.has(token)) return;
    const stop = new AbortController();
    this.#last.set(secret.arn, { token, stop, outcome: this.#run(secret, token, stop) });
  }

  #abandon(secret: Secret): void {
    this.#last.get(secret.arn)?.stop.abort("a value was stored by hand");
    this.#report("RotationAbandoned", secret);
  }

  /** CancelRotateSecret: turns rotation off. It does not change labels, not even AWSPENDING. */
  cancel(input: Input<"CancelRotateSecret">) {
    const secret = this.store.findActive(input.SecretId);
    this.#last.get(secret.arn)?.stop.abort("the rotation was canceled");
    if (secret.rotation !== undefined) secret.rotation.enabled = false;
    const pending = rotationPending(secret) ? holderOf(secret, PENDING) : undefined;
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
    if (this.options.rules().removesPendingAfterRotation) secret.versions.get(token)?.stages.delete(PENDING);
  }

  /** Stops all rotations before their next step, and waits for the running step. */
  async stop(): Promise<void> {
    for (const { stop } of this.#last.values()) stop.abort("the service stops");
    await Promise.all([...this.#last.values()].map(({ outcome }) => outcome));
  }

  async #run(secret: Secret, token: string, { signal }: AbortController): Promise<RotationOutcome> {
    const started = performance.now();
    this.#underWay.add(token);
    this.#report("RotationStarted", secret);
    let attempts = 0;
    let failure: string | undefined;
    do {
      if (attempts > 0) await sleep(this.options.retryDelayMs);
      attempts += 1;
      failure = await this.#attempt(secret, token, WHOLE, attempts, signal);
      if (failure === undefined && !holdsCurrent(secret, token)) {
        failure = "finishSecret: the new version did not become AWSCURRENT";
      }
    } while (failure !== undefined && attempts <= this.options.retries && !signal.aborted);
    if (failure === undefined) this.succeed(secret, token);
    // A stopped rotation sends no RotationFailed. When a value was stored, RotationAbandoned was sent. A canceled one is
    // only visible as the call of CancelRotateSecret.
    const bad = signal.aborted ? undefined : "RotationFailed";
    return this.#end(secret, failure === undefined ? "RotationSucceeded" : bad, {
      ...{ token, attempts, failure, started },
    });
  }

  /**
   * "If you don't immediately rotate the secret, Secrets Manager tests the rotation configuration by running the
   * testSecret step of the Lambda rotation function. The test creates an AWSPENDING version of the secret and then
   * removes it." (API_RotateSecret)
   */
  async #test(secret: Secret, token: string, { signal }: AbortController): Promise<RotationOutcome> {
    const started = performance.now();
    this.#underWay.add(token);
    this.#report("TestRotationStarted", secret);
    const failure = await this.#attempt(secret, token, TEST_ONLY, 1, signal);
    secret.versions.delete(token);
    return this.#end(secret, failure === undefined ? "TestRotationSucceeded" : "TestRotationFailed", {
      ...{ token, attempts: 1, failure, started },
    });
  }

  /** Runs the steps in order. Resolves with the cause of a failure, or undefined. */
  async #attempt(
    secret: Secret,
    token: string,
    steps: readonly RotationStep[],
    attempt: number,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    // RotateSecret answers first, so that its caller has the token before the first step runs.
    await sleep(0);
    for (const step of steps) {
      if (signal.aborted) return String(signal.reason);
      const at: StepStarted = { secretArn: secret.arn, token, step, attempt };
      this.emit("stepStarted", at);
      const started = performance.now();
      const outcome = await this.#invoke(secret, { Step: step, SecretId: secret.arn, ClientRequestToken: token });
      this.emit("stepEnded", { ...at, outcome, durationMs: performance.now() - started });
      if (!outcome.ok) return `${step}: ${outcome.errorType}: ${outcome.errorMessage}`;
    }
    return undefined;
  }

  async #invoke(secret: Secret, event: RotationFunctionEvent): Promise<InvocationOutcome> {
    try {
      return await this.options.invoke(secret.rotation?.lambdaArn ?? "", event);
    } catch (error) {
      return { ok: false, errorType: "InvocationFailed", errorMessage: String(error) };
    }
  }

  #end(
    secret: Secret,
    eventName: ServiceEventName | undefined,
    {
      token,
      attempts,
      failure,
      started,
    }: { token: string; attempts: number; failure: string | undefined; started: number },
  ): RotationOutcome {
    this.#underWay.delete(token);
    const outcome: RotationOutcome = {
      ...{ secretArn: secret.arn, token, attempts, succeeded: failure === undefined },
      durationMs: performance.now() - started,
      ...(failure !== undefined && { failure }),
    };
    if (eventName !== undefined) this.#report(eventName, secret);
    this.emit("rotationEnded", outcome);
    return outcome;
  }

  #report(eventName: ServiceEventName, { arn }: Secret): void {
    this.emit("serviceEvent", {
      source: "aws.secretsmanager",
      "detail-type": "AWS Service Event via CloudTrail",
      time: this.store.clock().toISOString(),
      detail: { eventName, additionalEventData: { SecretId: arn } },
    });
  }
}

/** Whether the rotation's version is AWSCURRENT and has a value. */
function holdsCurrent(secret: Secret, token: string): boolean {
  const current = holderOf(secret, CURRENT);
  return current?.id === token && current.value !== undefined;
}
