import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { startRogueServer } from "../emulators/postgres/rogueServer";
import { typed } from "../emulators/postgres/wire/messages";
import { deployedSecret } from "../proofs/world/deployedSecret";
import { type CommandResult, runOps } from "../proofs/world/runOps";
import { freshLogin, freshRole, sharedPostgres } from "../proofs/world/sharedPostgres";

/** Sets the window's title, clears the screen, forges a line (also with C1 characters), and reorders text. */
const untrustedText = "\u001b]0;owned\u0007\u001b[2J\r\n\u009b2Jforged\u202e\u2028line\u0000";
const long = "x".repeat(5_000_000);

/** All control characters except the ends of the program's own lines. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern looks for them
const controlCharacters = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

function assertClean(ran: CommandResult, texts: readonly string[] = ["owned"]): void {
  for (const [name, text] of Object.entries({ stdout: ran.stdout, stderr: ran.stderr })) {
    assert.doesNotMatch(text, controlCharacters, `${name}: ${JSON.stringify(text.slice(0, 500))}`);
    assert.doesNotMatch(text, /^.?2Jforged/m, `a forged line on ${name}`);
    assert.ok(text.length < 50_000, `${text.length} characters on ${name}`);
  }
  for (const text of texts) assert.ok((ran.stdout + ran.stderr).includes(text), `${text}: ${ran.stdout}${ran.stderr}`);
  for (const value of strings(ran.stdout.startsWith("{") ? ran.json() : {}))
    assert.doesNotMatch(value, controlCharacters);
}

function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [key, ...strings(each)]);
}

describe("untrusted text in the output of the commands", () => {
  /** A Secrets Manager that gives each request the same answer. */
  let answer: { status: number; body: object };
  let server: Server;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    server = createServer((request, response) => {
      request.resume().on("end", () => response.writeHead(answer.status).end(JSON.stringify(answer.body)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    env = { SECRETS_MANAGER_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  });
  after(() => server.close());

  for (const args of [[], ["--json"]]) {
    const format = args.join(" ") || "for people";

    it(`ops logs prints it without control characters, ${format}`, async () => {
      const secret = await deployedSecret();
      const { lines } = secret.deployment.monitoring;
      const about = { secret: secret.arn, level: "ERROR", outcome: "failed", step: "setSecret" };
      const at = lines.length;
      lines.push(
        {
          timestamp: Date.now(),
          message: JSON.stringify({
            ...about,
            message: untrustedText,
            what: `${untrustedText}${long}`,
            remedy: untrustedText,
            code: untrustedText,
          }),
        },
        { timestamp: Date.now(), message: `Task timed out ${untrustedText}${long}` },
        {
          timestamp: Date.now(),
          message: JSON.stringify({
            ...about,
            level: "INFO",
            outcome: "done",
            message: `[ROTATION] ${untrustedText}`,
            token: untrustedText,
          }),
        },
      );
      try {
        const ran = await secret.ops(["logs", ...args]);
        assert.equal(ran.code, 0);
        assertClean(ran, ["owned", "500", "Task timed out"]);
      } finally {
        lines.splice(at);
      }
    });

    it(`ops status prints it without control characters, ${format}`, async () => {
      answer = {
        status: 200,
        body: {
          ...{
            ARN: `arn:${untrustedText}`,
            Name: untrustedText,
            RotationEnabled: false,
            RotationLambdaARN: `arn:aws:lambda:a:b:c:d:${untrustedText}`,
          },
          ...{ VersionIdsToStages: { [untrustedText]: ["AWSCURRENT", untrustedText] }, Versions: [], Tags: [] },
        },
      };
      assertClean(await runOps(["status", "--secret", "a", ...args], env));
      assertClean(await runOps(["status", "--secret", "a", "--secret", "b", ...args], env));
    });

    it(`ops status: when it is in the last error, prints it without control characters, ${format}`, async () => {
      const secret = await deployedSecret({}, "rotated once");
      const { lines } = secret.deployment.monitoring;
      const failure = {
        secret: secret.arn,
        level: "ERROR",
        outcome: "failed",
        what: `${untrustedText}${long}`,
        remedy: untrustedText,
      };
      lines.push({ timestamp: Date.now() + 60_000, message: JSON.stringify(failure) });
      try {
        assertClean(await secret.ops(["status", ...args]));
      } finally {
        lines.pop();
      }
    });

    for (const command of ["status", "rotate", "recover", "verify", "preflight", "logs"]) {
      it(`ops ${command}: when it is in Secrets Manager's error, prints it without control characters, ${format}`, async () => {
        answer = { status: 400, body: { __type: "AccessDeniedException", message: `${untrustedText}${long}` } };
        const logs = { AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: env.SECRETS_MANAGER_ENDPOINT };
        assertClean(await runOps([command, "--secret", "a", ...args], { ...env, ...logs }));
      });
    }

    for (const command of ["rotate", "recover", "verify", "preflight"]) {
      it(`ops ${command}: when it is in the database's error, prints it without control characters, ${format}`, async () => {
        const { authority } = await sharedPostgres();
        const refusal = Buffer.from(`SFATAL\0C57P03\0M${untrustedText.replace("\0", "")}${long.slice(0, 50_000)}\0\0`);
        const server = await startRogueServer({
          certificate: await authority.issue({ hostnames: ["localhost"] }),
          answer: () => typed("E", refusal),
        });
        try {
          const secret = await deployedSecret();
          await secret.put({ port: server.port }, ["AWSCURRENT"]);
          const more = { recover: ["--yes"], rotate: ["--timeout", "5s"] }[command] ?? [];
          assertClean(await secret.ops([command, ...more, ...args]));
        } finally {
          await server.close();
        }
      });
    }

    it(`preflight: when it is in the names of roles, prints it without control characters, ${format}`, async () => {
      const login = await freshLogin();
      const admin = await freshRole(login.postgres, "CREATEROLE");
      const { host, port, query } = login.postgres;
      const role = `"${login.user}${untrustedText.replace("\0", "")}"`;
      const clone = `${login.user}_clone`;
      await query(`CREATE ROLE ${role}; CREATE ROLE ${clone}; GRANT ${role}, ${login.user} TO ${clone};
        GRANT ${login.user}, ${clone} TO ${admin.username} WITH ADMIN OPTION`);
      const where = ["--host", host, "--port", String(port), "--username", login.user, "--dbname", login.database];
      const who = ["--strategy", "alternating-users", "--admin", admin.username];
      const ran = await runOps(["preflight", ...where, ...who, ...args], { ADMIN_PASSWORD: admin.password });
      assertClean(ran, ["is a member of other roles", "owned"]);
    });
  }

  it("when it is given as the name of a secret, the command refuses it", async () => {
    const ran = await runOps(["status", "--secret", untrustedText], {});
    assert.equal(ran.code, 2);
    assertClean(ran, ["is not a valid name of a secret"]);
  });
});
