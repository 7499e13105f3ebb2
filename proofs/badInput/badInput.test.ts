import assert from "node:assert/strict";
import { createAuthority } from "../../emulators/postgres/certificates";
import type { SecretValue } from "../../emulators/secrets-manager/secret";
import { type ErrorCode, remedies } from "../../rotation-fn/errors";
import { type Answer, type FunctionAgainst, functionAgainst } from "../world/functionAgainst";
import { canary, type Malformed, malformedEvents, malformedSecrets, malformedTags } from "./malformed";

const reads = new Set(["DescribeSecret", "GetSecretValue", "GetRandomPassword"]);

describe("bad input", () => {
  let ca: string;
  let subject: FunctionAgainst;

  before(async () => {
    ca = (await createAuthority()).certificatePem;
    subject = await functionAgainst({ ca });
  });

  after(() => subject.close());

  /** Stored in the emulator itself: a value that is stored by a call would end the rotation under way. */
  function setCurrent(value: SecretValue): void {
    const { versions } = subject.service.store.find(subject.secretId);
    for (const version of versions.values()) if (version.stages.has("AWSCURRENT")) version.value = value;
  }

  /** A clear error of the catalogue, from which no credential and no stack comes back, and nothing was changed. */
  function assertRefused(answer: Answer, code: ErrorCode, callsFrom: number): void {
    assert.equal(answer.errorType, code, answer.errorMessage);
    const changed = subject.service.calls.slice(callsFrom).filter(({ operation }) => !reads.has(operation));
    assert.deepEqual(changed, [], "it changed something");
    const said = [answer.errorMessage, answer.stack, ...answer.log].join("\n");
    assert.ok(!said.includes(canary) && !said.includes(canary.slice(0, 24)), `it repeats what it got: ${said}`);
    assert.doesNotMatch(said, /\n {4}at /, "it has a stack");
    assert.ok((answer.errorMessage ?? "").length > 10 && (answer.errorMessage ?? "").length < 1000);
    const failures = answer.log.filter((line) => line.includes('"outcome":"failed"'));
    assert.equal(failures.length, 1, "it is not logged once");
    assert.ok(failures[0]?.includes(JSON.stringify(remedies[code])), "the log does not say what to do");
  }

  /** @returns how many there were */
  async function each(cases: readonly Malformed[], refuse: (value: unknown) => Promise<void>): Promise<number> {
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

  it("is refused as an event, with not one call", async () => {
    const count = await each(malformedEvents(subject.secretId), async (event) => {
      const from = subject.service.calls.length;
      assertRefused(await subject.invoke(event), "InvalidEvent", from);
      assert.equal(subject.service.calls.length, from, "it called Secrets Manager");
    });
    assert.ok(count >= 70, String(count));
  });

  it("is refused as the current version's value, before anything is stored", async () => {
    const count = await each(malformedSecrets(), async (text) => {
      setCurrent({ SecretString: String(text) });
      const from = subject.service.calls.length;
      assertRefused(await subject.take("createSecret"), "InvalidSecret", from);
    });
    assert.ok(count >= 100, String(count));
  });

  it("is refused as the pending version's value, before the database is touched", async () => {
    const { service, secretId, token } = subject;
    const value = { engine: "postgres", host: "localhost", port: 1, username: "app", password: canary };
    setCurrent({ SecretString: JSON.stringify(value) });
    const version = service.store.find(secretId).versions.get(token);
    assert.ok(version !== undefined);
    const others = [{ username: "postgres" }, { host: "elsewhere" }, { port: 2 }, { dbname: "other" }, { ssl: false }];
    const unsettable = ["p\u00e4ss", "\u200b", "a\nb", "\ud83d\ude00", "tab\t"].map((password) => ({ password }));
    const differing = [...others, ...unsettable].map((keys) => ({
      ...{ name: JSON.stringify(keys), value: JSON.stringify({ ...value, ...keys }) },
    }));
    const count = await each([...malformedSecrets(), ...differing], async (text) => {
      // A masterarn makes the users alternate, and so another user's turn.
      version.value = { SecretString: String(text) };
      const from = service.calls.length;
      assertRefused(await subject.take("setSecret"), "InvalidPending", from);
    });
    assert.ok(count >= 100, String(count));
    delete version.value;
  });

  it("is refused as a binary secret, which no text can be read from", async () => {
    const binary = Buffer.from(JSON.stringify({ password: canary }));
    setCurrent({ SecretBinary: binary.toString("base64") });
    const from = subject.service.calls.length;
    assertRefused(await subject.take("createSecret"), "InvalidSecret", from);
  });

  for (const tags of malformedTags) {
    it(`is refused as the tags ${JSON.stringify(tags)}`, async () => {
      const whole = subject;
      subject = await functionAgainst({ ca, tags });
      try {
        const from = subject.service.calls.length;
        assertRefused(await subject.take("createSecret"), "InvalidSettings", from);
      } finally {
        await subject.close();
        subject = whole;
      }
    });
  }

  const environments: readonly Readonly<Record<string, string>>[] = [
    ...["", "0", "15", "513", "32.5", "abc", "-1", canary].map((PASSWORD_LENGTH) => ({ PASSWORD_LENGTH })),
    ...["yes", "1", canary].map((EXCLUDE_NUMBERS) => ({ EXCLUDE_NUMBERS })),
    ...["", "md5", canary].map((PASSWORD_FORM) => ({ PASSWORD_FORM })),
  ];
  it("is refused as the function's environment", async () => {
    const whole = subject;
    for (const environment of environments) {
      subject = await functionAgainst({ ca, environment });
      try {
        const from = subject.service.calls.length;
        assertRefused(await subject.take("createSecret"), "InvalidEnvironment", from);
      } finally {
        await subject.close();
        subject = whole;
      }
    }
  });
});
