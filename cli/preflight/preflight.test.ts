import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pendingRotation } from "../../proofs/world/pendingRotation";
import { type CommandResult, runOps } from "../../proofs/world/runOps";
import { type FreshLogin, freshLogin, freshOwner } from "../../proofs/world/sharedPostgres";
import type { Finding } from "./checks";
import { regionOf } from "./databaseTrust";

/** `npm run preflight -- …`, in this process. */
const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandResult> =>
  runOps(["preflight", ...args], env);

function at({ postgres, database, user }: FreshLogin): string[] {
  const ca = join(mkdtempSync(join(tmpdir(), "ca-")), "ca.pem");
  writeFileSync(ca, postgres.ca);
  return [
    "--host",
    postgres.host,
    "--port",
    String(postgres.port),
    "--dbname",
    database,
    "--username",
    user,
    "--ca",
    ca,
  ];
}

function failedFindings({ stdout }: CommandResult): Finding[] {
  const { findings } = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as { findings: Finding[] };
  return findings.filter(({ ok }) => !ok);
}

describe("preflight", () => {
  it("when a user may change its own password, reports success and exits 0", async () => {
    const login = await freshLogin();
    const ended = await run(at(login), { PGPASSWORD: login.password });
    assert.equal(ended.code, 0, ended.stdout);
    assert.match(ended.stdout, /ok +TLS +TLSv1\.3/);
    assert.match(ended.stdout, /Rotation will work\./);
    assert.ok(!ended.stdout.includes(login.password));
  });

  it("when the --ca file does not exist, exits 2", async () => {
    const login = await freshLogin();
    const ended = await run([...at(login), "--ca", "no/such.pem"], { PGPASSWORD: login.password });
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /--ca: file no\/such\.pem does not exist/);
  });

  it("when the --ca file is DER, which the login would ignore, exits 2", async () => {
    const { postgres } = await freshLogin();
    const file = join(mkdtempSync(join(tmpdir(), "ca-")), "ca.der");
    writeFileSync(file, new X509Certificate(postgres.ca).raw);
    const ended = await run(["--host", "localhost", "--port", "1", "--username", "u", "--ca", file], {
      PGPASSWORD: "p",
    });
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /contains no certificate in PEM format/);
  });

  it("alternating-users: names each missing privilege with the SQL that grants it; after that, rotation will work", async () => {
    const login = await freshLogin();
    const admin = await freshLogin();
    const { postgres, user } = login;
    await postgres.query(`CREATE ROLE ${user}_clone LOGIN`);
    const args = [...at(login), "--strategy", "alternating-users", "--admin", admin.user, "--json"];
    const found: string[] = [];
    for (let left = 5; left > 0; left--) {
      const ended = await run(args, { ADMIN_PASSWORD: admin.password });
      const [finding] = failedFindings(ended);
      if (finding === undefined) break;
      assert.equal(ended.code, 1);
      found.push(finding.what.replace(/ \(.*/, ""));
      await postgres.query(String(finding.remedy));
    }
    const clone = `${user}_clone`;
    assert.deepEqual(found, [
      `${admin.user} does not have CREATEROLE`,
      `${admin.user} does not have ADMIN OPTION on ${user}`,
      `the role ${clone} is not a second login of ${user}: rename it, or make it one`,
      `${admin.user} does not have ADMIN OPTION on ${clone}`,
    ]);
  });

  it("rolls the change back, so that no role changes", async () => {
    const login = await freshLogin();
    const { postgres, user } = login;
    const roles = async () =>
      (await postgres.query(`SELECT rolname, rolpassword FROM pg_authid WHERE rolname LIKE '${user}%'`)).rows;
    const before = await roles();
    const { superuser, superuserPassword } = postgres;
    const args = [...at(login), "--strategy", "alternating-users", "--admin", superuser];
    assert.match((await run(args, { ADMIN_PASSWORD: superuserPassword })).stdout, /Rotation will work/);
    assert.match((await run(at(login), { PGPASSWORD: login.password })).stdout, /Rotation will work/);
    assert.deepEqual(await roles(), before);
  });

  it("when rds.restrict_password_commands is on, requires rds_password", async () => {
    const login = await freshOwner();
    const { postgres, user, database } = login;
    // As in an RDS parameter group; outside of RDS the setting has no effect.
    await postgres.query(`ALTER DATABASE ${database} SET "rds.restrict_password_commands" TO 'on'`);
    await postgres.query("DO 'BEGIN CREATE ROLE rds_password; EXCEPTION WHEN duplicate_object THEN END'");
    const runPreflight = () => run([...at(login), "--json"], { PGPASSWORD: login.password });

    const [finding] = failedFindings(await runPreflight());
    assert.deepEqual(
      [finding?.check, finding?.remedy],
      ["privilege to change the password", `GRANT rds_password TO "${user}";`],
    );
    await postgres.query(String(finding?.remedy));
    assert.deepEqual(failedFindings(await runPreflight()), []);
  });

  it("when --secret is given, reads database, user and strategy from it", async () => {
    const rotation = await pendingRotation();
    const ended = await run(["--secret", rotation.secretId], {
      SECRETS_MANAGER_ENDPOINT: rotation.service.endpoint,
      AWS_REGION: "us-east-1",
      NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
    });
    await rotation.close();
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.match(ended.stdout, new RegExp(`login +${rotation.login.user}@localhost`));
  });

  it("when the stack's outputs are given, makes the change with the settings of its function", async () => {
    const login = await freshLogin();
    const { postgres, user } = login;
    await postgres.query(`ALTER ROLE ${user} SET session_preload_libraries = 'passwordcheck'`);
    const rotation = await pendingRotation({ login });
    const lettersOnly = { PASSWORD_FORM: "plaintext", EXCLUDE_NUMBERS: "true", EXCLUDE_PUNCTUATION: "true" };
    const file = join(mkdtempSync(join(tmpdir(), "outputs-")), "outputs.json");
    writeFileSync(file, JSON.stringify({ secretArns: [rotation.secretId], functionVariables: lettersOnly }));
    const ended = await run(["--stack-outputs", file, "--json"], {
      ...{ SECRETS_MANAGER_ENDPOINT: rotation.service.endpoint, AWS_REGION: "us-east-1" },
    });
    await rotation.close();
    assert.deepEqual(
      failedFindings(ended).map(({ code }) => code),
      ["PasswordRejected"],
    );
  });

  it("when --strategy is given, it overrides the secret's tags", async () => {
    const login = await freshLogin();
    const rotation = await pendingRotation({ login });
    try {
      const [, ca = ""] = at(login).slice(-2);
      const { secretId, service } = rotation;
      const env = {
        SECRETS_MANAGER_ENDPOINT: service.endpoint,
        AWS_REGION: "us-east-1",
      };
      const asked = ["--secret", secretId, "--ca", ca, "--json", "--strategy", "alternating-users"];
      assert.match((await run(asked, env)).stdout, /alternating-users needs --admin/);
      const { superuser, superuserPassword } = login.postgres;
      const ended = await run([...asked, "--admin", superuser], { ...env, ADMIN_PASSWORD: superuserPassword });
      assert.match(ended.stdout, /may change \w+_clone/);
    } finally {
      await rotation.close();
    }
  });

  it("regionOf: finds the region in an ARN, an RDS host name, or the environment", () => {
    const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/db-AbCdEf";
    const host = "app.abcdefghijkl.ap-southeast-2.rds.amazonaws.com";
    assert.equal(regionOf([arn, undefined], { AWS_REGION: "us-east-1" }), "eu-west-1");
    assert.equal(regionOf([undefined, host], {}), "ap-southeast-2");
    assert.equal(regionOf(["app/db", undefined], { AWS_REGION: "us-east-1" }), "us-east-1");
    assert.equal(regionOf([undefined, "db.example.com"], {}), undefined);
  });

  it("when the database is unreachable, shows the remedy", async () => {
    const login = await freshLogin();
    const args = at(login).map((arg) => (arg === String(login.postgres.port) ? "1" : arg));
    const ended = await run([...args, "--json"], { PGPASSWORD: login.password });
    assert.equal(ended.code, 1);
    assert.match(failedFindings(ended)[0]?.what ?? "", /ECONNREFUSED/);
    assert.match(failedFindings(ended)[0]?.remedy ?? "", /run the command where the database is reachable/);
  });

  for (const [args, pattern] of [
    [[], /either --secret or --host/],
    [["--host", "h"], /--username is missing/],
    [["--host", "", "--username", "u", "--port", "1"], /--host is empty/],
    [["--host", "h", "--username", ""], /--username is empty/],
    [["--host", "h", "--username", "u", "--dbname", ""], /--dbname is empty/],
    [["--host", "h", "--username", "u", "--admin", ""], /--admin is empty/],
    [["--host", "h", "--username", "u", "--port", "0"], /--port takes 1 to 65535/],
    [["--host", "h", "--username", "u", "--strategy", "both"], /--strategy takes single-user or alternating-users/],
    [["--host", "h", "--username", "u", "--strategy", "alternating-users"], /needs --admin/],
  ] as const) {
    it(`when the options are "${args.join(" ")}", exits 2`, async () => {
      const { code, stderr } = await runOps(["preflight", ...args], {});
      assert.equal(code, 2);
      assert.match(stderr, pattern);
    });
  }
});
