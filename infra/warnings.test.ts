import assert from "node:assert/strict";
import { createAuthority } from "../emulators/postgres/certificates";
import { evaluateProgram } from "./evaluate";
import { shippedStack } from "./testing/shippedStack";

const network = { vpcId: "vpc-0a1b2c3d4e5f60718", subnetIds: ["subnet-1a1b2c3d", "subnet-1b1b2c3d"] };

describe("what is warned of at preview", () => {
  it("is subnets that all lie in one zone", async () => {
    const { warnings } = await evaluateProgram({ stack: "prod", config: { network }, preview: true });
    assert.deepEqual(warnings, [
      "all subnets of `network.subnetIds` are in us-east-1b: set one of another zone as well",
    ]);
  });

  it("is a runtime that Lambda deprecates", async () => {
    const { warnings } = await evaluateProgram({ config: { function: { runtime: "nodejs20.x" } }, preview: true });
    assert.equal(warnings.length, 1);
    assert.match(String(warnings[0]), /nodejs20\.x.*2026-04-30/);
  });

  it("is a region whose RDS roots nobody ships, unless the certificates are given", async () => {
    const regional = { "aws:region": "il-central-1" };
    const { warnings } = await evaluateProgram({ config: regional, preview: true });
    assert.match(warnings.join(), /no RDS roots for il-central-1: set `databaseCa`.*il-central-1-bundle\.pem/);
    const { certificatePem } = await createAuthority();
    const given = await evaluateProgram({ config: { ...regional, databaseCa: certificatePem }, preview: true });
    assert.deepEqual(given.warnings, []);
  });

  it("is no zone where there are two", async () => {
    assert.ok(!(await shippedStack("prod")).warnings.some((warning) => warning.includes("subnetIds")));
  });
});
