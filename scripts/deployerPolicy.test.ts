import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { evaluateProgram } from "../infra/evaluate";
import { actionsOf, deployerPolicy } from "./deployerPolicy";

const policy = JSON.parse(readFileSync(join(__dirname, "../docs/deployer-policy.json"), "utf8"));

interface Statement {
  Action: string[];
  Resource: string[];
}

describe("docs/deployer-policy.json", () => {
  const arn = (name: string): string => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-AbCdEf`;
  const database = { username: "app", securityGroupId: "sg-0a1b2c3d" };
  /** A stack with every kind of database. */
  const evaluateFullStack = () =>
    evaluateProgram({
      stack: "prod",
      config: {
        network: { vpcId: "vpc-0a1b2c3d", subnetIds: ["subnet-0a1b2c3d", "subnet-1b1b2c3d"] },
        databases: [
          { ...database, secretName: "app/new", host: "new.example.com" },
          { ...database, secretName: "app/admin", host: "admin.example.com", adminSecretArn: arn("admin") },
          { ...database, secretArn: arn("app/old"), host: "old.example.com" },
        ],
        passwords: { "app/new": "x" },
      },
    });

  it("is generated: run `npm run docs` after a change", () => {
    assert.deepEqual(policy, deployerPolicy("prod"));
  });

  it("allows each call of a deployment, and nothing else", async () => {
    const { resources, calls } = await evaluateFullStack();
    const tokens = [...resources.filter(({ custom }) => custom).map(({ type }) => type), ...calls];
    const needed = [...new Set(tokens.filter((token) => token !== "pulumi:pulumi:Stack").flatMap(actionsOf))].sort();
    const allowed: string[] = policy.Statement.flatMap(({ Action }: Statement) => Action).sort();
    const onlyOnDemand = ["secretsmanager:ListSecretVersionIds"];
    assert.deepEqual(
      allowed.filter((action) => !onlyOnDemand.includes(action)),
      needed,
    );
  });

  it("names the stack's function, role, policies, rules and topic", async () => {
    const { resources } = await evaluateFullStack();
    const arns = resources.flatMap(({ type, outputs }) =>
      /^aws:(iam\/(role|policy)|lambda\/function|sns\/topic|cloudwatch\/eventRule):/.test(type)
        ? String(outputs.arn ?? `arn:aws:iam::123456789012:role/${outputs.id}`)
        : [],
    );
    assert.equal(arns.length, 7);
    const patterns: string[] = policy.Statement.flatMap(({ Resource }: Statement) => Resource).filter(
      (one: string) => one !== "*",
    );
    for (const one of arns) {
      const matches = (pattern: string): boolean => new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(one);
      assert.ok(patterns.some(matches), one);
    }
  });

  it("fits in one managed policy", () => {
    assert.ok(JSON.stringify(policy).length <= 6144, `${JSON.stringify(policy).length} characters`);
  });
});
