import assert from "node:assert/strict";
import type { RecordedStack } from "../emulators/pulumi/recordedStack";
import { evaluateProgram } from "./evaluate";
import { shippedStack } from "./testing/shippedStack";

const alarmType = "aws:cloudwatch/metricAlarm:MetricAlarm";
const lambda = "aws:lambda/function:Function";
const defaultVariables = {
  SECRETS_MANAGER_ENDPOINT: "https://secretsmanager.us-east-1.amazonaws.com",
  POWERTOOLS_SERVICE_NAME: "dev-secrets-rotation",
  POWERTOOLS_METRICS_NAMESPACE: "SecretsManagerRotation",
};

describe("the rotation function", () => {
  let dev: RecordedStack;
  before(async () => {
    dev = await shippedStack("dev");
  });

  it("stack dev: name, timeout, runtime, architecture and log settings are the documented ones", () => {
    const { inputs } = dev.find(lambda);
    const { name, timeout, runtime, handler, architectures, tracingConfig, replaceSecurityGroupsOnDestroy } = inputs;
    assert.deepEqual(
      { name, timeout, runtime, handler, architectures, tracingConfig, replaceSecurityGroupsOnDestroy },
      {
        name: "dev-secrets-rotation",
        timeout: 300,
        runtime: "nodejs24.x",
        handler: "index.handler",
        architectures: ["arm64"],
        tracingConfig: { mode: "Active" },
        replaceSecurityGroupsOnDestroy: true,
      },
    );
    assert.deepEqual(inputs.loggingConfig, { logFormat: "JSON", logGroup: "/aws/lambda/dev-secrets-rotation" });
  });

  it("environment: the endpoint of Secrets Manager, and no variable that Lambda reserves", () => {
    assert.deepEqual(dev.find(lambda).inputs.environment, { variables: defaultVariables });
  });

  it("settings of `function` and `password`: set on the function and in its environment", async () => {
    const codeSigningConfigArn = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0a1b2c3d4e5f60718";
    const stack = await evaluateProgram({
      config: {
        adminDatabase: "admin",
        function: { timeout: 60, memorySize: 512, reservedConcurrentExecutions: 5, codeSigningConfigArn },
        password: {
          length: 40,
          excludeCharacters: "%",
          excludeNumbers: true,
          excludePunctuation: true,
          excludeUppercase: false,
          excludeLowercase: true,
          requireEachIncludedType: false,
          form: "plaintext",
        },
      },
    });
    const { inputs } = stack.find(lambda);
    assert.deepEqual([inputs.timeout, inputs.memorySize, inputs.reservedConcurrentExecutions], [60, 512, 5]);
    assert.equal(inputs.codeSigningConfigArn, codeSigningConfigArn);
    const { variables } = inputs.environment as { variables: Record<string, string> };
    assert.deepEqual(variables, {
      ...defaultVariables,
      PASSWORD_LENGTH: "40",
      EXCLUDE_CHARACTERS: "%",
      EXCLUDE_NUMBERS: "true",
      EXCLUDE_PUNCTUATION: "true",
      EXCLUDE_UPPERCASE: "false",
      EXCLUDE_LOWERCASE: "true",
      REQUIRE_EACH_INCLUDED_TYPE: "false",
      PASSWORD_FORM: "plaintext",
      ADMIN_DATABASE: "admin",
    });
    // `preflight` makes the change that the function would make.
    const decisive = Object.entries(variables).filter(([name]) => !(name in defaultVariables));
    assert.deepEqual(stack.outputs.functionVariables, Object.fromEntries(decisive));
    assert.equal(stack.find(alarmType, "duration").inputs.threshold, 48_000);
  });

  it("log group: a retention of one year", () => {
    const { inputs } = dev.find("aws:cloudwatch/logGroup:LogGroup", "dev-secrets-rotation");
    assert.deepEqual([inputs.name, inputs.retentionInDays], ["/aws/lambda/dev-secrets-rotation", 365]);
  });
});
