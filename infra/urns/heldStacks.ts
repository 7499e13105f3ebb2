import { join } from "node:path";
import type { RecordedStack } from "../../emulators/pulumi/recordedStack";
import { evaluateProgram } from "../evaluate";

/** The identities as they were last reviewed, by stack. */
export const urnsFile = join(__dirname, "urns.json");

const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret";

/** Stacks that have each kind of resource between them: the shipped ones, and one with all that is optional. */
export const heldStacks: Record<string, () => Promise<RecordedStack>> = {
  dev: () => evaluateProgram({ stack: "dev" }),
  prod: () => evaluateProgram({ stack: "prod" }),
  // A secret that exists already, with an admin's; whoever is told of alarms; and replicas.
  optional: () =>
    evaluateProgram({
      stack: "prod",
      config: {
        databases: [
          {
            secretArn: `${arn}:existing/db-AbCdEf`,
            adminSecretArn: `${arn}:admin-AbCdEf`,
            strategy: "alternating-users",
            memberOf: ["owner"],
            cidr: "10.9.0.0/24",
          },
        ],
        alarms: { emails: ["a@example.com"], webhooks: ["https://example.com/hook"] },
      },
    }),
};
