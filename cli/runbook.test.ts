import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { insightsQueries } from "../components/insights";
import { giveAdministrator } from "../proofs/world/administrator";
import { deployedSecret } from "../proofs/world/deployedSecret";
import { sharedDeployment } from "../proofs/world/deployment";

const runbook = readFileSync(join(__dirname, "../docs/runbook.md"), "utf8");

describe("docs/runbook.md", () => {
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
