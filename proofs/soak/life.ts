import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { RestoreSecretCommand } from "@aws-sdk/client-secrets-manager";
import type { IssuedCertificate } from "../../emulators/postgres/certificates";
import type { RotationStep } from "../../emulators/secrets-manager";
import type { Strike, Watcher } from "../world/effects";
import { type LabelledLogin, labelledLogins, type Stage } from "../world/labels";
import type { Stand } from "../world/stand";
import type { Strategy, Subject } from "../world/subject";
import { doByHand } from "./deeds";
import { fault, Late, pgError, watcherOf } from "./faults";
import { Oracle } from "./oracle";
import type { Act, Condition, Deed, Fault } from "./plan";
import { wayOut } from "./wayOut";

/** After these an undisturbed attempt may fail: only {@link Life.recover} helps. */
const stopping: ReadonlySet<Deed> = new Set([
  "cancel the rotation",
  "schedule the secret's deletion",
  "move AWSCURRENT to the previous version",
  "store half-written JSON as pending",
  "store another user's name as pending",
  "store another pending value",
]);

const steps: readonly RotationStep[] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/** What a run has to start with. */
export interface Surroundings {
  readonly stand: Stand;
  /** Of an authority that the function does not trust. */
  readonly foreign: IssuedCertificate;
}

/** One secret, from its first rotation on, through everything that a plan has in store for it. */
export class Life {
  readonly #late = new Late();
  readonly #oracle: Oracle;
  #condition: Condition = "none";
  /** Of the rotation under way. */
  #token: string | undefined;
  /** Somebody stopped the rotation, or labelled a value that it can't use: it goes on after {@link recover}. */
  #stopped = false;
  /** What worked before the step that runs now. */
  #working: readonly LabelledLogin[] = [];

  constructor(
    private readonly surroundings: Surroundings,
    private readonly strategy: Strategy,
    private readonly subject: Subject,
  ) {
    this.#oracle = new Oracle(surroundings.stand);
    this.stand.onStepOver = ({ Step }) => this.#afterStep(Step);
  }

  private get stand(): Stand {
    return this.surroundings.stand;
  }

  async take(act: Act): Promise<void> {
    this.#working = await this.#oracle.working(this.subject.secretId);
    switch (act.kind) {
      case "attempt":
        await this.#attemptAlone(act.faults);
        break;
      case "two attempts at once":
        await this.#start();
        await Promise.all([this.#attempt(act.faults), this.#attempt([])]);
        break;
      case "condition":
        await this.#set(act.condition);
        break;
      case "deed":
        await this.#do(act.deed);
        break;
    }
  }

  /** Everything outside is well again, people have followed the documented ways out: it must rotate now, and again. */
  async recover(): Promise<void> {
    const { secretId } = this.subject;
    await this.#set("none");
    await this.stand.client.send(new RestoreSecretCommand({ SecretId: secretId }));
    await wayOut(this.stand, this.strategy, this.subject, await this.#oracle.working(secretId));
    this.#token = undefined;
    // Twice: where AWSCURRENT was moved by hand to the version that the rotation makes, the first only ends it.
    for (const which of ["first", "second"]) {
      this.#working = await this.#oracle.working(secretId);
      const failure = await this.#attempt([]);
      assert.equal(failure, undefined, `the ${which} rotation after recovery failed: ${failure}`);
    }
    const current = labelledLogins(this.stand.service, secretId).find(({ stage }) => stage === "AWSCURRENT");
    const logsIn = current && (await this.stand.postgres.canLogIn(current.username, current.password));
    assert.ok(logsIn, "AWSCURRENT does not log in after recovery");
  }

  async #do(deed: Deed): Promise<void> {
    await doByHand(this.stand, this.subject, deed);
    const logins = labelledLogins(this.stand.service, this.subject.secretId);
    // AWSCURRENT can be moved to a version that has no value yet.
    this.#stopped ||= stopping.has(deed) || !has(logins, "AWSCURRENT");
  }

  /** An attempt that nothing disturbs succeeds wherever a labelled version logs in, and a good one can be repeated. */
  async #attemptAlone(faults: readonly Fault[]): Promise<void> {
    const undisturbed = this.#condition === "none" && faults.length === 0 && !this.#stopped;
    const labels = this.#working.map(({ stage }) => stage).join(", ");
    let failure = await this.#attempt(faults);
    // A version that somebody has replaced gives up AWSPENDING: the attempt after that is a rotation of its own.
    if (undisturbed && failure?.startsWith("createSecret: VersionNotPending")) failure = await this.#attempt([]);
    if (failure === undefined && this.#condition === "none") await this.#repeat();
    if (undisturbed && labels !== "") assert.equal(failure, undefined, `${failure}, though ${labels} logged in`);
  }

  /** One attempt at the rotation under way, or a new one: undefined, or the step that failed and why. */
  async #attempt(faults: readonly Fault[]): Promise<string | undefined> {
    const token = await this.#start();
    if (token === undefined) return "the service refused";
    this.stand.effects.watcher = this.#watcher(faults);
    for (const Step of steps) {
      const outcome = await this.stand.take({ Step, SecretId: this.subject.secretId, ClientRequestToken: token });
      if (!outcome.ok) {
        await this.#arrive();
        return `${Step}: ${outcome.errorType}: ${outcome.errorMessage}`;
      }
    }
    await this.#arrive();
    return undefined;
  }

  /** The service may call a step again that it has had an answer for: nothing may come of it. */
  async #repeat(): Promise<void> {
    const { service } = this.stand;
    const { secretId } = this.subject;
    const callsBefore = service.calls.length;
    const verifiers = await this.#oracle.verifiers(secretId);
    for (const Step of steps) {
      const event = { Step, SecretId: secretId, ClientRequestToken: this.#token ?? "" };
      const outcome = await this.stand.take(event);
      assert.ok(outcome.ok, `${Step} failed when it was repeated after the rotation`);
    }
    const writes = service.calls.slice(callsBefore).filter(({ operation }) => /^(Put|Update)/.test(operation));
    assert.deepEqual(
      writes.map(({ operation }) => operation),
      [],
      "a repeated step wrote to the secret",
    );
    assert.deepEqual(await this.#oracle.verifiers(secretId), verifiers, "a repeated step changed the database");
  }

  /** Requests that were late arrive now: nobody may be locked out by them. */
  async #arrive(): Promise<void> {
    this.stand.effects.watcher = {};
    if (!this.#late.arrive()) return;
    await sleep(40);
    await this.#afterStep("a late statement");
  }

  /** The token of the rotation under way; a new one where none is. As the service does, see its contract. */
  async #start(): Promise<string | undefined> {
    const { service } = this.stand;
    const { secretId } = this.subject;
    const known = service.store.find(secretId).versions.get(this.#token ?? "");
    if (known?.stages.has("AWSPENDING") && !known.stages.has("AWSCURRENT")) return this.#token;
    this.#token = randomUUID();
    if (await this.stand.register(secretId, this.#token)) return this.#token;
    this.#token = undefined;
    return undefined;
  }

  async #afterStep(step: string): Promise<void> {
    const before = this.#working;
    const working = await this.#oracle.working(this.subject.secretId);
    this.#working = working;
    // What people broke is not the function's doing: it must not make it worse, and that is all it can do.
    if (before.length > 0) {
      const labels = before.map(({ stage }) => stage).join(", ");
      assert.ok(working.length > 0, `LOCKED OUT by ${step}: before it, ${labels} logged in`);
    }
    if (this.strategy.name === "alternating-users" && has(before, "AWSCURRENT")) {
      assert.ok(has(working, "AWSCURRENT"), `AWSCURRENT stopped to log in with ${step}`);
    }
    for (const { stage, versionId } of working) {
      const theirs = versionId === this.#token || before.some((login) => login.versionId === versionId);
      assert.ok(theirs, `${step} put a password in force that is another version's, ${stage}`);
    }
  }

  #watcher(faults: readonly Fault[]): Watcher {
    const random = watcherOf(this.stand, faults, this.#late, async () => {
      await this.#do("store another pending value");
      this.#working = await this.#oracle.working(this.subject.secretId);
    });
    const lasting = lastingStrike(this.#condition);
    return {
      ...random,
      before: async (effect) => (await random.before?.(effect)) ?? lasting[effect.at],
    };
  }

  async #set(condition: Condition): Promise<void> {
    const { user } = this.subject;
    const { stand, foreign } = this.surroundings;
    this.#condition = condition;
    stand.proxy.present(condition === "foreign certificate" ? foreign : undefined);
    // Where users alternate, the twin gets its attributes from the user in use: both have to be well again.
    const { rows } = await stand.superuser.query<{ rolname: string }>(
      "SELECT rolname FROM pg_roles WHERE rolname = ANY($1)",
      [[user, `${user}_clone`]],
    );
    for (const { rolname } of rows) {
      const [limit, readOnly] = [condition === "too many connections" ? 0 : -1, condition === "read-only"];
      await stand.superuser.query(
        `ALTER ROLE ${rolname} CONNECTION LIMIT ${limit};
         ALTER ROLE ${rolname} ${readOnly ? "SET default_transaction_read_only = on" : "RESET default_transaction_read_only"}`,
      );
    }
  }
}

function has(logins: readonly LabelledLogin[], label: Stage): boolean {
  return logins.some(({ stage }) => stage === label);
}

/** What every effect at a service meets as long as a condition lasts. */
function lastingStrike(condition: Condition): Partial<Record<"Secrets Manager" | "PostgreSQL", Strike>> {
  switch (condition) {
    case "starting up":
      return { PostgreSQL: pgError("57P03", "the database system is starting up") };
    case "unreachable":
      return { PostgreSQL: { kind: "drop" } };
    case "throttled":
      return { "Secrets Manager": fault("ThrottlingException", "Rate exceeded") };
    case "denied":
      return { "Secrets Manager": fault("AccessDeniedException", "not authorized to perform this action") };
    default:
      return {};
  }
}
