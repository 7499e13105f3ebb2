import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { insightsQueries } from "../components/insights";
import { provokeError } from "../proofs/failures/provoke";
import { provokedErrors } from "../proofs/failures/provokedErrors";
import { deployedSecret } from "../proofs/world/deployedSecret";
import { sharedDeployment } from "../proofs/world/deployment";
import { runOps } from "../proofs/world/runOps";
import { startWorld } from "../proofs/world/world";
import { type ErrorCode, remedies } from "../rotation-fn/errors";
import { giveAdministrator } from "./testing/administrator";

const runbook = readFileSync(join(__dirname, "../docs/runbook.md"), "utf8");

interface Row {
  readonly code: string;
  readonly log: string;
  readonly remedy: string;
}

const rows: Row[] = runbook
  .split("\n")
  .filter((line) => /^\| `[A-Z]\w+` \|/.test(line))
  .map((line) => {
    const [code = "", log = "", remedy = ""] = line.slice(2, -2).split(" | ");
    const bare = (cell: string): string => cell.replace(/^`+|`+$/g, "");
    return { code: bare(code), log: bare(log), remedy };
  });

function rowOf(code: string): Row {
  const row = rows.find((each) => each.code === code);
  assert.ok(row, `the runbook has no row for ${code}`);
  return row;
}

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

/** Codes that no test of this file provokes. The tests of their own modules provoke all but `InternalError`. */
const notProvokedHere: readonly ErrorCode[] = ["AnswerTooLarge", "PasswordTracked", "InternalError"];

/** Asserts that the last failure in the function's log is the row's. */
function assertRow(code: ErrorCode, log: readonly string[]): void {
  const failure = log
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .findLast(({ outcome }) => outcome === "failed");
  assert.equal(failure?.code, code);
  assert.equal(failure?.remedy, rowOf(code).remedy);
  assert.match(String(failure?.what), pattern(rowOf(code).log));
}

describe("docs/runbook.md", () => {
  it("has one row for each error code, with the same remedy", () => {
    assert.deepEqual(rows.map(({ code }) => code).sort(), Object.keys(remedies).sort());
    for (const { code, remedy } of rows) assert.equal(remedy, remedies[code as ErrorCode], code);
  });

  it("lists each saved query with its question", () => {
    for (const { name, question } of insightsQueries) {
      assert.ok(runbook.includes(`| \`${name}\` | ${question} |`), name);
    }
  });

  it("names only commands that exist", () => {
    for (const [, command = ""] of runbook.matchAll(/npm run ops -- (\w+)/g)) {
      assert.match(command, /^(status|rotate|verify|recover|logs|preflight)$/);
    }
  });

  const typicalErrors = new Map(provokedErrors.toReversed().map((error) => [error.code, error]));
  for (const [code, error] of typicalErrors) {
    it(`${code}: the function logs this line and remedy, and recover repairs the secret after the cause is removed`, async () => {
      const { harness, secret, repair } = await provokeError(error);
      try {
        assertRow(code, harness.log);

        await repair();
        const ran = await runOps(["recover", "--yes", "--secret", secret.arn], harness.env);
        assert.equal(ran.code, 0, ran.stdout + ran.stderr);
        assert.equal(await secret.logsIn("AWSCURRENT"), true);
        const { AWSPENDING, AWSCURRENT } = secret.labels();
        assert.ok(AWSPENDING === undefined || AWSPENDING === AWSCURRENT, "the rotation is still stuck");
      } finally {
        await harness.close();
      }
    });
  }

  it("InvalidEnvironment: the function logs this line and remedy", async () => {
    const world = await startWorld({ function: { ownProcess: true, environment: { PASSWORD_LENGTH: "4" } } });
    const secret = await world.addSecret();
    await secret.register();
    await secret.runStep("createSecret");
    assertRow("InvalidEnvironment", world.log);
    await world.close();
  });

  it("has no row that is neither provoked here nor listed in notProvokedHere", () => {
    const provoked = [...typicalErrors.keys(), "InvalidEnvironment", ...notProvokedHere];
    assert.deepEqual(provoked.sort(), Object.keys(remedies).sort());
  });

  it("killed: the function logs no line, status says stuck, and recover repairs the secret", async () => {
    const secret = await deployedSecret();
    const { service, fn } = secret.deployment;
    let outcome: unknown;
    service.events.once("rotationEnded", (ended) => {
      outcome = ended.failure;
    });
    service.setHooks({
      before: ({ operation, body }) => {
        if (operation === "GetSecretValue" && body.VersionStage === "AWSPENDING") fn.kill();
      },
    });
    await secret.rotate();
    service.setHooks();

    assert.match(String(outcome), /Runtime\.ExitError.*signal: killed/);
    assert.deepEqual(secret.failures(), []);
    const inAMinute = (): Date => new Date(Date.now() + 61_000);
    assert.match((await secret.ops(["status"], { now: inAMinute })).stdout, /stuck/);
    assert.equal((await secret.ops(["recover", "--yes"])).code, 0);
    assert.equal(await secret.currentLogsIn(), true);
  });

  it("Are clients locked out? single-user: when testSecret fails, AWSCURRENT is refused until recover", async () => {
    const secret = await deployedSecret();
    await secret.rotate({ before: ({ Step }) => Step === "testSecret" });
    assert.equal(await secret.currentLogsIn(), false);
    assert.equal((await secret.ops(["recover", "--yes"])).code, 0);
    assert.equal(await secret.currentLogsIn(), true);
  });

  describe("A password has leaked", () => {
    it("single-user: after one rotation, the leaked password is refused", async () => {
      const secret = await deployedSecret();
      const { AWSCURRENT = "" } = await secret.labels();
      const leaked = await secret.password(AWSCURRENT);
      assert.equal((await secret.ops(["rotate"])).code, 0);
      assert.equal(await secret.deployment.postgres.canLogIn(secret.user, leaked), false);
    });

    it("alternating-users: the leaked password is refused after the second rotation, and the SQL ends open sessions", async () => {
      const secret = await deployedSecret();
      const { postgres } = secret.deployment;
      const admin = await giveAdministrator(secret, "alternating-users");
      await postgres.query(`GRANT pg_signal_backend TO ${admin}`);
      const { AWSCURRENT = "" } = await secret.labels();
      const leaked = await secret.password(AWSCURRENT);
      const open = await postgres.connect({ user: secret.user, password: leaked });
      open.on("error", () => undefined);

      for (const accepted of [true, false]) {
        const ran = await secret.ops(["rotate"]);
        assert.equal(ran.code, 0, ran.stdout + ran.stderr);
        assert.equal(await postgres.canLogIn(secret.user, leaked), accepted);
      }

      assert.equal((await open.query("SELECT 1")).rowCount, 1);
      const [, sql = ""] = /```sql\n(.+?)```/s.exec(runbook) ?? [];
      const session = await postgres.connect({ user: admin, password: "right" });
      await session.query(sql.replaceAll("'app", `'${secret.user}`));
      await session.end();
      await assert.rejects(open.query("SELECT 1"));
      await open.end().catch(() => undefined);
    });
  });

  it("saved queries: use only fields that the log's lines have", async () => {
    const { monitoring, fn } = await sharedDeployment();
    await deployedSecret({}, "rotated once");
    await (await deployedSecret({ port: 1, ssl: false })).rotate();
    await fn.invoke({ Check: "rotation-age" });
    const lines = monitoring.lines.flatMap(({ message }) =>
      message.startsWith("{") ? [JSON.parse(message) as Record<string, unknown>] : [],
    );
    // The age check writes these only for secrets with the stack's tags (rotation-fn/observability/rotationAge.ts).
    const known = new Set([...lines.flatMap(Object.keys), "days", "DaysSinceRotation"]);
    for (const { name, query } of insightsQueries) {
      // Lambda's own lines: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
      if (query.includes("platform.report")) continue;
      const bare = query.replace(/"[^"]*"/g, "");
      const words = new Set(bare.match(/(?<![@\w])[a-z]\w*(?!\w*\()/gi) ?? []);
      for (const language of [
        "fields",
        "filter",
        "sort",
        "limit",
        "stats",
        "by",
        "as",
        "desc",
        "asc",
        "in",
        "and",
        "or",
      ]) {
        words.delete(language);
      }
      for (const alias of bare.matchAll(/ as (\w+)/g)) words.delete(alias[1] ?? "");
      for (const word of words) assert.ok(known.has(word), `${name}: no line has ${word}`);
    }
  });
});
