import assert from "node:assert/strict";
import { evaluateProgram } from "../infra/evaluate";
import { targetsOfStack } from "./targets";
import { alarmNames } from "./verify";

describe("the commands and the stack", () => {
  for (const stack of ["dev", "prod"]) {
    it(`use the same names of outputs and alarms for ${stack}`, async () => {
      const { outputs, all } = await evaluateProgram({ stack });

      const { secrets, functionName, logGroupName, alarmTopicArn, region } = targetsOfStack(JSON.stringify(outputs));

      assert.equal(secrets.length, stack === "dev" ? 1 : 2);
      assert.equal(functionName, `${stack}-secrets-rotation`);
      assert.equal(logGroupName, `/aws/lambda/${functionName}`);
      assert.ok(alarmTopicArn);
      assert.equal(region, "us-east-1");
      const alarms = all("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => String(inputs.name));
      assert.deepEqual(alarms.sort(), alarmNames.map((end) => `${functionName}-${end}`).sort());
    });
  }
});
