import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { RestoreSecretCommand, SecretsManagerServiceException } from "@aws-sdk/client-secrets-manager";
import type { ServiceRules } from "../../emulators/secrets-manager";
import type { Watcher } from "../world/effects";
import type { Harness } from "../world/harness";
import { type LabelledLogin, type LabelOfLogin, labelledLogins } from "../world/labels";
import type { Scenario } from "../world/scenario";
import { rotationSteps, type TestSecret } from "../world/testSecret";
import { runCommand, statusOf } from "./commands";
import { bringAbout, lastingFault, type Surroundings } from "./conditions";
import { type DeedByHand, doByHand, followAdvice } from "./deeds";
import { Late, watcherOf } from "./faults";
import { Oracle } from "./oracle";
import type { Act, Condition, Deed, PlannedFault } from "./plan";

/** After these an undisturbed attempt may fail: only {@link Life.recover} helps. */
const stopping: ReadonlySet<Deed> = new Set([
  "cancel the rotation",
  "schedule the secret's deletion",
  "move AWSCURRENT to the previous version",
  "store half-written JSON as pending",
  "store another user's name as pending",
  "store another pending value",
]);

/** The deeds that docs/reliability.md names: after them it may be that no labelled version logs in. */
const mayLockOut: ReadonlySet<Deed> = new Set([
  "change the password in the database",
  "take AWSPENDING off",
  "store half-written JSON as pending",
  "store another user's name as pending",
  "store another pending value",
  "edit AWSCURRENT",
  "move AWSCURRENT to the previous version",
  "move AWSCURRENT to the pending version",
]);

/** One secret, from its first rotation on, through everything that a plan has in store for it. */
export class Life {
  readonly #late = new Late();
  readonly #oracle: Oracle;
  #condition: Condition = "none";
  /** Of the rotation under way. */
  #token: string | undefined;
  /** Somebody stopped the rotation, or labelled a value that it can't use: it goes on after {@link recover}. */
  #stopped = false;
  /** What worked before the step that runs now, and the verifiers in the database. */
  #working: readonly LabelledLogin[] = [];
  #verifiers: ReadonlyMap<string, string> = new Map();
  /** Somebody did something in the midst of the attempt that may lock out. */
  #disturbedByHand = false;
  /** What `status` can't see, as it does not log in: until a rotation has succeeded. */
  #hidden = false;
  /** The last edit, which AWSCURRENT must still have; undefined where a person has moved AWSCURRENT since. */
  #edited: unknown;
  /** What did not hold after a step. */
  #violation: unknown;
  /** What the latest command printed. */
  #output = "";
  /** What people did to the secret so far. */
  readonly #done: DeedByHand[] = [];

  constructor(
    private readonly surroundings: Surroundings,
    private readonly scenario: Scenario,
    private readonly subject: TestSecret,
    private readonly rules: Partial<ServiceRules>,
  ) {
    this.#oracle = new Oracle(surroundings.stand);
    this.stand.service.setRules(rules);
    this.stand.onStepOver = async ({ Step, ClientRequestToken }) => {
      try {
        await this.#afterStep(Step, ClientRequestToken);
      } catch (error) {
        // Where the service has called the step, it takes this for the step's failure.
        this.#violation ??= error;
        throw error;
      }
    };
  }

  private get stand(): Harness {
    return this.surroundings.stand;
  }

  async take(act: Act): Promise<void> {
    await this.#look();
    switch (act.kind) {
      case "attempt":
        await this.#attemptAlone(act.faults);
        break;
      case "two attempts at once":
        await this.#start();
        await bothOver(this.#attempt(act.faults), this.#attempt([]));
        break;
      case "condition":
        await this.#set(act.condition);
        break;
      case "deed":
        await this.#do(act.deed);
        break;
    }
  }

  /** Everything outside is well again, and an operator runs `recover`: it must rotate now, and again. */
  async recover(): Promise<void> {
    const { arn: secretId } = this.subject;
    await this.#set("none");
    await this.stand.client.send(new RestoreSecretCommand({ SecretId: secretId }));
    await this.#look();
    if (!(await this.#run("recover"))) {
      await followAdvice(this.stand, this.subject);
      await this.#look();
      assert.ok(await this.#run("recover"), `recover failed after its own advice was followed:\n${this.#output}`);
    }
    await this.#settle();
    const { health } = await statusOf(this.stand, secretId);
    // Where nothing was wrong, recover has not rotated.
    assert.ok(health.ok || health.verdict === "never rotated", `after recover, status says ${health.detail}`);
    this.#stopped = false;
    this.#token = undefined;
    // Twice: where AWSCURRENT was moved by hand to the version that the rotation makes, the first only ends it.
    for (const which of ["first", "second"]) {
      await this.#look();
      const failure = await this.#attempt([]);
      assert.equal(failure, undefined, `the ${which} rotation after recovery failed: ${failure}`);
    }
    assert.ok(await this.subject.logsIn("AWSCURRENT"), "AWSCURRENT does not log in after recovery");
    this.#assertEditKept();
  }

  async #do(deed: Deed): Promise<void> {
    if (deed === "run status") await this.#checkStatus();
    else if (deed === "run rotate") await this.#run("rotate");
    else if (deed === "run recover") await this.#run("recover");
    else await this.#doByHand(deed);
  }

  /** Nobody is locked out but by the deeds that the page names, and `status` sees those. */
  async #doByHand(deed: DeedByHand): Promise<void> {
    const before = await this.#oracle.working(this.subject);
    const happened = await doByHand(this.stand, this.subject, deed);
    if (happened) this.#done.push(deed);
    const logins = labelledLogins(this.subject);
    // AWSCURRENT can be moved to a version that has no value yet.
    this.#stopped ||= stopping.has(deed) || !has(logins, "AWSCURRENT");
    this.#hidden ||=
      deed === "change the password in the database" || deed === "move AWSCURRENT to the pending version";
    if (happened && deed === "edit AWSCURRENT") {
      const { username, edited } = this.subject.value("AWSCURRENT") ?? {};
      // With another user's name no rotation could log in: recover moves AWSCURRENT back from it.
      this.#edited = String(username).endsWith("_else") ? undefined : edited;
    }
    if (happened && deed.startsWith("move AWSCURRENT")) this.#edited = undefined;
    const after = await this.#oracle.working(this.subject);
    if (before.length > 0 && after.length === 0) {
      assert.ok(mayLockOut.has(deed), `LOCKED OUT by "${deed}", which docs/reliability.md does not name`);
      await this.#checkStatus();
    }
    await this.#look();
  }

  /** What `status` says is so: "healthy" means that AWSCURRENT logs in, as far as labels and dates can tell. */
  async #checkStatus(): Promise<void> {
    await this.#settle();
    const { arn: secretId } = this.subject;
    const { health } = await statusOf(this.stand, secretId);
    const works = has(await this.#oracle.working(this.subject), "AWSCURRENT");
    assert.ok(works || this.#hidden || !health.ok, `status says ${health.verdict}, and AWSCURRENT does not log in`);
    if (health.verdict === "changed by hand") assert.ok(this.#done.length > 0, `nobody has ${health.detail}`);
  }

  /** A command that says that it succeeded is right; where nothing was in its way, it says so. */
  async #run(command: "rotate" | "recover"): Promise<boolean> {
    const { arn: secretId } = this.subject;
    const before = await this.#oracle.working(this.subject);
    const current = this.subject.labels().AWSCURRENT;
    const clear = this.#condition === "none" && !this.#stopped && !this.#hidden && before.length > 0;
    // What is wrong is a while ago when an operator looks. What the command itself changes it has to wait for.
    if (command === "recover") await this.#settle();
    this.stand.effects.watcher = this.#watcher([]);
    this.#output = "";
    // Without the function's log, a rotation that fails is waited for as long as that.
    const timeoutMs = clear || (command === "recover" && this.#condition === "none") ? 30_000 : 2_000;
    const said = await runCommand(this.stand, secretId, command, timeoutMs, (text) => {
      this.#output += text;
      this.surroundings.onOutput(text);
    });
    this.stand.effects.watcher = {};
    this.#assertNoViolation();
    const working = await this.#oracle.working(this.subject);
    if (said) {
      assert.ok(has(working, "AWSCURRENT"), `${command} says that it succeeded, and AWSCURRENT does not log in`);
      assert.equal(this.stand.service.store.find(secretId).rotation?.enabled ?? command === "recover", true);
    }
    if (said && command === "rotate") assert.notEqual(this.subject.labels().AWSCURRENT, current);
    if (clear && command === "recover") assert.ok(said, `recover failed, and nothing was in its way:\n${this.#output}`);
    if (said) {
      this.#hidden = false;
      this.#stopped = false;
      this.#assertEditKept();
    }
    return said;
  }

  #assertNoViolation(): void {
    if (this.#violation !== undefined) throw this.#violation;
  }

  #assertEditKept(): void {
    const value = this.subject.value("AWSCURRENT");
    if (this.#edited !== undefined) assert.equal(value?.edited, this.#edited, "what was stored by hand was undone");
  }

  /** An attempt that nothing disturbs succeeds wherever a kept version logs in, and a good one can be repeated. */
  async #attemptAlone(faults: readonly PlannedFault[]): Promise<void> {
    const undisturbed = this.#condition === "none" && faults.length === 0 && !this.#stopped;

    const labels = this.#working.map(({ stage }) => stage).join(", ");
    const logsIn = labels || ((await this.#oracle.lostVersionWorks(this.subject)) ? "a version without a label" : "");
    const failure = await this.#attempt(faults);
    if (failure === undefined && this.#condition === "none") await this.#repeat();
    if (undisturbed && logsIn !== "") assert.equal(failure, undefined, `${failure}, though ${logsIn} logged in`);
  }

  /** One attempt at the rotation under way, or a new one: undefined, or the step that failed and why. */
  async #attempt(faults: readonly PlannedFault[]): Promise<string | undefined> {
    this.#disturbedByHand = false;
    this.stand.effects.watcher = this.#watcher(faults);
    const token = await this.#start();
    if (token === undefined) {
      await this.#arrive();
      return "the service refused";
    }
    for (const Step of rotationSteps) {
      const outcome = await this.subject.runStep(Step, { ClientRequestToken: token });
      if (!outcome.ok) {
        await this.#arrive();
        return `${Step}: ${outcome.errorType}: ${outcome.errorMessage}`;
      }
    }
    await this.#arrive();
    // All steps can find the version current in reads that lag. The service looks itself, and tries again.
    if (this.subject.labels().AWSCURRENT !== token) return "finishSecret: it did not become AWSCURRENT";
    this.stand.service.endRotation(this.subject.arn, token);
    if (has(await this.#oracle.working(this.subject), "AWSCURRENT")) this.#hidden = false;
    return undefined;
  }

  /** The service may call a step again that it has had an answer for: nothing may come of it. */
  async #repeat(): Promise<void> {
    const { service } = this.stand;
    await this.#settle();
    const callsBefore = service.calls.length;
    const verifiers = await this.#oracle.verifiers(this.subject);
    for (const Step of rotationSteps) {
      const outcome = await this.subject.runStep(Step, { ClientRequestToken: this.#token ?? "" });
      assert.ok(outcome.ok, `${Step} failed when it was repeated after the rotation`);
    }
    const writes = service.calls.slice(callsBefore).filter(({ operation }) => /^(Put|Update)/.test(operation));
    assert.deepEqual(
      writes.map(({ operation }) => operation),
      [],
      "a repeated step wrote to the secret",
    );
    assert.deepEqual(await this.#oracle.verifiers(this.subject), verifiers, "a repeated step changed the database");
  }

  async #look(): Promise<void> {
    this.#working = await this.#oracle.working(this.subject);
    this.#verifiers = await this.#oracle.verifiers(this.subject);
  }

  /** Until all reads show all writes. */
  async #settle(): Promise<void> {
    const lag = this.rules.readLagMs ?? 0;
    if (lag > 0) await sleep(lag + 10);
  }

  /** Requests that were late arrive now: nobody may be locked out by them. */
  async #arrive(): Promise<void> {
    this.stand.effects.watcher = {};
    if (await this.#late.arrive()) await this.#afterStep("a late statement", this.#token);
  }

  /** The token of the rotation under way; a new one where none is. As the service does, see its contract. */
  async #start(): Promise<string | undefined> {
    const { service } = this.stand;
    const { arn: secretId } = this.subject;
    const known = service.store.find(secretId).versions.get(this.#token ?? "");
    if (known?.stages.has("AWSPENDING") && !known.stages.has("AWSCURRENT")) return this.#token;
    const token = randomUUID();
    // Where the service reattempts the pending rotation, that is the one under way.
    this.#token = this.subject.labels().AWSPENDING;
    const started = await this.#register(token);
    this.#assertNoViolation();
    if (!started) return undefined;
    this.#token = token;
    return token;
  }

  /** Registers a rotation; false where the service refuses, and has reattempted the one in the way if its rules say so. */
  async #register(token: string): Promise<boolean> {
    const { AWSPENDING, AWSCURRENT } = this.subject.labels();
    const inTheWay = AWSPENDING !== undefined && AWSPENDING !== AWSCURRENT;
    try {
      await (inTheWay ? this.subject.startRotation(token) : this.subject.register(token));
      return true;
    } catch (error) {
      if (!(error instanceof SecretsManagerServiceException)) throw error;
      await this.stand.service.rotationFinished(this.subject.arn).catch(() => undefined);
      return false;
    }
  }

  async #afterStep(step: string, token: string | undefined): Promise<void> {
    const before = this.#working;
    const verifiersBefore = this.#verifiers;
    await this.#look();
    const working = this.#working;
    // What people broke is not the function's doing: it must not make it worse, and that is all it can do.
    if (before.length > 0 && working.length === 0) {
      const labels = before.map(({ stage }) => stage).join(", ");
      assert.ok(this.#disturbedByHand, `LOCKED OUT by ${step}: before it, ${labels} logged in`);
      await this.#checkStatus();
    }
    if (this.scenario.name === "alternating-users" && has(before, "AWSCURRENT")) {
      assert.ok(has(working, "AWSCURRENT"), `AWSCURRENT stopped to log in with ${step}`);
    }
    for (const { stage, versionId, username } of working) {
      const changed = this.#verifiers.get(username) !== verifiersBefore.get(username);
      const theirs = versionId === token || before.some((login) => login.versionId === versionId);
      assert.ok(!changed || theirs, `${step} put a password in force that is another version's, ${stage}`);
    }
  }

  #watcher(faults: readonly PlannedFault[]): Watcher {
    const meanwhile = async (deed: DeedByHand): Promise<void> => {
      await this.#doByHand(deed);
      this.#disturbedByHand = true;
      // The step under way may still store a version that was made of the value before the edit.
      this.#stopped ||= deed === "edit AWSCURRENT";
    };
    const random = watcherOf(this.stand, faults, this.#late, {
      storePending: () => meanwhile("store another pending value"),
      editCurrent: async ({ step }) => {
        await meanwhile("edit AWSCURRENT");
        // The one edit that is undone, see docs/reliability.md: createSecret's own write follows, and no read shows it.
        if (step === "createSecret" && this.rules.readLagMs) this.#edited = undefined;
      },
    });
    const lasting = lastingFault(this.#condition);
    return {
      ...random,
      before: async (effect) => (await random.before?.(effect)) ?? lasting[effect.at],
    };
  }

  async #set(condition: Condition): Promise<void> {
    this.#condition = condition;
    await bringAbout(condition, this.surroundings, this.subject);
  }
}

/** Neither goes on while the next act begins. @throws what the first of them that failed has thrown */
async function bothOver(one: Promise<unknown>, other: Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled([one, other]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

function has(logins: readonly LabelledLogin[], label: LabelOfLogin): boolean {
  return logins.some(({ stage }) => stage === label);
}
