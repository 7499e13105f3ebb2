import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CancelRotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { type DeployedSecret, deployedSecret } from "../proofs/world/deployedSecret";
import { functionName, topicArn } from "../proofs/world/deployment";
import { type CommandResult, runOps } from "../proofs/world/runOps";
import { remedies } from "../rotation-fn/errors";
import { alarmNames } from "./verify";

const inDays = (days: number) => () => new Date(Date.now() + days * 86_400_000);

function first(ran: CommandResult, list: string): Record<string, unknown> {
  return (ran.json()[list] as Record<string, unknown>[])[0] ?? {};
}

describe("ops status", () => {
  it("when the last rotation succeeded, shows labels, last and next rotation, and healthy", async () => {
    const secret = await deployedSecret({}, "rotated once");

    const ran = await secret.ops(["status"], { now: inDays(2) });

    assert.equal(ran.code, 0);
    const lines = ran.stdout.split("\n").map((line) => line.trim());
    const { AWSCURRENT = "", AWSPREVIOUS = "" } = await secret.labels();
    assert.equal(lines[0], `${secret.name}  healthy`);
    assert.ok(lines.includes(`AWSCURRENT     ${AWSCURRENT.slice(0, 8)}  2 days old`), ran.stdout);
    assert.ok(lines.some((line) => line.startsWith(`AWSPREVIOUS    ${AWSPREVIOUS.slice(0, 8)}`)));
    assert.match(
      ran.stdout,
      /last rotation {2}20\d\d-\d\d-\d\d \d\d:\d\d UTC, 2 days ago|last rotation .* 48 hours ago/,
    );
    assert.match(ran.stdout, /next rotation .* in 2[78] days/);
    assert.match(ran.stdout, /last error {5}none/);
  });

  it("when a rotation failed, shows stuck, the last error in the log and its remedy", async () => {
    const secret = await deployedSecret();
    await secret.put({ port: 1 }, ["AWSCURRENT"]);
    await secret.rotate();

    const ran = await secret.ops(["status", "--json"]);

    assert.equal(ran.code, 1);
    const { verdict, lastError } = first(ran, "secrets");
    assert.equal(verdict, "stuck");
    const { step, code, remedy } = lastError as Record<string, string>;
    assert.deepEqual([step, code, remedy], ["setSecret", "DatabaseUnreachable", remedies.DatabaseUnreachable]);
  });

  it("when a rotation is running, shows rotating from RotateSecret to finishSecret, also after an earlier failure", async () => {
    const secret = await deployedSecret();
    await secret.put({ port: 1 }, ["AWSCURRENT"]);
    await secret.rotate();
    await secret.put({}, ["AWSCURRENT"]);
    const seen: string[] = [];
    await secret.rotate({
      before: async ({ Step }) => {
        const ran = await secret.ops(["status", "--json"]);
        seen.push(`${Step} ${first(ran, "secrets").verdict} ${ran.code}`);
        return false;
      },
    });
    assert.deepEqual(
      seen,
      ["createSecret", "setSecret", "testSecret", "finishSecret"].map((step) => `${step} rotating 0`),
    );
  });

  it("when the next rotation is in the past, shows overdue", async () => {
    const secret = await deployedSecret({}, "rotated once");
    const ran = await secret.ops(["status"], { now: inDays(40) });
    assert.equal(ran.code, 1);
    assert.match(ran.stdout, /overdue: .*\n/);
  });

  it("reads the stack's outputs from a pipe or a file", async () => {
    const secret = await deployedSecret({}, "rotated once");
    const folder = mkdtempSync(join(tmpdir(), "outputs-"));
    writeFileSync(join(folder, "outputs.json"), secret.stackOutputs);
    try {
      const piped = await secret.ops(["status", "--json"], { stdin: secret.stackOutputs });
      const { env } = secret.deployment;
      const filed = await runOps(["status", "--json", "--stack-outputs", join(folder, "outputs.json")], env);
      for (const ran of [piped, filed]) assert.equal(first(ran, "secrets").arn, secret.arn);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("when there is no endpoint for the log, shows why the log was not read", async () => {
    const secret = await deployedSecret({}, "rotated once");
    const ran = await secret.ops(["status"], { env: { AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: "" } });
    assert.equal(ran.code, 0);
    assert.match(ran.stdout, /last error {5}not looked up/);
  });

  it("when the secret has no rotation function, does not blame the endpoint of the log", async () => {
    const secret = await deployedSecret({}, "none");
    const ran = await secret.ops(["status"]);
    assert.match(ran.stdout, /last error {5}not looked up: .*no rotation function/);
  });

  it("reads no value of any secret", async () => {
    const secret = await deployedSecret({}, "rotated once");
    const before = secret.deployment.service.calls.length;
    await secret.ops(["status"]);
    const operations = secret.deployment.service.calls.slice(before);
    assert.deepEqual([...new Set(operations)].sort(), ["DescribeSecret", "ListSecretVersionIds"]);
  });

  it("when the secret does not exist, shows the remedy of SecretNotFound", async () => {
    const { deployment } = await deployedSecret();
    const ran = await runOps(["status", "--secret", "no/such"], deployment.env);
    assert.equal(ran.code, 1);
    assert.ok(ran.stderr.includes(remedies.SecretNotFound));
  });
});

describe("ops for a secret whose rotation is off", () => {
  it("status and verify do not say that it was never rotated, because Secrets Manager hides the date", async () => {
    const secret = await deployedSecret({}, "rotated once");
    await secret.deployment.client.send(new CancelRotateSecretCommand({ SecretId: secret.arn }));
    assert.match((await secret.ops(["status"])).stdout, /last rotation +not known: rotation is off/);
    const other = await deployedSecret({}, "rotated once");
    const { stdout } = await secret.ops(["status", "--secret", other.arn]);
    assert.match(stdout, new RegExp(`${secret.name} +rotation off +- `));
    const verified = (await secret.ops(["verify"])).stdout;
    assert.match(verified, /not checked .*a rotation has succeeded: rotation is off/);
    assert.match(verified, /failed .*rotation is configured: rotation is off/);
  });
});

describe("ops: --secret", () => {
  it("when it is empty, as a variable that is not set, exits 2", async () => {
    const { deployment } = await deployedSecret();
    const ran = await runOps(["status", "--secret", ""], deployment.env);
    assert.deepEqual([ran.code, /the name of a secret is empty/.test(ran.stderr)], [2, true]);
  });

  it("when it names one secret twice, also by name and ARN, rotates it once", async () => {
    const secret = await deployedSecret();
    const twice = ["--secret", secret.name, "--secret", secret.arn, "--secret", secret.arn];
    const ran = await runOps(["rotate", "--json", ...twice], secret.deployment.env);
    assert.equal((ran.json().rotations as unknown[]).length, 1);
  });
});

describe("ops rotate", () => {
  it("waits until AWSCURRENT has moved, and shows the four steps with their durations", async () => {
    const secret = await deployedSecret();
    const { AWSCURRENT: before } = await secret.labels();

    const ran = await secret.ops(["rotate", "--json"]);

    assert.equal(ran.code, 0, ran.stderr);
    const { AWSCURRENT: after } = await secret.labels();
    assert.notEqual(after, before);
    assert.equal(first(ran, "rotations").version, after);
    for (const step of ["createSecret", "setSecret", "testSecret"]) {
      assert.match(ran.stderr, new RegExp(`${step} +\\d+ ms`));
    }
    assert.equal(await secret.currentLogsIn(), true);
  });

  it("when reads lag behind RotateSecret, waits", async () => {
    const secret = await deployedSecret();
    const { service } = secret.deployment;
    service.setRules({ readLagMs: 100 });
    try {
      const ran = await secret.ops(["rotate"]);
      assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    } finally {
      service.setRules();
    }
    assert.equal(await secret.currentLogsIn(), true);
  });

  it("when the secret cannot be read any more, reports that the rotation was started, and its version", async () => {
    const secret = await deployedSecret();
    const { service } = secret.deployment;
    let started = false;
    service.setHooks({
      before: ({ operation, body }) => {
        if (body.SecretId !== secret.arn) return undefined;
        started ||= operation === "RotateSecret";
        return started && operation === "ListSecretVersionIds"
          ? { kind: "error", type: "AccessDeniedException", message: "not authorized" }
          : undefined;
      },
    });
    try {
      const ran = await secret.ops(["rotate", "--json"]);
      assert.equal(ran.code, 1);
      const [rotation] = (ran.json().rotations ?? []) as { version: string; trouble: Record<string, string> }[];
      assert.match(rotation?.version ?? "", /^[\da-f-]{36}$/);
      assert.match(rotation?.trouble.what ?? "", /^the rotation was started, and cannot be followed: .*not authorized/);
      assert.match(rotation?.trouble.remedy ?? "", /npm run ops -- status/);
    } finally {
      service.setHooks();
    }
  });

  it("when a value is stored during the rotation, reports that it lost AWSPENDING, and names recover", async () => {
    const secret = await deployedSecret();
    secret.deployment.faults = {
      after: async ({ Step }) => {
        if (Step === "createSecret") await secret.put({ note: "edited" }, ["AWSCURRENT"]);
        return false;
      },
    };
    const ran = await secret.ops(["rotate"]);
    secret.deployment.faults = {};
    assert.equal(ran.code, 1);
    assert.match(ran.stdout, /lost AWSPENDING.*\nClients may be refused.*\n.*npm run ops -- recover/);
  });

  it("when a step fails, shows the step, the cause and the remedy", async () => {
    const secret = await deployedSecret();
    await secret.put({ port: 1 }, ["AWSCURRENT"]);

    const ran = await secret.ops(["rotate"]);

    assert.equal(ran.code, 1);
    assert.match(ran.stdout, /setSecret DatabaseUnreachable failed .*ECONNREFUSED/);
    assert.ok(ran.stdout.includes(`what to do  ${remedies.DatabaseUnreachable}`));
  });

  it("when there is no log, reports what it saw, and what this machine meets", async () => {
    const secret = await deployedSecret();
    await secret.put({ port: 1 }, ["AWSCURRENT"]);

    const ran = await secret.ops(["rotate", "--timeout", "1s"], { env: { AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: "" } });

    assert.equal(ran.code, 1);
    assert.match(
      ran.stdout,
      /not complete {2}AWSCURRENT has not moved within 1 s; completed steps: createSecret\. A login from this machine fails with DatabaseUnreachable: /,
    );
  });

  it("when the secret is stuck, names recover", async () => {
    const secret = await deployedSecret();
    await secret.rotate({ after: ({ Step }) => Step === "createSecret" });
    const ran = await secret.ops(["rotate"]);
    assert.equal(ran.code, 1);
    assert.match(ran.stdout, /a previous rotation isn't complete\n.*npm run ops -- recover/);
  });

  it("when the secret has no rotation function, shows the remedy", async () => {
    const secret = await deployedSecret({}, "none");
    const ran = await secret.ops(["rotate"]);
    assert.equal(ran.code, 1);
    assert.ok(ran.stdout.includes(remedies.RotationDisabled));
  });
});

describe("ops verify", () => {
  async function verified(secret: DeployedSecret): Promise<{ ran: CommandResult; outcomes: Record<string, string> }> {
    const ran = await secret.ops(["verify", "--json"], { stdin: secret.stackOutputs });
    const checks = ran.json().checks as { name: string; outcome: string }[];
    return {
      ran,
      outcomes: Object.fromEntries(checks.map(({ name, outcome }) => [name.replace(/^.*: /, ""), outcome])),
    };
  }
  const alarms = alarmNames.map((end) => ({
    ...{ AlarmName: `${functionName}-${end}`, ActionsEnabled: true, AlarmActions: [topicArn], StateValue: "OK" },
  }));

  it("when the secret was rotated, its alarms exist and the topic has a subscriber, every check passes", async () => {
    const secret = await deployedSecret({}, "rotated once");
    const { monitoring } = secret.deployment;
    monitoring.alarms = alarms;
    monitoring.topic = { confirmed: 1, pending: 0 };

    const { ran, outcomes } = await verified(secret);

    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(new Set(Object.values(outcomes)), new Set(["held"]));
    assert.equal(Object.keys(outcomes).length, 6);
  });

  it("when another function's name begins with the name of this one, ignores its alarms", async () => {
    const secret = await deployedSecret({}, "rotated once");
    const { monitoring } = secret.deployment;
    const other = { AlarmName: `${functionName}-eu-errors`, ActionsEnabled: true, AlarmActions: [], StateValue: "OK" };
    monitoring.alarms = [...alarms, other];
    assert.equal((await verified(secret)).outcomes["alarms exist and are on"], "held");
  });

  it("when no rotation has succeeded, an alarm is missing and the topic has no subscriber, these checks fail", async () => {
    const secret = await deployedSecret();
    const { monitoring } = secret.deployment;
    monitoring.alarms = alarms.slice(1);
    monitoring.topic = { confirmed: 0, pending: 1 };

    const { ran, outcomes } = await verified(secret);

    assert.equal(ran.code, 1);
    assert.equal(outcomes["a rotation has succeeded"], "failed");
    assert.equal(outcomes["alarms exist and are on"], "failed");
    assert.equal(outcomes["the alarms' topic has a subscriber"], "failed");
    assert.equal(outcomes["AWSCURRENT logs in"], "held");
    assert.match(ran.stderr, /missing: errors/);
  });

  it("when the password is refused, the login check fails; when the database is unreachable, it is skipped", async () => {
    const refused = await deployedSecret({}, "rotated once");
    await refused.setPassword("something-else");
    const unreachable = await deployedSecret({ port: 1 });

    assert.equal((await verified(refused)).outcomes["AWSCURRENT logs in"], "failed");
    assert.equal((await verified(unreachable)).outcomes["AWSCURRENT logs in"], "skipped");
  });
});

describe("ops logs", () => {
  it("prints the log lines of the secret, and the remedies of failures", async () => {
    const secret = await deployedSecret();
    const other = await deployedSecret({}, "rotated once");
    await secret.put({ port: 1 }, ["AWSCURRENT"]);
    const token = await secret.rotate();

    const ran = await secret.ops(["logs"]);

    assert.equal(ran.code, 0);
    assert.match(ran.stdout, new RegExp(`${secret.name} ${token.slice(0, 8)} {2}createSecret done \\d+ ms`));
    assert.match(ran.stdout, /setSecret DatabaseUnreachable: /);
    assert.ok(ran.stdout.includes(remedies.DatabaseUnreachable));
    assert.ok(!ran.stdout.includes(other.name), "another secret's lines");
  });

  it("when the first of several secrets has no rotation function, prints the lines of the others", async () => {
    const [without, secret] = [await deployedSecret({}, "none"), await deployedSecret({}, "rotated once")];
    const ran = await runOps(["logs", "--secret", without.arn, "--secret", secret.arn], secret.deployment.env);
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, new RegExp(`${secret.name} .*finishSecret done`));
  });

  it("when there is no log to read, fails", async () => {
    const secret = await deployedSecret();
    const ran = await secret.ops(["logs"], { env: { AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: "" } });
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /AWS_ENDPOINT_URL_CLOUDWATCH_LOGS/);
  });
});

describe("npm run ops", () => {
  const invalidArguments: [string[], RegExp][] = [
    [[], /a command is missing/],
    [["rotat"], /there is no command rotat/],
    [["status", "--yes", "--secret", "a"], /status takes no --yes/],
    [["status", "app"], /name secrets with --secret/],
    [["rotate", "--timeout", "soon", "--secret", "a"], /--timeout takes a time/],
    [["status", "--nonsense"], /Unknown option '--nonsense'/],
    [["status"], /name a secret with --secret, or pass the stack's outputs\nTry npm run ops -- status --help\n$/],
    [["status", "--stack-outputs", "/nowhere"], /ENOENT.*: run `npx pulumi stack output --json > \/nowhere`/],
  ];
  for (const [args, pattern] of invalidArguments) {
    it(`when the arguments are "${args.join(" ")}", exits 2 and names the error`, async () => {
      const ran = await runOps(args, {});
      assert.equal(ran.code, 2);
      assert.match(ran.stderr, pattern);
    });
  }

  it("when the outputs are not JSON, names the command that prints them", async () => {
    const ran = await runOps(["status"], {}, { stdin: "no stack selected" });
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /are not JSON: pass what `npx pulumi stack output --json` prints/);
  });

  it("when the outputs are those of another stack, fails", async () => {
    const ran = await runOps(["status"], {}, { stdin: '{"bucketName":"x"}' });
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /not those of such a stack \(missing or invalid: secretArns\)/);
  });

  it("prints help for itself and for each command", async () => {
    assert.match((await runOps(["--help"], {})).stdout, /commands:\n {2}status/);
    for (const command of ["status", "rotate", "verify", "recover", "logs"]) {
      const ran = await runOps([command, "--help"], {});
      assert.equal(ran.code, 0);
      assert.match(ran.stdout, new RegExp(`usage: npm run ops -- ${command}`));
    }
  });

  it("when run as a process without a terminal, prints plain text and JSON last, and sets the exit code", async () => {
    const secret = await deployedSecret({}, "rotated once");
    const { SECRETS_MANAGER_ENDPOINT = "" } = secret.deployment.env;
    const env = { ...process.env, SECRETS_MANAGER_ENDPOINT };
    // The emulator runs in this process, which must not block while the other process uses it.
    const child = spawn(
      process.execPath,
      ["--import", "tsx", join(__dirname, "main.ts"), "status", "--json", "--secret", secret.name],
      {
        env: env,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "").secrets[0].name, secret.name);
  });
});
