import assert from "node:assert/strict";
import { fitsInPolicy, maxPolicyLength } from "../components/policyLength";
import { evaluateProgram } from "./evaluate";

const adminArn = (i: number): string =>
  `arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-0a1b2c3d-0a1b-0a1b-0a1b-${String(i).padStart(12, "0")}-AbCdEf`;

describe("fitsInPolicy", () => {
  it("the largest number of administrators that it accepts: their policy is within AWS's limit, and uses most of it", async () => {
    const names = (count: number): string[] =>
      Array.from({ length: count }, (_, i) => `${"abcdefghij"[i % 10]}/db-${i}`);
    const arns = (count: number): string[] => Array.from({ length: count }, (_, i) => adminArn(i));
    let largest = 0;
    while (fitsInPolicy(names(largest + 1), arns(largest + 1), [])) largest += 1;
    const stack = await evaluateProgram({
      stack: "prod",
      config: {
        databases: names(largest).map((secretName, i) => ({
          secretName,
          host: `db-${i}.example.com`,
          username: "app",
          adminSecretArn: adminArn(i),
          securityGroupId: "sg-0a1b2c3d",
        })),
      },
    });
    for (const { name, inputs } of stack.all("aws:iam/policy:Policy")) {
      assert.ok(String(inputs.policy).length <= maxPolicyLength, name);
    }
    const { length } = String(stack.find("aws:iam/policy:Policy", "secrets").inputs.policy);
    assert.ok(length > maxPolicyLength - 1_000, `${length} characters for ${largest} administrators`);
  });
});
