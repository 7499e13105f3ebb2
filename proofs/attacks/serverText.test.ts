import assert from "node:assert/strict";
import {
  type Answers,
  answerTo,
  proveByScram,
  type RogueServer,
  startRogueServer,
} from "../../emulators/postgres/rogueServer";
import { typed } from "../../emulators/postgres/wire/messages";
import { type DeployedSecret, deployedSecret } from "../world/deployedSecret";
import { runOps } from "../world/runOps";
import { sharedPostgres } from "../world/sharedPostgres";
import { type RogueWorld, startRogueWorld } from "./rogueWorld";
import { target, withAdministrator } from "./target";
import { sharedWorld } from "./world";

/** Changes the title of a terminal, clears it, forges a line of the log, and reverses the reading direction. */
const forgedText = `\u001b]0;owned\u0007\u001b[2J\u009b2J\r\n{"level":"INFO","message":"[ROTATION] setSecret done"}\u2028\u202e\u2066\ufeff`;
const longText = `${forgedText}${"x".repeat(5_000_000)}`;

const terminator = Buffer.from([0]);
const error = (code: string, message: string, severity = "FATAL"): Buffer =>
  typed("E", `S${severity}`, `V${severity}`, `C${code}`, `M${message}`, `D${message}`, `H${message}`, terminator);

const atLogIn = (bytes: Buffer) => () => answerTo("", () => [bytes]);
const atStatement = (bytes: Buffer) => (password: () => string) =>
  proveByScram(
    password,
    answerTo("Q", () => [bytes]),
  );

const ready = typed("Z", Buffer.from("I"));
const texts: Readonly<Record<string, (password: () => string) => Answers>> = {
  "the message of an error": atLogIn(error("XX000", forgedText)),
  "the message of a refusal": atLogIn(error("28P01", forgedText)),
  "the message of a missing database": atLogIn(error("3D000", forgedText)),
  "the SQLSTATE of an error": atLogIn(error(forgedText.replace("\0", ""), "refused")),
  "a message of 5 MB": atLogIn(error("XX000", longText)),
  "a SQLSTATE of 5 MB": atLogIn(error(longText, "refused")),
  "a refusal of 5 MB": atLogIn(error("28000", longText)),
  "the message of a statement's error": atStatement(Buffer.concat([error("XX000", forgedText, "ERROR"), ready])),
  "a statement's error of 5 MB": atStatement(Buffer.concat([error("42501", longText, "ERROR"), ready])),
  "a command tag": atStatement(Buffer.concat([typed("C", forgedText), ready])),
  "a command tag of 5 MB": atStatement(Buffer.concat([typed("C", longText.replace(/\r\n/, "")), ready])),
  "the name of an authentication method": atLogIn(
    Buffer.concat([typed("R", Buffer.from([0, 0, 0, 10]), forgedText, terminator)]),
  ),
};

/** A server with a trusted certificate that refuses each login with a long, forged message. */
async function startForgingServer(): Promise<RogueServer> {
  const certificate = await (await sharedPostgres()).authority.issue({ hostnames: ["localhost"] });
  return startRogueServer({ certificate, answer: atLogIn(error("XX000", `${forgedText}${"x".repeat(100_000)}`))() });
}

/** Asserts that there is no control character, no character that reorders text, and no long line. */
function assertClean(output: string, where: string): void {
  for (const line of output.split("\n")) {
    assert.ok(line.length <= 16_384, `${where}: a line of ${line.length} characters`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the test searches for them
    const found = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/.exec(line);
    assert.ok(found === null, `${where}: ${JSON.stringify(found?.[0])} in ${JSON.stringify(line.slice(0, 300))}`);
  }
}

/** The texts in a JSON value. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

describe("attack by a server's text on the function's log", () => {
  let world: RogueWorld;

  before(async () => {
    world = await startRogueWorld();
  });
  after(() => world.close());

  for (const [what, answer] of Object.entries(texts)) {
    it(`${what}: no control characters, and no long lines`, async () => {
      const { runStep } = await world.openRotation(answer);
      const from = world.log().length;

      const result = await runStep("testSecret");

      assert.ok(!result.ok);
      assertClean(result.errorMessage, "the error");
      assert.ok(!result.errorMessage.includes("\n"), "the error has several lines");
      for (const line of world.log().slice(from)) {
        assertClean(line, "the log");
        for (const text of line.startsWith("{") ? textsIn(JSON.parse(line)) : []) {
          assertClean(text, "a field of the log");
          assert.ok(!text.includes("\n"), "a field of the log has several lines");
        }
      }
    });
  }
});

describe("attack by a server's text on the operator's commands", function () {
  this.timeout(60_000);
  let server: RogueServer;
  let secret: DeployedSecret;

  before(async () => {
    server = await startForgingServer();
    secret = await deployedSecret({ port: server.port });
    await secret.rotate();
  });
  after(() => server.close());

  for (const args of [["logs"], ["status"], ["verify"], ["recover", "--yes"], ["rotate", "--timeout", "5s"]]) {
    for (const json of [[], ["--json"]]) {
      it(`${[...args, ...json].join(" ")}: no control characters, and no long lines`, async () => {
        const { stdout, stderr } = await secret.ops([...args, ...json]);
        assertClean(stdout, "stdout");
        assertClean(stderr, "stderr");
        assert.ok(!/^\{"level":"INFO","message":"\[ROTATION\] setSecret done"\}$/m.test(stdout), "a forged line");
      });
    }
  }
});

/** @returns the output of `npm run preflight -- …` */
async function preflight(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout, stderr } = await runOps(["preflight", "--host", "localhost", ...args], env);
  return `${stdout}\n${stderr}`;
}

describe("attack by a server's text on the preflight", function () {
  this.timeout(60_000);
  before(sharedWorld);

  it("an error's message: no control characters, and no long lines", async () => {
    const server = await startForgingServer();

    const output = await preflight(["--port", String(server.port), "--username", "app"], { PGPASSWORD: "p" });

    await server.close();
    assertClean(output, "preflight");
  });

  it("roles, databases and schemas whose names are SQL or escape sequences: the printed SQL quotes them", async () => {
    const t = await target({ ...withAdministrator.alternating, user: `u${Date.now()}" TO app; --` });
    const groupName = `g${t.id}" TO app; --\u001b[2J`;
    const quoted = `"${groupName.replaceAll('"', '""')}"`;
    await t.sql(`CREATE ROLE ${quoted}; GRANT ${quoted} TO "${t.user.replaceAll('"', '""')}"; CREATE TABLE public.held (a int);
      ALTER ROLE ${t.victim} CREATEROLE;
      ALTER TABLE public.held OWNER TO ${quoted}; GRANT SELECT ON public.held TO "${t.user.replaceAll('"', '""')}"`);
    const at = ["--port", String(t.postgres.port), "--dbname", t.database, "--strategy", "alternating-users"];

    const output = await preflight([...at, "--username", t.user, "--admin", t.victim], {
      ADMIN_PASSWORD: t.victimPassword,
    });

    assertClean(output, "preflight");
    for (const name of [t.user, groupName]) {
      const bare = name.replace(/[^ -~].*$/, "");
      const sql = output.split("\n").filter((line) => /\b(GRANT|ALTER|CREATE|REVOKE|DROP|REASSIGN)\b/.test(line));
      for (const line of sql) {
        assert.ok(!line.includes(`"${bare}`), `not quoted for SQL: ${line}`);
      }
    }
  });
});
