import assert from "node:assert/strict";
import { runtimeWarning } from "../components";
import { createAuthority } from "../emulators/postgres/certificates";
import { evaluateProgram } from "./evaluate";
import { shippedStack } from "./testing/shippedStack";

const network = { vpcId: "vpc-0a1b2c3d4e5f60718", subnetIds: ["subnet-1a1b2c3d", "subnet-1b1b2c3d"] };

describe("warnings at preview", () => {
  it("warnOfSingleZone: all subnets are in one Availability Zone", async () => {
    const { warnings } = await evaluateProgram({ stack: "prod", config: { network }, preview: true });
    assert.deepEqual(warnings, [
      "all subnets of `network.subnetIds` are in us-east-1b: add a subnet of another Availability Zone",
    ]);
  });

  it("warnOfDeprecatedRuntime: the warning of the runtime, from half a year before Lambda deprecates it", async () => {
    const { warnings } = await evaluateProgram({ config: { function: { runtime: "nodejs22.x" } }, preview: true });
    assert.deepEqual(warnings, [runtimeWarning("nodejs22.x", new Date()) ?? []].flat());
  });

  it("warnOfMissingRoots: no RDS root certificates of the region, and no databaseCa", async () => {
    const regional = { "aws:region": "il-central-1" };
    const { warnings } = await evaluateProgram({ config: regional, preview: true });
    assert.match(
      warnings.join(),
      /no RDS root certificates for il-central-1: set `databaseCa`.*il-central-1-bundle\.pem/,
    );
    const { certificatePem } = await createAuthority();
    const given = await evaluateProgram({ config: { ...regional, databaseCa: certificatePem }, preview: true });
    assert.deepEqual(given.warnings, []);
  });

  it("warnOfWidePattern: the names of the secrets have too many different prefixes for a policy", async () => {
    const databases = (prefixes: string) =>
      [...prefixes].map((letter) => ({
        secretName: `${letter}/db`,
        host: `${letter}.example.com`,
        username: "app",
        adminSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf",
        securityGroupId: "sg-0a1b2c3d",
      }));
    const few = await evaluateProgram({ stack: "prod", config: { databases: databases("abcdefghij") } });
    assert.deepEqual(few.warnings, []);
    const many = await evaluateProgram({ stack: "prod", config: { databases: databases("abcdefghijk") } });
    assert.equal(many.warnings.length, 1);
    assert.match(String(many.warnings[0]), /common prefix, such as `team\/`, or split them over several stacks$/);
  });

  it("warnOfSingleZone: no warning with subnets in two zones", async () => {
    assert.ok(!(await shippedStack("prod")).warnings.some((warning) => warning.includes("subnetIds")));
  });
});
