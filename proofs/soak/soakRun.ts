import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { RestoreSecretCommand, SecretsManagerServiceException } from "@aws-sdk/client-secrets-manager";
import type { ServiceRules } from "../../emulators/secrets-manager";
import { steps } from "../../rotation-fn/event";
import type { Watcher } from "../world/effects";
import type { Harness } from "../world/harness";
import { type LabeledLogin, type LabelOfLogin, labeledLogins } from "../world/labels";
import type { Scenario } from "../world/scenario";
import type { TestSecret } from "../world/testSecret";
import { runCommand, statusOf } from "./commands";
import { applyCondition, lastingFaults, type SoakContext } from "./conditions";
import { faultWatcher, LateRequests } from "./faults";
import { followAdvice, type ManualAction, runManualAction } from "./manualActions";
import { Oracle } from "./oracle";
import type { Condition, OperatorAction, PlannedEvent, PlannedFault } from "./plan";

/** After these actions, an undisturbed attempt may fail until {@link SoakRun.recover}. */
const stoppingActions: ReadonlySet<OperatorAction> = new Set([
  "cancel the rotation",
  "schedule the secret's deletion",
  "move AWSCURRENT to the previous version",
  "store half-written JSON as pending",
  "store another user's name as pending",
  "store another pending value",
]);

/** The actions that docs/reliability.md names: after them, possibly no labeled version logs in. */
const lockOutActions: ReadonlySet<OperatorAction> = new Set([
  "change the password in the database",
  "take AWSPENDING off",
  "store half-written JSON as pending",
  "store another user's name as pending",
  "store another pending value",
  "edit AWSCURRENT",
  "move AWSCURRENT to the previous version",
  "move AWSCURRENT to the pending version",
]);

/**
 * Runs a plan for one secret, from its first rotation to its recovery, and asserts the promises of docs/reliability.md.
 */
export class SoakRun {
  readonly #late = new LateRequests();
  readonly #oracle: Oracle;
  #condition: Condition = "none";
  /** ClientRequestToken of the rotation in progress. */
  #token: string | undefined;
  /** An operator stopped the rotation, or labeled an unusable value. Rotation continues after {@link recover}. */
  #isStopped = false;
  /** Before the step that runs now: the versions that log in, and the verifiers in the database. */
  #workingLogins: readonly LabeledLogin[] = [];
  #verifiers: ReadonlyMap<string, string> = new Map();
  /** An operator did something during the attempt that may lock clients out. */
  #disturbedByHand = false;
  /**
   * Whether AWSCURRENT may be refused although labels and dates show no problem. Lasts until a rotation has succeeded.
   */
  #invisibleToStatus = false;
  /** The last edit by hand, which AWSCURRENT must keep. Undefined if an operator has moved AWSCURRENT since. */
  #editedValue: unknown;
  /** The assertion that failed after a step. */
  #stepViolation: unknown;
  /** What the latest command printed. */
  #output = "";
  #changedByHand = false;

  constructor(
    private readonly context: SoakContext,
    private readonly scenario: Scenario,
    private readonly secret: TestSecret,
    private readonly rules: Partial<ServiceRules>,
  ) {
    this.#oracle = new Oracle(context.harness);
    this.harness.service.setRules(rules);
    this.harness.onStepEnd = async ({ Step, ClientRequestToken }) => {
      try {
        await this.#afterStep(Step, ClientRequestToken);
      } catch (error) {
        // If the service has called the step, it reports this error as the failure of the step.
        this.#stepViolation ??= error;
        throw error;
      }
    };
  }

  private get harness(): Harness {
    return this.context.harness;
  }

  async play(event: PlannedEvent): Promise<void> {
    await this.#readState();
    switch (event.kind) {
      case "attempt":
        await this.#attemptAlone(event.faults);
        break;
      case "two concurrent attempts":
        await this.#start();
        await both(this.#attempt(event.faults), this.#attempt([]));
        break;
      case "condition":
        await this.#setCondition(event.condition);
        break;
      case "action":
        await this.#runAction(event.action);
        break;
    }
  }

  /** Ends every condition and runs `recover`. After that, two rotations must succeed. */
  async recover(): Promise<void> {
    const { arn: secretId } = this.secret;
    await this.#setCondition("none");
    await this.harness.client.send(new RestoreSecretCommand({ SecretId: secretId }));
    await this.#readState();
    if (!(await this.#run("recover"))) {
      await followAdvice(this.harness, this.secret);
      await this.#readState();
      assert.ok(await this.#run("recover"), `recover failed after its own advice was followed:\n${this.#output}`);
    }
    await this.#waitForReads();
    const health = await statusOf(this.harness, secretId);
    // If nothing was wrong, recover does not rotate.
    assert.ok(health.ok || health.verdict === "never rotated", `after recover, status says ${health.detail}`);
    this.#isStopped = false;
    this.#token = undefined;
    // Twice: if AWSCURRENT was moved by hand to the pending version, the first rotation only ends the one in progress.
    for (const which of ["first", "second"]) {
      await this.#readState();
      const failure = await this.#attempt([]);
      assert.equal(failure, undefined, `the ${which} rotation after recovery failed: ${failure}`);
    }
    assert.ok(await this.secret.logsIn("AWSCURRENT"), "AWSCURRENT does not log in after recovery");
    this.#assertEditKept();
  }

  async #runAction(action: OperatorAction): Promise<void> {
    if (action === "run status") await this.#checkStatus();
    else if (action === "run rotate") await this.#run("rotate");
    else if (action === "run recover") await this.#run("recover");
    else await this.#runManualAction(action);
  }

  /** Asserts that only the actions of docs/reliability.md lock clients out, and that `status` reports it. */
  async #runManualAction(action: ManualAction): Promise<void> {
    const before = await this.#oracle.working(this.secret);
    const happened = await runManualAction(this.harness, this.secret, action);
    this.#changedByHand ||= happened;
    const logins = labeledLogins(this.secret);
    // AWSCURRENT can be moved to a version that has no value yet.
    this.#isStopped ||= stoppingActions.has(action) || !has(logins, "AWSCURRENT");
    this.#invisibleToStatus ||=
      action === "change the password in the database" || action === "move AWSCURRENT to the pending version";
    if (happened && action === "edit AWSCURRENT") {
      const { username, edited } = this.secret.value("AWSCURRENT") ?? {};
      // With another user's name, no rotation could log in: recover moves AWSCURRENT back.
      this.#editedValue = String(username).endsWith("_else") ? undefined : edited;
    }
    if (happened && action.startsWith("move AWSCURRENT")) this.#editedValue = undefined;
    const after = await this.#oracle.working(this.secret);
    if (before.length > 0 && after.length === 0) {
      assert.ok(lockOutActions.has(action), `LOCKED OUT by "${action}", which docs/reliability.md does not name`);
      await this.#checkStatus();
    }
    await this.#readState();
  }

  /** Asserts that `status` is right: "healthy" means that AWSCURRENT logs in, as far as labels and dates show. */
  async #checkStatus(): Promise<void> {
    await this.#waitForReads();
    const { arn: secretId } = this.secret;
    const health = await statusOf(this.harness, secretId);
    const works = has(await this.#oracle.working(this.secret), "AWSCURRENT");
    assert.ok(
      works || this.#invisibleToStatus || !health.ok,
      `status says ${health.verdict}, and AWSCURRENT does not log in`,
    );
    if (health.verdict === "changed by hand") assert.ok(this.#changedByHand, `no operator has ${health.detail}`);
  }

  /** Asserts that a command reports success only if it succeeded, and that recover succeeds if nothing prevents it. */
  async #run(command: "rotate" | "recover"): Promise<boolean> {
    const { arn: secretId } = this.secret;
    const before = await this.#oracle.working(this.secret);
    const current = this.secret.labels().AWSCURRENT;
    const mustSucceed = this.#condition === "none" && !this.#isStopped && !this.#invisibleToStatus && before.length > 0;
    // An operator runs recover some time after the failure, when reads show it. The command waits for its own changes.
    if (command === "recover") await this.#waitForReads();
    this.harness.effects.watcher = this.#watcher([]);
    // Without the function's log, the command waits this long for a rotation that fails.
    const timeoutSeconds = mustSucceed || (command === "recover" && this.#condition === "none") ? 30 : 2;
    const { succeeded, output } = await runCommand(this.harness, secretId, command, timeoutSeconds);
    this.#output = output;
    this.context.onOutput(output);
    this.harness.effects.watcher = {};
    this.#assertNoViolation();
    const working = await this.#oracle.working(this.secret);
    if (succeeded) {
      assert.ok(has(working, "AWSCURRENT"), `${command} reports success, but AWSCURRENT does not log in`);
      assert.equal(this.harness.service.store.find(secretId).rotation?.enabled ?? command === "recover", true);
    }
    if (succeeded && command === "rotate") assert.notEqual(this.secret.labels().AWSCURRENT, current);
    if (mustSucceed && command === "recover")
      assert.ok(succeeded, `recover failed, although nothing prevented it:\n${this.#output}`);
    if (succeeded) {
      this.#invisibleToStatus = false;
      this.#isStopped = false;
      this.#assertEditKept();
    }
    return succeeded;
  }

  #assertNoViolation(): void {
    if (this.#stepViolation !== undefined) throw this.#stepViolation;
  }

  #assertEditKept(): void {
    const value = this.secret.value("AWSCURRENT");
    if (this.#editedValue !== undefined) assert.equal(value?.edited, this.#editedValue, "an edit by hand was undone");
  }

  /** Asserts that an undisturbed attempt succeeds if a kept version logs in, and that its steps can be repeated. */
  async #attemptAlone(faults: readonly PlannedFault[]): Promise<void> {
    const undisturbed = this.#condition === "none" && faults.length === 0 && !this.#isStopped;

    const labels = this.#workingLogins.map(({ label }) => label).join(", ");
    const logsIn = labels || ((await this.#oracle.lostVersionWorks(this.secret)) ? "a version without a label" : "");
    const failure = await this.#attempt(faults);
    // Stale reads can hide from a rotation that it was canceled. Repeated steps see it, and refuse.
    const enabled = this.harness.service.store.find(this.secret.arn).rotation?.enabled === true;
    if (failure === undefined && this.#condition === "none" && enabled) await this.#assertRepeatable();
    if (undisturbed && logsIn !== "") assert.equal(failure, undefined, `${failure}, though ${logsIn} logged in`);
  }

  /** One attempt at the rotation in progress, or at a new one. @returns the step that failed, and its error */
  async #attempt(faults: readonly PlannedFault[]): Promise<string | undefined> {
    this.#disturbedByHand = false;
    this.harness.effects.watcher = this.#watcher(faults);
    const token = await this.#start();
    if (token === undefined) {
      await this.#release();
      return "the service refused";
    }
    for (const Step of steps) {
      const outcome = await this.secret.runStep(Step, { ClientRequestToken: token });
      if (!outcome.ok) {
        await this.#release();
        return `${Step}: ${outcome.errorType}: ${outcome.errorMessage}`;
      }
    }
    await this.#release();
    // Stale reads can show every step that the version is current. The service checks the label, and retries.
    if (this.secret.labels().AWSCURRENT !== token) return "finishSecret: it did not become AWSCURRENT";
    this.harness.service.endRotation(this.secret.arn, token);
    if (has(await this.#oracle.working(this.secret), "AWSCURRENT")) this.#invisibleToStatus = false;
    return undefined;
  }

  /** Asserts that a step changes nothing if the service calls it again. */
  async #assertRepeatable(): Promise<void> {
    const { service } = this.harness;
    await this.#waitForReads();
    const callsBefore = service.calls.length;
    const verifiers = await this.#oracle.verifiers(this.secret);
    for (const Step of steps) {
      const outcome = await this.secret.runStep(Step, { ClientRequestToken: this.#token ?? "" });
      assert.ok(outcome.ok, `${Step} failed when it was repeated after the rotation`);
    }
    const writes = service.calls.slice(callsBefore).filter((operation) => /^(Put|Update)/.test(operation));
    assert.deepEqual(writes, [], "a repeated step wrote to the secret");
    assert.deepEqual(await this.#oracle.verifiers(this.secret), verifiers, "a repeated step changed the database");
  }

  async #readState(): Promise<void> {
    this.#workingLogins = await this.#oracle.working(this.secret);
    this.#verifiers = await this.#oracle.verifiers(this.secret);
  }

  /** Waits until reads show all writes. */
  async #waitForReads(): Promise<void> {
    const lag = this.rules.readLagMs ?? 0;
    if (lag > 0) await sleep(lag + 10);
  }

  /** Lets late requests arrive, and asserts that they lock no client out. */
  async #release(): Promise<void> {
    this.harness.effects.watcher = {};
    if (await this.#late.release()) await this.#afterStep("a late statement", this.#token);
  }

  /** @returns the token of the rotation in progress, or of a new one; undefined if the service refuses it */
  async #start(): Promise<string | undefined> {
    const { service } = this.harness;
    const { arn: secretId } = this.secret;
    const version = service.store.find(secretId).versions.get(this.#token ?? "");
    if (version?.stages.has("AWSPENDING") && !version.stages.has("AWSCURRENT")) return this.#token;
    const token = randomUUID();
    // If the service retries the pending rotation, that is the one in progress.
    this.#token = this.secret.labels().AWSPENDING;
    const started = await this.#register(token);
    this.#assertNoViolation();
    if (!started) return undefined;
    this.#token = token;
    return token;
  }

  /** @returns false if the service refuses; depending on its rules, it has then retried the pending rotation */
  async #register(token: string): Promise<boolean> {
    const { AWSPENDING, AWSCURRENT } = this.secret.labels();
    const isIncomplete = AWSPENDING !== undefined && AWSPENDING !== AWSCURRENT;
    try {
      await (isIncomplete ? this.secret.startRotation(token) : this.secret.register(token));
      return true;
    } catch (error) {
      if (!(error instanceof SecretsManagerServiceException)) throw error;
      await this.harness.service.rotationFinished(this.secret.arn).catch(() => undefined);
      return false;
    }
  }

  async #afterStep(step: string, token: string | undefined): Promise<void> {
    const before = this.#workingLogins;
    const verifiersBefore = this.#verifiers;
    await this.#readState();
    const working = this.#workingLogins;
    // After a change by hand, the function must only not make it worse.
    if (before.length > 0 && working.length === 0) {
      const labels = before.map(({ label }) => label).join(", ");
      assert.ok(this.#disturbedByHand, `LOCKED OUT by ${step}: before it, ${labels} logged in`);
      await this.#checkStatus();
    }
    if (this.scenario.name === "alternating-users" && has(before, "AWSCURRENT")) {
      assert.ok(has(working, "AWSCURRENT"), `AWSCURRENT stopped logging in after ${step}`);
    }
    for (const { label, versionId, username } of working) {
      const changed = this.#verifiers.get(username) !== verifiersBefore.get(username);
      const ownVersion = versionId === token || before.some((login) => login.versionId === versionId);
      assert.ok(!changed || ownVersion, `${step} set the password of another version, ${label}`);
    }
  }

  #watcher(faults: readonly PlannedFault[]): Watcher {
    const actDuringStep = async (action: ManualAction): Promise<void> => {
      await this.#runManualAction(action);
      this.#disturbedByHand = true;
      // The running step may still store a version that it made from the value before the edit.
      this.#isStopped ||= action === "edit AWSCURRENT";
    };
    const plannedWatcher = faultWatcher(this.harness, faults, this.#late, {
      storePending: () => actDuringStep("store another pending value"),
      editCurrent: async ({ step }) => {
        await actDuringStep("edit AWSCURRENT");
        // The one edit that a rotation undoes, see docs/reliability.md: no read shows it before createSecret's own write.
        if (step === "createSecret" && this.rules.readLagMs) this.#editedValue = undefined;
      },
    });
    const lastingFault = lastingFaults[this.#condition];
    return {
      ...plannedWatcher,
      before: async (effect) => (await plannedWatcher.before?.(effect)) ?? lastingFault?.[effect.at],
    };
  }

  async #setCondition(condition: Condition): Promise<void> {
    this.#condition = condition;
    await applyCondition(condition, this.context, this.secret);
  }
}

/** Waits for both, also if one fails. @throws the first error */
async function both(one: Promise<unknown>, other: Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled([one, other]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

function has(logins: readonly LabeledLogin[], label: LabelOfLogin): boolean {
  return logins.some((login) => login.label === label);
}
