import assert from "node:assert/strict";
import type { StoredValue } from "../../emulators/secrets-manager/secret";
import { type ErrorCode, remedies } from "../../rotation-fn/errors";
import type { StepResult, TestSecret } from "../world/testSecret";
import { startWorld, type World } from "../world/world";

/** A password that is in every malformed input, and must not be in an error or in the log. */
const canary = "Canary.0f3a9c_In-The-Wrong-Place";

const wrongTypes: readonly unknown[] = [null, "", 5, -1, true, [], {}, [canary], { password: canary }];

const token = "0b1f6c5e-6f0f-4d8a-9d3f-5f4b7f0a1c2d";

/** Events that Secrets Manager never sends. */
function malformedEvents(secretId: string): unknown[] {
  const event = { Step: "createSecret", SecretId: secretId, ClientRequestToken: token };
  const wrong: Readonly<Record<keyof typeof event, readonly unknown[]>> = {
    Step: [
      ...[undefined, ...wrongTypes, canary, "createsecret", "CREATESECRET", "createSecret ", " createSecret"],
      ...["create_secret", "constructor", "__proto__", "toString", "rotateSecret"],
      ...["createSecret\0", "createSecret,setSecret"],
    ],
    SecretId: [
      ...[undefined, ...wrongTypes.filter((value) => value !== 5)],
      ...[` ${canary}`, "a b", "a\nb", "ü", "a\0", "a".repeat(2049)],
    ],
    ClientRequestToken: [
      ...[
        undefined,
        ...wrongTypes,
        canary.slice(0, 31),
        `${token} `,
        token.slice(0, 31),
        token.repeat(2),
        `${token}\n`,
      ],
      ...["ü".repeat(36), " ".repeat(36), "0".repeat(65), `${canary} ${token}`],
    ],
  };
  return [
    ...Object.entries(wrong).flatMap(([key, values]) => values.map((value) => ({ ...event, [key]: value }))),
    ...[
      undefined,
      ...wrongTypes,
      canary,
      [event],
      JSON.stringify(event),
      { Records: [{ body: JSON.stringify(event) }] },
    ],
    { step: event.Step, secretId, token },
    { Step: canary, SecretId: canary.repeat(80), ClientRequestToken: canary.slice(5) },
    ...[{ detail: event }, { Check: "rotation-ages" }, { Check: ["rotation-age"] }],
  ];
}

/** Secret values that are not valid credentials for PostgreSQL. */
function malformedSecrets(): string[] {
  const secret = {
    ...{ engine: "postgres", host: "localhost", port: 1, username: "app", password: canary, dbname: "postgres" },
  };
  const tooLong = "n".repeat(64);
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    engine: [undefined, ...wrongTypes, "mysql", "POSTGRES", "postgres ", "aurora-mysql"],
    host: [
      ...[
        undefined,
        ...wrongTypes,
        "a b",
        "/var/run/postgresql",
        "a,b",
        "h".repeat(256),
        "db\n",
        "db\0",
        "host=evil",
        "ü",
      ],
      ...[`postgres://app:${canary}@localhost/db`, `app:${canary}@localhost`, "[::1]", "db?sslmode=disable"],
    ],
    port: ["", -1, 0, 65536, 1.5, "abc", "54 32", {}, [], "5432;", canary, "-5432"],
    username: [undefined, ...wrongTypes, tooLong, "ü".repeat(32), "a\0b", "a\nb", "a\u007f", "\t"],
    password: [undefined, ...wrongTypes, "\0", `${canary}\0`],
    dbname: ["", 5, true, [], {}, tooLong, "a\0b", "a\nb", "ü".repeat(32)],
    ssl: [...wrongTypes.filter((value) => value !== true), "yes", "no", "on", "1", "require", "disable", canary],
    masterarn: wrongTypes.filter((value) => typeof value !== "string" || value === ""),
  };
  const json = JSON.stringify(secret);
  return [
    ...Object.entries(wrong).flatMap(([key, values]) =>
      values.map((value) => JSON.stringify({ ...secret, [key]: value })),
    ),
    ...[" ", "null", "true", "5", '""', "[]", `[${json}]`, "{}", canary, JSON.stringify(canary), JSON.stringify(json)],
    ...[json.slice(0, -1), json.slice(0, 40), `${json},`, `${json}${json}`, `\ufeff${json}`, json.replaceAll('"', "'")],
    ...[`postgresql://app:${canary}@localhost/postgres`, `host=localhost user=app password=${canary}`, "\0", "NaN"],
    ...[`username: app\npassword: ${canary}`, `{"password":"${canary}"`, `{"password":"${canary}"}}`, "[".repeat(5000)],
  ];
}

/** Tags that are not valid settings. */
const malformedTags: readonly Readonly<Record<string, string>>[] = [
  { "secrets-rotation:strategy": "both" },
  { "secrets-rotation:strategy": "" },
  { "secrets-rotation:strategy": "Single-User" },
  { "secrets-rotation:strategy": "alternating-users" },
  { "secrets-rotation:username": "app" },
  { "secrets-rotation:strategy": "single-user", "secrets-rotation:admin-secret": "arn:aws:x" },
  { "secrets-rotation:strategy": "single-user", "secrets-rotation:username": "app", "secrets-rotation:database": "db" },
  { "secrets-rotation:strategy": "single-user", "secrets-rotation:database": "db:0" },
  { "secrets-rotation:strategy": "single-user", "secrets-rotation:database": ":5432" },
];

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

  /**
   * Asserts that the result is an error of the catalogue without credentials and stack, and that nothing was changed.
   */
  function assertRefused(answer: StepResult, code: ErrorCode, callsFrom: number): void {
    assert.ok(!answer.ok);
    const { log = [] } = answer;
    assert.equal(answer.errorType, code, answer.errorMessage);
    const changed = world.service.calls.slice(callsFrom).filter((operation) => !/^(Describe|Get)/.test(operation));
    assert.deepEqual(changed, [], "it changed something");
    const output = [answer.errorMessage, answer.stack, ...log].join("\n");
    assert.ok(!output.includes(canary) && !output.includes(canary.slice(0, 24)), `it repeats what it got: ${output}`);
    assert.doesNotMatch(output, /\n {4}at /, "it has a stack");
    assert.ok(answer.errorMessage.length > 10 && answer.errorMessage.length < 1000);
    const failures = log.filter((line) => line.includes('"outcome":"failed"'));
    assert.equal(failures.length, 1, "it is not logged once");
    assert.ok(failures[0]?.includes(JSON.stringify(remedies[code])), "the log does not contain the remedy");
  }

  /** @returns the number of cases */
  async function forEachCase<Value>(cases: readonly Value[], refuse: (value: Value) => Promise<void>): Promise<number> {
    const failures: string[] = [];
    for (const value of cases) {
      try {
        await refuse(value);
      } catch (error) {
        failures.push(`${JSON.stringify(value)?.slice(0, 300)}: ${error instanceof Error ? error.message : error}`);
      }
    }
    assert.deepEqual(failures, []);
    return cases.length;
  }

  it("is refused as an event, without a call to Secrets Manager", async () => {
    const count = await forEachCase(malformedEvents(secret.arn), async (event) => {
      const from = world.service.calls.length;
      assertRefused(await world.fn.invoke(event), "InvalidEvent", from);
      assert.equal(world.service.calls.length, from, "it called Secrets Manager");
    });
    assert.ok(count >= 70, String(count));
  });

  it("is refused as the current version's value, before anything is stored", async () => {
    const count = await forEachCase(malformedSecrets(), async (text) => {
      setCurrent({ SecretString: text });
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
    const differing = [...others, ...unsettable].map((keys) => JSON.stringify({ ...value, ...keys }));
    const count = await forEachCase([...malformedSecrets(), ...differing], async (text) => {
      version.value = { SecretString: text };
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
      const misconfigured = await world.addSecret({ fn: world.addFunction({ environment }) });
      await misconfigured.register();
      const from = world.service.calls.length;
      assertRefused(await misconfigured.runStep("createSecret"), "InvalidEnvironment", from);
    }
  });
});
