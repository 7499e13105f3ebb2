import assert from "node:assert/strict";
import { mock } from "node:test";
import { type PendingRotation, pendingRotation } from "../proofs/world/pendingRotation";
import { signIn } from "./database/session";
import { withinTimeLimit } from "./deadline";
import { steps } from "./event";
import { createSecret } from "./steps/createSecret";
import { finishSecret } from "./steps/finishSecret";
import { setSecret } from "./steps/setSecret";

const context = (ms: number) => ({ getRemainingTimeInMillis: () => ms });
const never = new Promise<never>(() => undefined);

describe("withinTimeLimit", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());

  it("returns the result of the work", async () => {
    assert.equal(await withinTimeLimit(context(3_000), async () => "done"), "done");
  });

  it("throws what the work throws", async () => {
    await assert.rejects(
      withinTimeLimit(context(3_000), () => Promise.reject(new Error("no"))),
      /^Error: no$/,
    );
  });

  it("throws TimeLimit 1.5 s before Lambda's time limit, and not earlier", async () => {
    let ended: Error | undefined;
    const work = withinTimeLimit(context(10_000), () => never).catch((error) => {
      ended = error;
    });
    mock.timers.tick(8_499);
    await Promise.resolve();
    await Promise.resolve();
    assert.equal(ended, undefined);
    mock.timers.tick(1);
    await work;
    const { code, message } = (ended ?? {}) as { code?: string; message?: string };
    assert.equal(code, "TimeLimit");
    assert.equal(message, "not done after 8500 ms, shortly before Lambda's time limit");
  });

  it("when less than 1.5 s remain, throws immediately", async () => {
    const work = assert.rejects(
      withinTimeLimit(context(1_000), () => never),
      { message: /^not done after 0 ms/ },
    );
    mock.timers.tick(1);
    await work;
  });

  it("leaves no timer behind that would keep the process alive", async () => {
    const cleared = mock.method(globalThis, "clearTimeout");
    await withinTimeLimit(context(3_000), async () => undefined);
    assert.equal(cleared.mock.callCount(), 1);
    cleared.mock.restore();
  });
});

describe("the work of an invocation that has ended", function () {
  this.timeout(20_000);

  let rotation: PendingRotation;
  let work: Promise<unknown>;

  beforeEach(async () => {
    rotation = await pendingRotation();
  });
  afterEach(() => rotation.close());

  /** Runs the work until its time limit, which has already passed. */
  async function runOutOfTime(run: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const invocation = withinTimeLimit(context(0), (signal) => {
      work = run(signal);
      return work;
    });
    await assert.rejects(invocation, { code: "TimeLimit" });
  }

  const held = [
    ["createSecret", createSecret, "GetRandomPassword", "stores no value"],
    ["setSecret", setSecret, "GetSecretValue", "does not log in"],
    ["finishSecret", finishSecret, "DescribeSecret", "does not move AWSCURRENT"],
  ] as const;
  for (const [step, run, operation, outcome] of held) {
    it(`${step}: ${outcome} when Lambda thaws the process`, async () => {
      const before = steps.slice(0, steps.indexOf(step));
      for (const earlier of before) await rotation.runStep(earlier);
      let letPass = (): void => undefined;
      const passed = new Promise<void>((resolve) => (letPass = resolve));
      rotation.service.setHooks({
        before: (request) => (request.operation === operation ? passed : undefined),
      });
      await runOutOfTime((signal) => run(rotation.argumentsOf(step, { signal })));
      const labels = rotation.labels();

      letPass();
      await assert.rejects(work, { code: "TimeLimit" });

      assert.deepEqual(rotation.labels(), labels);
      assert.equal((await rotation.read("AWSPENDING")) !== undefined, step !== "createSecret");
      assert.equal(await rotation.logsIn("AWSCURRENT"), step !== "finishSecret");
    });
  }

  it("createSecret: the SDK does not repeat a request whose answer was lost", async () => {
    let letPass = (): void => undefined;
    const passed = new Promise<void>((resolve) => (letPass = resolve));
    let lost = 0;
    rotation.service.setHooks({
      async before({ operation }) {
        if (operation !== "PutSecretValue" || lost++ > 0) return undefined;
        await passed;
        return { kind: "drop" };
      },
    });
    const invocation = withinTimeLimit(context(2_000), (signal) => {
      work = createSecret(rotation.argumentsOf("createSecret", { signal }));
      return work;
    });
    await assert.rejects(invocation, { code: "TimeLimit" });
    assert.equal(lost, 1);

    letPass();
    await assert.rejects(work, { code: "TimeLimit" });

    assert.equal(await rotation.read("AWSPENDING"), undefined);
  });

  it("runs no statement in a session that it has opened", async () => {
    const { user: username, password, database: dbname, postgres } = rotation.login;
    const { host, port } = postgres;
    await runOutOfTime(async (signal) => {
      const session = await signIn({ host, port, username, password, dbname, ssl: true }, "AWSCURRENT", { signal });
      try {
        return await session.run("SELECT 1", "testing", "SELECT");
      } finally {
        session.close();
      }
    });
    await assert.rejects(work, { code: "TimeLimit" });
  });
});
