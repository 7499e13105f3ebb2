import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pendingRotation } from "../../proofs/world/pendingRotation";
import { type Ran, runOps } from "../../proofs/world/rotatedSecret";
import { type FreshLogin, freshLogin } from "../../proofs/world/sharedPostgres";
import type { Finding } from "./checks";
import { regionOf } from "./databaseTrust";

/** `npm run preflight -- …`, in this process. */
const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> => runOps(["preflight", ...args], env);

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

function failing({ stdout }: Ran): Finding[] {
  const { findings } = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as { findings: Finding[] };
  return findings.filter(({ ok }) => !ok);
}

describe("preflight", () => {
  it("says that a user may change its own password, and exits 0", async () => {
    const login = await freshLogin();
    const ended = await run(at(login), { PGPASSWORD: login.password });
    assert.equal(ended.code, 0, ended.stdout);
    assert.match(ended.stdout, /ok +TLS +TLSv1\.3/);
    assert.match(ended.stdout, /Rotation will work\./);
    assert.ok(!ended.stdout.includes(login.password));
  });

  it("says that the file of a certificate authority is not there", async () => {
    const login = await freshLogin();
    const ended = await run([...at(login), "--ca", "no/such.pem"], { PGPASSWORD: login.password });
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /--ca: there is no file no\/such\.pem/);
  });

  it("alternating-users: names what the administrator lacks, with SQL that repairs it, and then says that rotation will work", async () => {
    const login = await freshLogin();
    const admin = await freshLogin();
    const { postgres, user } = login;
    await postgres.query(`CREATE ROLE ${user}_clone LOGIN`);
    const args = [...at(login), "--strategy", "alternating-users", "--admin", admin.user, "--json"];
    const found: string[] = [];
    for (let left = 5; left > 0; left--) {
      const ended = await run(args, { ADMIN_PASSWORD: admin.password });
      const [finding] = failing(ended);
      if (finding === undefined) break;
      assert.equal(ended.code, 1);
      found.push(finding.what.replace(/ \(.*/, ""));
      await postgres.query(String(finding.remedy));
    }
    const clone = `${user}_clone`;
    assert.deepEqual(found, [
      `${admin.user} does not have CREATEROLE`,
      `${admin.user} does not have ADMIN OPTION on ${user}`,
      `there is a role ${clone} that is not a second login of ${user}: if it is to become one, make it a member, otherwise rename it`,
      `${admin.user} does not have ADMIN OPTION on ${clone}`,
    ]);
  });

  it("changes nothing: the change that it makes is rolled back", async () => {
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

  it("knows RDS's restriction of password commands, and the role that lifts it", async () => {
    const login = await freshLogin();
    const { postgres, user, database } = login;
    // As a parameter group has it; elsewhere than on RDS it is a setting that nothing reads.
    await postgres.query(`ALTER DATABASE ${database} SET "rds.restrict_password_commands" TO 'on'`);
    await postgres.query("DO 'BEGIN CREATE ROLE rds_password; EXCEPTION WHEN duplicate_object THEN END'");
    const look = () => run([...at(login), "--json"], { PGPASSWORD: login.password });

    const [finding] = failing(await look());
    assert.deepEqual(
      [finding?.check, finding?.remedy],
      ["right to change the password", `GRANT rds_password TO "${user}";`],
    );
    await postgres.query(String(finding?.remedy));
    assert.deepEqual(failing(await look()), []);
  });

  it("reads database, user and strategy out of a secret", async () => {
    const rotation = await pendingRotation();
    const ended = await run(["--secret", rotation.secretId], {
      SECRETS_MANAGER_ENDPOINT: rotation.service.endpoint,
      AWS_REGION: "us-east-1",
      NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
    });
    await rotation.close();
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.match(ended.stdout, new RegExp(`log-in +${rotation.login.user}@localhost`));
  });

  it("asks about another strategy than the secret's, for one that is not rotated yet", async () => {
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

  it("finds the region whose RDS roots to trust in an ARN, a host name of RDS, or the environment", () => {
    const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/db-AbCdEf";
    const host = "app.abcdefghijkl.ap-southeast-2.rds.amazonaws.com";
    assert.equal(regionOf([arn, undefined], { AWS_REGION: "us-east-1" }), "eu-west-1");
    assert.equal(regionOf([undefined, host], {}), "ap-southeast-2");
    assert.equal(regionOf(["app/db", undefined], { AWS_REGION: "us-east-1" }), "us-east-1");
    assert.equal(regionOf([undefined, "db.example.com"], {}), undefined);
  });

  it("says that a database can't be reached, and what to do", async () => {
    const login = await freshLogin();
    const args = at(login).map((arg) => (arg === String(login.postgres.port) ? "1" : arg));
    const ended = await run([...args, "--json"], { PGPASSWORD: login.password });
    assert.equal(ended.code, 1);
    assert.match(failing(ended)[0]?.what ?? "", /ECONNREFUSED/);
    assert.match(failing(ended)[0]?.remedy ?? "", /security group/);
  });

  for (const [args, says] of [
    [[], /either --secret or --host/],
    [["--host", "h"], /--username is missing/],
    [["--host", "h", "--username", "u", "--port", "0"], /--port takes 1 to 65535/],
    [["--host", "h", "--username", "u", "--strategy", "both"], /--strategy takes single-user or alternating-users/],
    [["--host", "h", "--username", "u", "--strategy", "alternating-users"], /needs --admin/],
  ] as const) {
    it(`refuses the options "${args.join(" ")}"`, async () => {
      const { code, stderr } = await runOps(["preflight", ...args], {});
      assert.equal(code, 2);
      assert.match(stderr, says);
    });
  }
});
