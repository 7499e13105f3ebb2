import assert from "node:assert/strict";
import type { RecordedStack } from "../emulators/pulumi/recordedStack";
import { evaluateProgram } from "./evaluate";

describe("a stack of many databases", () => {
  let one: RecordedStack;
  let many: RecordedStack;
  before(async () => {
    one = await databases(1);
    many = await databases(200);
  });

  it("adds at most four resources for each database", () => {
    assert.ok((many.resources.length - one.resources.length) / 199 <= 4);
  });

  it("has one function, and its policies, permissions and alarms do not grow", () => {
    assert.equal(many.all("aws:lambda/function:Function").length, 1);
    for (const { name, inputs } of many.all("aws:iam/policy:Policy")) {
      const before = one.find("aws:iam/policy:Policy", name).inputs;
      assert.ok(String(inputs.policy).length <= String(before.policy).length, name);
    }
    for (const type of ["aws:lambda/permission:Permission", "aws:cloudwatch/metricAlarm:MetricAlarm"]) {
      assert.equal(many.all(type).length, one.all(type).length);
    }
  });

  it("names without a common prefix: the policies do not grow with the databases of each team", async () => {
    const byTeam = (name: string, i: number): string =>
      name.replace("ananta", `${["orders", "users", "stock"][i % 3]}`);
    const [few, more] = [await databases(6, undefined, byTeam), await databases(60, undefined, byTeam)];
    for (const { name, inputs } of more.all("aws:iam/policy:Policy")) {
      const before = few.find("aws:iam/policy:Policy", name).inputs;
      assert.ok(String(inputs.policy).length <= String(before.policy).length, name);
    }
    const permission = "aws:lambda/permission:Permission";
    assert.equal(more.all(permission).length, 4);
  });

  it("spreads the rotations over the hours of the window", () => {
    const starts = new Map<string, number>();
    for (const { inputs } of many.all("aws:secretsmanager/secretRotation:SecretRotation")) {
      const { scheduleExpression, duration } = inputs.rotationRules as { scheduleExpression: string; duration: string };
      assert.equal(duration, "1h");
      starts.set(scheduleExpression, (starts.get(scheduleExpression) ?? 0) + 1);
    }
    assert.equal(starts.size, 8);
    assert.ok(Math.max(...starts.values()) <= 50, JSON.stringify([...starts]));
  });

  it("another order of the list: the same resource names", async () => {
    const reversed = await databases(20, (list) => list.reverse());
    const ordered = await databases(20);
    assert.deepEqual(reversed.resources.map(({ urn }) => urn).sort(), ordered.resources.map(({ urn }) => urn).sort());
  });
});

function databases(
  count: number,
  order: (list: object[]) => object[] = (list) => list,
  rename: (name: string, i: number) => string = (name) => name,
): Promise<RecordedStack> {
  const list = Array.from({ length: count }, (_, i) => ({
    secretName: rename(`ananta/prod/db-${String(i).padStart(4, "0")}`, i),
    host: `db-${i}.example.com`,
    username: "app",
    adminSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf",
    securityGroupId: "sg-0a1b2c3d",
    schedule: { cron: "cron(0 1 ? * SAT *)", duration: "8h" },
  }));
  return evaluateProgram({ stack: "prod", config: { databases: order(list) } });
}
