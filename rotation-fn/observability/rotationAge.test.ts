import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { bundle } from "../../build/bundle";
import { type Lambda, startLambda } from "../../emulators/lambda/lambda";
import { type SecretsManager, startSecretsManager } from "../../emulators/secrets-manager";
import { settingTags } from "../secret/settings";

/** The tag that every secret of a stack has. */
const managed = [{ Key: settingTags.strategy, Value: "single-user" }];

const arnOf = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

describe("the look at the age of all secrets", () => {
  let service: SecretsManager;
  let client: SecretsManagerClient;
  let lambda: Lambda;

  before(async () => {
    service = await startSecretsManager({ retries: 0, invoke: async () => ({ ok: true }) });
    client = new SecretsManagerClient({
      endpoint: service.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    lambda = startLambda({
      ...{ files: { "index.js": bundle() }, handler: "index.handler", timeoutSeconds: 15, memorySize: 256 },
      environment: { SECRETS_MANAGER_ENDPOINT: service.endpoint, POWERTOOLS_SERVICE_NAME: "rotation" },
      ...{ functionName: "rotation", functionArn: arnOf("rotation") },
    });
  });
  after(async () => {
    client.destroy();
    await lambda.stop();
    await service.close();
  });

  async function addSecret(Name: string, functionName = "rotation", Tags = managed): Promise<void> {
    await client.send(new CreateSecretCommand({ Name, SecretString: "{}", Tags }));
    await client.send(
      new RotateSecretCommand({
        ...{ SecretId: Name, ClientRequestToken: randomUUID(), RotationLambdaARN: arnOf(functionName) },
        ...{ RotationRules: { AutomaticallyAfterDays: 30 }, RotateImmediately: false },
      }),
    );
  }

  /** What it writes: metrics by secret, and the two figures of its last word. */
  async function look(): Promise<{ ages: string[]; secrets: unknown; overdue: unknown; metric: unknown }> {
    const { log } = await lambda.invoke({ Check: "rotation-age" });
    const lines = log.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    const ages = lines.filter((line) => "DaysSinceRotation" in line);
    const last = lines.find((line) => "secrets" in line);
    const summed = lines.find((line) => "OverdueSecrets" in line);
    assert.equal(summed.service, "rotation");
    return {
      ages: ages.map(({ SecretName }) => SecretName).sort(),
      ...{ secrets: last.secrets, overdue: last.overdue, metric: summed.OverdueSecrets },
    };
  }

  it("sees each secret of the function's, and neither another's nor one that was given back", async () => {
    await addSecret("adopted");
    await addSecret("somebody-elses", "another-rotation");
    // Cancelling a rotation leaves the function's ARN on the secret: only the tag is gone.
    await addSecret("given-back", "rotation", []);
    await client.send(new CancelRotateSecretCommand({ SecretId: "given-back" }));
    await client.send(new CreateSecretCommand({ Name: "never-rotated", SecretString: "{}" }));
    assert.deepEqual(await look(), { ages: ["adopted"], secrets: 1, overdue: 0, metric: 0 });
  });

  it("counts a secret as overdue whose rotation was turned off", async () => {
    await addSecret("turned-off");
    await client.send(new CancelRotateSecretCommand({ SecretId: "turned-off" }));
    assert.deepEqual(await look(), { ages: ["adopted", "turned-off"], secrets: 2, overdue: 1, metric: 1 });
  });

  it("counts a secret as overdue a day after the service's own date for its next rotation", async () => {
    await addSecret("late");
    const secret = service.store.find("late");
    const daysAgo = (count: number): Date => new Date(Date.now() - count * 86_400_000);
    secret.lastRotatedAt = daysAgo(30.9);
    assert.equal((await look()).overdue, 1);
    secret.lastRotatedAt = daysAgo(31.1);
    assert.equal((await look()).overdue, 2);
  });
});
