import assert from "node:assert/strict";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { load } from "js-yaml";
import { startRds } from "../../emulators/rds/rds";
import { evaluateProgram } from "../../infra/evaluate";
import { type CommandResult, runOps } from "../../proofs/world/runOps";
import type { Assessment } from "./assessment";
import { type Fleet, startFleet } from "./testing/fleet";

/** The account of the emulator's secrets. */
const ofEmulator = (token: string) =>
  token.endsWith(":getCallerIdentity") ? { accountId: "000000000000" } : undefined;

describe("ops adopt: a fleet of forty secrets", () => {
  let fleet: Fleet;
  let ran: CommandResult;
  let text: string;
  before(async () => {
    fleet = await startFleet();
    ran = await runOps(["adopt", "--json"], fleet.env);
    text = (await runOps(["adopt"], fleet.env)).stdout;
  });
  after(() => fleet.close());

  const assessments = (): Assessment[] => ran.json().secrets as Assessment[];
  const find = (name: string): Assessment => {
    const found = assessments().find((one) => one.name === name);
    assert.ok(found, name);
    return found;
  };
  const named = (verdict: string): string[] =>
    assessments()
      .filter((one) => one.verdict === verdict)
      .map(({ name }) => name);

  it("finds all of them, on pages and with one call for each value", () => {
    assert.equal(assessments().length, 40);
    assert.deepEqual([ran.code, ran.json().ok], [1, false]);
  });

  it("only reads", () => {
    const operations = new Set(fleet.service.calls.slice(fleet.created));
    assert.deepEqual([...operations].sort(), ["GetSecretValue", "ListSecrets"]);
    assert.deepEqual([...new Set(fleet.rds.calls)].sort(), ["DescribeDBClusters", "DescribeDBInstances"]);
  });

  it("prints no credential", () => {
    assert.ok(!JSON.stringify([ran.stdout, ran.stderr, text]).includes(fleet.password));
  });

  it("names who rotates each secret today, and when", () => {
    assert.equal(
      find("aws/single-0").rotatedBy,
      "AWS's single-user function SecretsManagerRDSPostgreSQLRotationSingleUser",
    );
    assert.match(find("aws/multi-1").rotatedBy, /^AWS's multi-user function /);
    assert.match(find("cdk-0").rotatedBy, /\(CloudFormation or CDK stack DatabaseStack\)$/);
    assert.equal(find("terraform-0").rotatedBy, "nobody");
    assert.equal(find("on-premises").rotatedBy, "own-rotation");
    assert.ok(find("aws/single-0").nextRotationAt);
    assert.equal(find("terraform-0").nextRotationAt, undefined);
  });

  it("assesses each secret, with what is missing", () => {
    assert.deepEqual(named("other").sort(), [
      "binary",
      "deleted",
      "mariadb",
      "mysql",
      "plain/api-key",
      "plain/token",
      "sqlserver",
    ]);
    assert.deepEqual(named("managed"), ["rds!cluster-0", "rds!cluster-1", "rds!cluster-2"]);
    assert.equal(named("ready").length, 24);
    const missing = Object.fromEntries(named("needs action").map((name) => [name, find(name).missing.join("; ")]));
    const expected: Record<string, RegExp> = {
      forbidden: /GetSecretValue.*AccessDenied|AccessDenied.*GetSecretValue/,
      "no-engine": /`engine` is missing; it must be "postgres"/,
      "on-premises":
        /db\.corp\.example\.com is not an endpoint in RDS: set the network, and `cidr` or `securityGroupId`/,
      reader: /`host`: is a reader endpoint.*set reports-1\.cluster-abcdefghijkl/,
      "twice/a": /^twice\/b is also a secret of twice@orders-14\..*: adopt one of them, and delete the other$/,
      "twice/b": /^twice\/a is also a secret of twice@/,
    };
    assert.deepEqual(Object.keys(missing).sort(), Object.keys(expected).sort());
    for (const [name, pattern] of Object.entries(expected)) assert.match(missing[name] ?? "", pattern, name);
  });

  it("a secret of AWS's multi-user function: alternating-users, its administrator, and the user without _clone", () => {
    for (const name of ["aws/multi-0", "aws/multi-1"]) {
      const { database, notes } = find(name);
      assert.equal(database?.strategy, "alternating-users");
      assert.equal(database?.username, name.replace("aws/", ""));
      assert.match(database?.adminSecretArn ?? "", /:secret:reports\/admin-\w{6}$/);
      assert.match(notes.join(), /multi-\d_clone owns must be moved first/);
    }
  });

  it("a schedule other than 30 days is kept", () => {
    assert.deepEqual(find("aws/single-0").database?.schedule, { days: 7 });
    assert.equal(find("aws/single-1").database?.schedule, undefined);
  });

  it("prints one configuration for each VPC: valid, and the program evaluates with it", async () => {
    const printed = text
      .split(/^# Pulumi\.<stack>\.yaml for (?=vpc-)/m)
      .slice(1)
      .map((part) => load(part.split("\n").slice(1).join("\n")) as { config: Record<string, unknown> });
    assert.deepEqual(
      printed.map(({ config }) => (config["secrets-rotation:databases"] as object[]).length),
      [18, 6],
    );
    assert.deepEqual(
      (ran.json().stacks as { config: object }[]).map(({ config }) => config),
      printed.map(({ config }) => config),
    );
    for (const { config } of printed) {
      const stack = await evaluateProgram({ stack: "adopted", file: false, config, callOf: ofEmulator });
      const rotations = stack.all("aws:secretsmanager/secretRotation:SecretRotation");
      assert.equal(rotations.length, (config["secrets-rotation:databases"] as object[]).length);
      // The adoption runs only `testSecret`.
      assert.ok(rotations.every(({ inputs }) => inputs.rotateImmediately === false));
      assert.deepEqual(stack.all("aws:secretsmanager/secret:Secret"), []);
      assert.deepEqual(stack.all("aws:secretsmanager/secretVersion:SecretVersion"), []);
    }
  });

  it("--prefix and --tag: only the secrets with that prefix or tag", async () => {
    const names = async (...options: string[]): Promise<string[]> =>
      ((await runOps(["adopt", "--json", ...options], fleet.env)).json().secrets as Assessment[]).map(
        ({ name }) => name,
      );
    assert.deepEqual(await names("--prefix", "terraform-"), ["terraform-0", "terraform-1", "terraform-2"]);
    assert.deepEqual(await names("--tag", "managed-by=terraform"), ["terraform-0", "terraform-1", "terraform-2"]);
    assert.deepEqual(await names("--tag", "managed-by=pulumi"), []);
    assert.equal((await names("--tag", "aws:cloudformation:stack-name")).length, 3);
  });

  it("when RDS refuses, shows the secrets, and the permissions that are missing", async () => {
    const refusing = await startRds([], { refuse: "AccessDenied" });
    const { code, stdout } = await runOps(["adopt"], { ...fleet.env, AWS_ENDPOINT_URL_RDS: refusing.endpoint });
    await refusing.close();
    assert.equal(code, 1);
    assert.match(stdout, /RDS was not looked up: \w+: allow rds:DescribeDBInstances and rds:DescribeDBClusters/);
    assert.match(stdout, /aws\/single-0 /);
  });

  it("when RDS throttles, reports it", async () => {
    const throttling = await startRds([], { refuse: "ThrottlingException" });
    const { stdout } = await runOps(["adopt"], { ...fleet.env, AWS_ENDPOINT_URL_RDS: throttling.endpoint });
    await throttling.close();
    assert.match(stdout, /RDS was not looked up: ThrottlingException: .*: run adopt again/);
    assert.doesNotMatch(stdout, /allow rds:/);
  });

  it("when there are more secrets than fit on a page of the API, finds all of them, also one without a value", async () => {
    const client = new SecretsManagerClient({
      ...{ endpoint: fleet.service.endpoint, region: "us-east-1" },
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    for (let i = 0; i < 101; i++) await client.send(new CreateSecretCommand({ Name: `empty/${i}` }));
    client.destroy();
    const secrets = (await runOps(["adopt", "--json"], fleet.env)).json().secrets as Assessment[];
    assert.equal(secrets.length, 141);
    const { verdict, missing } = secrets.find(({ name }) => name === "empty/100") ?? {};
    assert.deepEqual([verdict, missing], ["other", ["has no value"]]);
  });

  it("--help: contains the IAM statement", async () => {
    const { stdout } = await runOps(["adopt", "--help"], {});
    for (const action of ["secretsmanager:ListSecrets", "secretsmanager:GetSecretValue", "rds:DescribeDBInstances"])
      assert.ok(stdout.includes(action), stdout);
  });
});
