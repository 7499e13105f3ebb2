import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { asRotationError, type ErrorCode, remedies } from "../../rotation-fn/errors";
import { concurrentTests } from "../mocha/concurrentTests";
import { runOps } from "../world/runOps";
import { startWorld } from "../world/world";
import { type FailedRotation, type ProvokedError, provokeError } from "./provoke";
import { provokedErrors } from "./provokedErrors";

/** Codes that other tests provoke: badInput and attacks. */
const provokedElsewhere: readonly ErrorCode[] = ["AnswerTooLarge", "PasswordTracked"];

/** The rows of docs/runbook.md by error code: the line in the function's log, and the remedy. */
const rows = new Map(
  readFileSync(join(__dirname, "../../docs/runbook.md"), "utf8")
    .split("\n")
    .filter((line) => /^\| `[A-Z]\w+` \|/.test(line))
    .map((line) => {
      const [code = "", log = "", remedy = ""] = line.slice(2, -2).split(" | ");
      const bare = (cell: string): string => cell.replace(/^`+|`+$/g, "");
      return [bare(code), { log: bare(log), remedy }];
    }),
);

/** The runbook's log line as a pattern. `<context>` is an action and a server. Any other `<…>` matches any text. */
function pattern(log: string): RegExp {
  const parts = log
    .split(/(<[^>]+>)/)
    .map((part) => (part.startsWith("<") ? part : part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")));
  return new RegExp(
    `^${parts
      .join("")
      .replace("<context>", "[a-z][\\w ]+ at \\S+:\\d+/\\S+ as \\S+")
      .replace(/<[^>]+>/g, ".+?")}`,
  );
}

/** The failures in the function's log. */
function failuresIn(log: readonly string[]): Record<string, unknown>[] {
  const lines = log.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Record<string, unknown>);
  return lines.filter(({ outcome }) => outcome === "failed");
}

/** Asserts that the last failure in the function's log is the runbook's row. */
function assertRow(code: ErrorCode, log: readonly string[]): void {
  const failure = failuresIn(log).at(-1);
  assert.equal(failure?.code, code);
  assert.match(String(failure?.what), pattern(rows.get(code)?.log ?? "no row"));
}

function assertFailed({ code, message }: ProvokedError, { result, harness }: FailedRotation): void {
  assert.ok(!result.ok);
  assert.equal(result.errorType, code, result.errorMessage);
  assert.match(result.errorMessage, message);
  const logged = failuresIn(harness.log);
  assert.equal(logged.length, 1, "it is not logged once");
  assert.equal(logged[0]?.remedy, remedies[code]);
}

async function assertRecovers({ harness, secret }: FailedRotation): Promise<void> {
  const ran = await runOps(["recover", "--yes", "--secret", secret.arn], harness.env);
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  assert.equal(await secret.logsIn("AWSCURRENT"), true);
  const { AWSPENDING, AWSCURRENT } = secret.labels();
  assert.ok(AWSPENDING === undefined || AWSPENDING === AWSCURRENT, "the rotation is still stuck");
}

describe("a rotation that fails", () => {
  /** The first cause of each code. */
  const typicalErrors = new Map(provokedErrors.toReversed().map((error) => [error.code, error]));

  concurrentTests((test) => {
    for (const error of provokedErrors) {
      const { code, cause } = error;
      const isTypical = typicalErrors.get(code) === error;
      const more = ": the runbook has this line and remedy, and recover repairs the secret after the cause is removed";
      test(`says ${code} for ${cause}${isTypical ? more : ""}`, async () => {
        const failed = await provokeError(error);
        try {
          try {
            assertFailed(error, failed);
            if (isTypical) assertRow(code, failed.harness.log);
          } finally {
            await failed.repair();
          }
          if (isTypical) await assertRecovers(failed);
        } finally {
          await failed.harness.close();
        }
      });
    }

    test("says InvalidEnvironment for an invalid length: the runbook has this line", async () => {
      const world = await startWorld({ function: { ownProcess: true, environment: { PASSWORD_LENGTH: "4" } } });
      const secret = await world.addSecret();
      await secret.register();
      await secret.runStep("createSecret");
      assertRow("InvalidEnvironment", world.log);
      await world.close();
    });
  });

  it("says InternalError for a fault of the function itself, without the text of the error", () => {
    const error = asRotationError(new TypeError("cannot read 'hunter2'"));

    assert.deepEqual([error.code, error.message], ["InternalError", "unexpected TypeError"]);
    assert.ok(!inspect({ ...error }).includes("hunter2"));
  });

  it("has a case for each code of the catalogue", () => {
    const provoked = [...typicalErrors.keys(), ...provokedElsewhere, "InvalidEnvironment", "InternalError"];
    assert.deepEqual(provoked.sort(), Object.keys(remedies).sort());
  });

  it("has one row in the runbook for each code, with the same remedy", () => {
    const remediesOfRows = [...rows].map(([code, { remedy }]) => [code, remedy]);
    assert.deepEqual(remediesOfRows.sort(), Object.entries(remedies).sort());
  });
});
