import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CancelRotateSecretCommand, CreateSecretCommand, RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { type DeployedSecret, deployedSecret } from "../proofs/world/deployedSecret";
import { type CommandResult, runOps } from "../proofs/world/runOps";
import { remedies } from "../rotation-fn/errors";

/** Runs the command for several secrets. */
function runFor(
  command: string,
  secrets: readonly (DeployedSecret | string)[],
  ...more: string[]
): Promise<CommandResult> {
  const ids = secrets.map((secret) => (typeof secret === "string" ? secret : secret.arn));
  const { deployment } = secrets.find((secret) => typeof secret !== "string") as DeployedSecret;
  return runOps([command, ...ids.flatMap((id) => ["--secret", id]), ...more], deployment.env);
}

describe("ops status of several secrets", () => {
  it("prints one line for each, those that need action first, with the cause", async () => {
    const healthy = await deployedSecret({}, "rotated once");
    const stuck = await deployedSecret();
    await stuck.put({ port: 1 }, ["AWSCURRENT"]);
    await stuck.rotate();

    const ran = await runFor("status", [healthy, stuck]);

    assert.equal(ran.code, 1);
    const [heading = "", first = "", second = ""] = ran.stdout.split("\n");
    assert.match(heading, /^secret +last rotation +next$/);
    assert.match(first, new RegExp(`^${stuck.name} +stuck +never .*setSecret DatabaseUnreachable: `));
    assert.match(second, new RegExp(`^${healthy.name} +healthy +\\d+ s ago +in \\d+ days$`));
    assert.match(ran.stdout, /1 of 2 need action\. Details: --secret <name>\n$/);
  });

  it("when one secret cannot be read, shows its remedy and the other secrets", async () => {
    const healthy = await deployedSecret({}, "rotated once");

    const ran = await runFor("status", ["no/such", healthy], "--json");

    assert.equal(ran.code, 1);
    const secrets = ran.json().secrets as Record<string, unknown>[];
    assert.deepEqual(
      secrets.map(({ name, verdict, remedy }) => [name, verdict, remedy]),
      [
        ["no/such", "unreadable", remedies.SecretNotFound],
        [healthy.name, "healthy", undefined],
      ],
    );
    assert.match(ran.stderr, /^no\/such +unreadable +- +- +.*ResourceNotFoundException/m);
  });

  it("when no secret can be read, fails", async () => {
    const { deployment } = await deployedSecret();
    const ran = await runOps(["status", "--secret", "no/such", "--secret", "nor/this"], deployment.env);
    assert.equal(ran.code, 1);
    assert.ok(ran.stderr.includes(remedies.SecretNotFound));
    assert.equal(ran.stdout, "");
  });

  it("when --secret names one of the stack's secrets, shows its details", async () => {
    const secret = await deployedSecret({}, "rotated once");
    const other = await deployedSecret();
    const folder = mkdtempSync(join(tmpdir(), "outputs-"));
    const file = join(folder, "outputs.json");
    writeFileSync(file, JSON.stringify({ secretArns: [other.arn, secret.arn] }));
    const ran = await runOps(["status", "--stack-outputs", file, "--secret", secret.name], secret.deployment.env);
    rmSync(folder, { recursive: true });
    assert.ok(!ran.stdout.includes(other.name));
    assert.match(ran.stdout, /^ {2}AWSCURRENT /m);
  });

  it("when rotation is off, prints a command that turns it on without rotating", async () => {
    const secret = await deployedSecret({}, "rotated once");
    const { client } = secret.deployment;
    await client.send(new CancelRotateSecretCommand({ SecretId: secret.arn }));
    const other = await deployedSecret({}, "rotated once");

    for (const ran of [await secret.ops(["status"]), await runFor("status", [secret, other])]) {
      assert.equal(ran.code, 1);
      const command = `aws secretsmanager rotate-secret --secret-id ${secret.name} --no-rotate-immediately`;
      assert.ok(ran.stdout.includes(command), ran.stdout);
    }

    // The call of that command.
    const { AWSCURRENT } = await secret.labels();
    await client.send(new RotateSecretCommand({ SecretId: secret.name, RotateImmediately: false }));
    await secret.deployment.service.rotationFinished(secret.arn);
    assert.equal((await secret.labels()).AWSCURRENT, AWSCURRENT);
    assert.equal((await secret.ops(["status"])).code, 0);
  });
});

describe("ops for forty secrets", () => {
  it("status: one table, one line each, the one that needs action first, and one that cannot be read", async () => {
    const secret = await deployedSecret({}, "rotated once");
    const { client } = secret.deployment;
    const names = Array.from({ length: 38 }, (_, index) => `forty/${secret.user}/${index}`);
    for (const Name of names) await client.send(new CreateSecretCommand({ Name, SecretString: "{}" }));

    const ran = await runFor("status", [secret, ...names, "no/such"], "--json");

    const lines = ran.stderr.split("\n");
    assert.equal(lines.filter((line) => /^(forty|no|ananta)\//.test(line)).length, 40);
    assert.match(lines[40] ?? "", new RegExp(`^${secret.name} +healthy`));
    assert.ok(lines.slice(1, 40).some((line) => /^no\/such +unreadable/.test(line)));
    assert.match(ran.stderr, /39 of 40 need action\./);
    const verdicts = (ran.json().secrets as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(verdicts, [secret.name, ...names, "no/such"]);
  });

  it("rotate: when one cannot be read, shows its remedy and rotates the others", async () => {
    const [one, two] = [await deployedSecret(), await deployedSecret()];
    const before = await Promise.all([one.labels(), two.labels()]);
    const ran = await runFor("rotate", [one, "no/such", two]);
    assert.equal(ran.code, 1);
    assert.match(
      ran.stdout,
      /^no\/such {2}unreadable: .*ResourceNotFoundException.*\nwhat to do {2}Check the secret's name/m,
    );
    const after = await Promise.all([one.labels(), two.labels()]);
    for (const [index, labels] of after.entries()) assert.equal(labels.AWSPREVIOUS, before[index]?.AWSCURRENT);
  });

  it("recover: when one cannot be read, shows its remedy and repairs the others", async () => {
    const stuck = await deployedSecret();
    await stuck.rotate({ after: ({ Step }) => Step === "setSecret" });
    const ran = await runFor("recover", ["no/such", stuck], "--yes");
    assert.equal(ran.code, 1);
    assert.match(ran.stdout, /^no\/such {2}unreadable: .*\nwhat to do {2}Check the secret's name/m);
    assert.equal(await stuck.currentLogsIn(), true);
  });

  it("logs: when one cannot be read, shows its remedy and the lines of the others", async () => {
    const secret = await deployedSecret({}, "rotated once");
    const ran = await runFor("logs", ["no/such", secret]);
    assert.equal(ran.code, 0);
    assert.match(ran.stdout, /^no\/such {2}unreadable: /m);
    assert.match(ran.stdout, /finishSecret done/);
  });
});

describe("ops preflight of several secrets", () => {
  it("prints one line for each, those that will not rotate first, and exits 1", async () => {
    const ready = await deployedSecret({}, "none");
    const unreachable = await deployedSecret({ port: 1 }, "none");

    const ran = await runFor("preflight", [ready, unreachable]);

    assert.equal(ran.code, 1);
    const [progress, first = "", second = ""] = ran.stdout.split("\n");
    assert.equal(progress, "✔ Databases checked  2 of 2");
    assert.match(first, new RegExp(`^no +${unreachable.name} +login: .*ECONNREFUSED`));
    assert.match(second, new RegExp(`^ok +${ready.name} +${ready.user}@localhost:`));
    assert.match(ran.stdout, /Rotation will work for 1 of 2\. All findings of one: --secret <name>\n$/);
  });

  it("reads the stack's outputs from a pipe, and prints each secret's findings with --json", async () => {
    const [one, two] = [await deployedSecret({}, "none"), await deployedSecret({}, "none")];
    const stdin = JSON.stringify({
      secretArns: [one.arn, two.arn, "arn:aws:secretsmanager:us-east-1:1:secret:no/such-AbCdEf"],
    });

    const ran = await runOps(["preflight", "--json"], one.deployment.env, { stdin });

    assert.equal(ran.code, 1);
    const secrets = ran.json().secrets as { secret: string; ok: boolean; findings: { check: string }[] }[];
    assert.deepEqual(
      secrets.map(({ secret, ok }) => [secret, ok]),
      [
        [one.arn, true],
        [two.arn, true],
        ["arn:aws:secretsmanager:us-east-1:1:secret:no/such-AbCdEf", false],
      ],
    );
    assert.ok(secrets[0]?.findings.some(({ check }) => check === "TLS"));
  });

  it("when there is one secret, prints all findings", async () => {
    const secret = await deployedSecret({}, "none");
    const ran = await secret.ops(["preflight", "--json"]);
    assert.equal(ran.code, 0, ran.stderr);
    const { ok, findings } = ran.json() as { ok: boolean; findings: { check: string }[] };
    assert.equal(ok, true);
    assert.ok(findings.some(({ check }) => check === "the change, rolled back"));
    assert.match(ran.stderr, /Rotation will work\.\n$/);
  });

  it("when both a secret and a host are given, exits 2", async () => {
    const ran = await runOps(["preflight", "--secret", "a", "--host", "h", "--username", "u"], {});
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /give either --secret or --host/);
  });
});
