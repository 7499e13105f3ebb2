import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../build/bundle";
import { insightsQueries } from "../components/insights";
import { startLambda } from "../emulators/lambda/lambda";
import { provocations } from "../proofs/failures/provocations";
import { functionArn, functionName, sharedDeployment } from "../proofs/world/deployment";
import { rotatedSecret } from "../proofs/world/rotatedSecret";
import { type ErrorCode, remedies } from "../rotation-fn/errors";

const runbook = readFileSync(join(__dirname, "../docs/runbook.md"), "utf8");

interface Row {
  readonly code: string;
  readonly log: string;
  readonly remedy: string;
  readonly command: string;
}

const rows: Row[] = runbook
  .split("\n")
  .filter((line) => /^\| `[A-Z]\w+` \|/.test(line))
  .map((line) => {
    const [code = "", log = "", , remedy = "", command = ""] = line.slice(2, -2).split(" | ");
    const bare = (cell: string): string => cell.replace(/^`+|`+$/g, "");
    return { code: bare(code), log: bare(log), remedy, command: bare(command) };
  });

function rowOf(code: string): Row {
  const row = rows.find((each) => each.code === code);
  assert.ok(row, `the runbook has no row for ${code}`);
  return row;
}

/** The runbook's log line, in which `<…>` stands for anything, as a pattern. */
function pattern(log: string): RegExp {
  const parts = log.split(/<[^>]+>/).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".+?")}`);
}

/** What no test of this file brings about; each is provoked where its own part is tested, or can't be at all. */
const notProvokedHere: readonly ErrorCode[] = [
  "InconsistentReads",
  "RoleMissing",
  "TargetMismatch",
  "RoleRefused",
  "SecondLoginLeft",
  "ActsAsAnother",
  "AnswerTooLarge",
  "PasswordTracked",
  "PasswordRejected",
  "InternalError",
];

describe("the runbook", () => {
  it("has one row for every failure of the catalogue, with its remedy in the same words", () => {
    assert.deepEqual(rows.map(({ code }) => code).sort(), Object.keys(remedies).sort());
    for (const { code, remedy } of rows) assert.equal(remedy, remedies[code as ErrorCode], code);
  });

  it("lists the queries as they are saved", () => {
    for (const { name, question, query } of insightsQueries) {
      assert.ok(runbook.includes(`**${name}**: ${question}\n\n\`\`\`\n${query}\n\`\`\``), name);
    }
  });

  it("names only commands that exist", () => {
    for (const [, command = ""] of runbook.matchAll(/npm run ops -- (\w+)/g)) {
      assert.match(command, /^(status|rotate|verify|recover|logs)$/);
    }
  });

  for (const { code, provoke } of provocations) {
    it(`is right about ${code}: log line, remedy, and the command that mends it`, async () => {
      const secret = await rotatedSecret();
      const { lines } = secret.deployment.monitoring;
      const from = lines.length;

      const mend = await provoke(secret);

      const failure = lines
        .slice(from)
        .filter(({ message }) => message.startsWith("{"))
        .map(({ message }) => JSON.parse(message) as Record<string, unknown>)
        .find(({ outcome }) => outcome === "failed");
      const row = rowOf(code);
      assert.equal(failure?.code, code);
      assert.equal(failure.remedy, row.remedy);
      assert.match(String(failure.what), pattern(row.log));

      await mend();
      const [, command = ""] = /^npm run ops -- (\w+)$/.exec(row.command) ?? [];
      const ran = await secret.ops([command, ...(command === "recover" ? ["--yes"] : [])]);
      // `status` mends nothing: there is nothing to mend.
      if (command !== "status") assert.equal(ran.code, 0, ran.stdout + ran.stderr);
      assert.equal(await secret.currentLogsIn(), true);
      const { AWSPENDING, AWSCURRENT } = await secret.labels();
      assert.ok(AWSPENDING === undefined || AWSPENDING === AWSCURRENT, "the rotation is still stuck");
    });
  }

  const limited: [ErrorCode, NodeJS.Dict<string>, seconds: number][] = [
    ["InvalidEnvironment", { PASSWORD_LENGTH: "4" }, 15],
    ["TimeLimit", {}, 1.55],
  ];
  for (const [code, environment, timeoutSeconds] of limited) {
    it(`is right about ${code}: log line and remedy`, async () => {
      const { service, postgres } = await sharedDeployment();
      const lambda = startLambda({
        ...{ files: { "index.js": bundle(), "trust.pem": postgres.ca }, handler: "index.handler", timeoutSeconds },
        environment: { SECRETS_MANAGER_ENDPOINT: service.endpoint, ...environment },
        ...{ functionName, functionArn, memorySize: 256 },
      });
      service.setHooks({ before: () => new Promise<void>((resolve) => setTimeout(resolve, 200)) });
      try {
        const event = { Step: "createSecret", SecretId: "app", ClientRequestToken: "0".repeat(32) };
        const { log } = await lambda.invoke(event);
        const failure = log
          .filter((line) => line.startsWith("{"))
          .map((line) => JSON.parse(line))
          .find(({ outcome }) => outcome === "failed");
        assert.equal(failure.code, code);
        assert.equal(failure.remedy, rowOf(code).remedy);
        assert.match(failure.what, pattern(rowOf(code).log));
      } finally {
        service.setHooks();
        await lambda.stop();
      }
    });
  }

  it("says which rows no test has provoked", () => {
    const provoked = [...provocations.map(({ code }) => code), ...limited.map(([code]) => code)];
    assert.deepEqual([...provoked, ...notProvokedHere].sort(), Object.keys(remedies).sort());
  });

  it("is right about a function that is killed: no line of its own, stuck, and recover mends it", async () => {
    const secret = await rotatedSecret();
    const { service, lambda } = secret.deployment;
    let outcome: unknown;
    service.events.once("rotationEnded", (ended) => {
      outcome = ended.failure;
    });
    service.setHooks({
      before: ({ operation, body }) => {
        if (operation === "GetSecretValue" && body.VersionStage === "AWSPENDING") lambda.kill();
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

  it("asks the log only for fields that its lines have", async () => {
    const { monitoring, lambda } = await sharedDeployment();
    await rotatedSecret({}, "rotated once");
    await (await rotatedSecret({ port: 1, ssl: false })).rotate();
    await lambda.invoke({ Check: "rotation-age" });
    const lines = monitoring.lines.flatMap(({ message }) =>
      message.startsWith("{") ? [JSON.parse(message) as Record<string, unknown>] : [],
    );
    // Written by the look at all ages only for a secret that is overdue (rotation-fn/rotationAge.ts).
    const known = new Set([...lines.flatMap(Object.keys), "days"]);
    for (const { name, query } of insightsQueries) {
      // Lambda's own lines: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
      if (query.includes("platform.report")) continue;
      const bare = query.replace(/"[^"]*"/g, "");
      const words = new Set(bare.match(/(?<![@\w])[a-z]\w*(?!\w*\()/gi) ?? []);
      for (const language of ["fields", "filter", "sort", "limit", "stats", "by", "as", "desc", "asc", "in", "and"]) {
        words.delete(language);
      }
      for (const alias of bare.matchAll(/ as (\w+)/g)) words.delete(alias[1] ?? "");
      for (const word of words) assert.ok(known.has(word), `${name}: no line has ${word}`);
    }
  });
});
