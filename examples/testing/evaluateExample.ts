import { join } from "node:path";
import { handlerFile } from "../../build/bundle";
import { readHandlerWith } from "../../components/packagedHandler";
import { accountId, answerCall, answerOutputs } from "../../emulators/pulumi/aws";
import { type RecordedStack, recordStack } from "../../emulators/pulumi/recordedStack";

export const region = "eu-west-1";
/** The administrator's secret that RDS manages, and its key. */
export const rdsManagedSecret = {
  secretArn: `arn:aws:secretsmanager:${region}:${accountId}:secret:rds!db-0a1b2c3d-AbCdEf`,
  kmsKeyId: `arn:aws:kms:${region}:${accountId}:key/of-rds`,
};

/** Evaluates an example with a configuration, as the stack `test` of `project`. */
export function evaluateExample(
  example: string,
  config: Record<string, unknown>,
  project = example,
): Promise<RecordedStack> {
  readHandlerWith(handlerFile);
  const program = join(__dirname, "..", example, "index.ts");
  // An example creates its resources when it is loaded. Therefore each evaluation loads it again.
  delete require.cache[program];
  return recordStack(() => require(program), {
    project,
    stack: "test",
    config: configOf(project, config),
    outputsOf: (resource) => answerOutputs(resource, region),
    call: (token, inputs) =>
      token === "aws:rds/getInstance:getInstance"
        ? { address: "reporting.example.com", port: 5432, masterUserSecrets: [rdsManagedSecret] }
        : answerCall(token, inputs, region),
  });
}

/** Configuration as Pulumi passes it to a program. */
export function configOf(project: string, config: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      `${project}:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}
