import assert from "node:assert/strict";
import type { StoredValue } from "../../emulators/secrets-manager/secret";
import { type ErrorCode, remedies } from "../../rotation-fn/errors";
import type { StepResult, TestSecret } from "../world/testSecret";
import { startWorld, type World } from "../world/world";
import { canary, type MalformedInput, malformedEvents, malformedSecrets, malformedTags } from "./malformed";

describe("malformed input", () => {
  let world: World;
  let secret: TestSecret;

  before(async () => {
    world = await startWorld();
    secret = await world.addSecret({ value: { port: 1 } });
    await secret.register();
  });

  after(() => world.close());

  /** Writes into the emulator's state: storing a value by a call would end the rotation. */
  function setCurrent(value: StoredValue): void {
    for (const version of secret.versions.values()) if (version.stages.has("AWSCURRENT")) version.value = value;
  }

  /** Asserts that the result is an error of the catalogue without credentials and stack, and that nothing was changed. */
  function assertRefused(answer: StepResult, code: ErrorCode, callsFrom: number): void {
    assert.ok(!answer.ok);
    const { log = [] } = answer;
    assert.equal(answer.errorType, code, answer.errorMessage);
    const changed = world.service.calls.slice(callsFrom).filter((operation) => !/^(Describe|Get)/.test(operation));
    assert.deepEqual(changed, [], "it changed something");
    const said = [answer.errorMessage, answer.stack, ...log].join("\n");
    assert.ok(!said.includes(canary) && !said.includes(canary.slice(0, 24)), `it repeats what it got: ${said}`);
    assert.doesNotMatch(said, /\n {4}at /, "it has a stack");
    assert.ok(answer.errorMessage.length > 10 && answer.errorMessage.length < 1000);
    const failures = log.filter((line) => line.includes('"outcome":"failed"'));
    assert.equal(failures.length, 1, "it is not logged once");
    assert.ok(failures[0]?.includes(JSON.stringify(remedies[code])), "the log does not contain the remedy");
  }

  /** @returns the number of cases */
  async function each(cases: readonly MalformedInput[], refuse: (value: unknown) => Promise<void>): Promise<number> {
    const failures: string[] = [];
    for (const { name, value } of cases) {
      try {
        await refuse(value);
      } catch (error) {
        failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
      }
    }
    assert.deepEqual(failures, []);
    return cases.length;
  }

  it("is refused as an event, without a call to Secrets Manager", async () => {
    const count = await each(malformedEvents(secret.arn), async (event) => {
      const from = world.service.calls.length;
      assertRefused(await world.fn.invoke(event), "InvalidEvent", from);
      assert.equal(world.service.calls.length, from, "it called Secrets Manager");
    });
    assert.ok(count >= 70, String(count));
  });

  it("is refused as the current version's value, before anything is stored", async () => {
    const count = await each(malformedSecrets(), async (text) => {
      setCurrent({ SecretString: String(text) });
      const from = world.service.calls.length;
      assertRefused(await secret.runStep("createSecret"), "InvalidSecret", from);
    });
    assert.ok(count >= 100, String(count));
  });

  it("is refused as the pending version's value, before the database is touched", async () => {
    const value = { engine: "postgres", host: "localhost", port: 1, username: "app", password: canary };
    setCurrent({ SecretString: JSON.stringify(value) });
    const version = secret.versions.get(secret.token);
    assert.ok(version !== undefined);
    const others = [{ username: "postgres" }, { host: "elsewhere" }, { port: 2 }, { dbname: "other" }, { ssl: false }];
    const unsettable = ["p\u00e4ss", "\u200b", "a\nb", "\ud83d\ude00", "tab\t"].map((password) => ({ password }));
    const differing = [...others, ...unsettable].map((keys) => ({
      ...{ name: JSON.stringify(keys), value: JSON.stringify({ ...value, ...keys }) },
    }));
    const count = await each([...malformedSecrets(), ...differing], async (text) => {
      version.value = { SecretString: String(text) };
      const from = world.service.calls.length;
      assertRefused(await secret.runStep("setSecret"), "InvalidPending", from);
    });
    assert.ok(count >= 100, String(count));
    delete version.value;
  });

  it("is refused as a binary secret", async () => {
    const binary = Buffer.from(JSON.stringify({ password: canary }));
    setCurrent({ SecretBinary: binary.toString("base64") });
    const from = world.service.calls.length;
    assertRefused(await secret.runStep("createSecret"), "InvalidSecret", from);
  });

  for (const tags of malformedTags) {
    it(`is refused as the tags ${JSON.stringify(tags)}`, async () => {
      const tagged = await world.addSecret({ value: { port: 1 }, tags });
      await tagged.register();
      const from = world.service.calls.length;
      assertRefused(await tagged.runStep("createSecret"), "InvalidSettings", from);
    });
  }

  const environments: readonly Readonly<Record<string, string>>[] = [
    ...["", "0", "15", "513", "32.5", "abc", "-1", canary].map((PASSWORD_LENGTH) => ({ PASSWORD_LENGTH })),
    ...["yes", "1", canary].map((EXCLUDE_NUMBERS) => ({ EXCLUDE_NUMBERS })),
    ...["", "md5", canary].map((PASSWORD_FORM) => ({ PASSWORD_FORM })),
  ];
  it("is refused as the function's environment", async () => {
    for (const environment of environments) {
      const misled = await world.addSecret({ fn: world.addFunction({ environment }) });
      await misled.register();
      const from = world.service.calls.length;
      assertRefused(await misled.runStep("createSecret"), "InvalidEnvironment", from);
    }
  });
});
