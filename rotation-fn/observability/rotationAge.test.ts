import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { bundle } from "../../build/bundle";
import type { InvocationResult, Lambda } from "../../emulators/lambda/lambda";
import { loadFunction } from "../../emulators/lambda/loadedFunction";
import { type SecretsManager, startSecretsManager } from "../../emulators/secrets-manager";
import { localClient } from "../../proofs/world/client";
import { settingTags } from "../secret/settings";
import { reportRotationAges } from "./rotationAge";

/** The tag of each secret of a stack. */
const managed = [{ Key: settingTags.strategy, Value: "single-user" }];

const arnOf = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

describe("reportRotationAges", () => {
  let service: SecretsManager;
  let client: SecretsManagerClient;
  let lambda: Lambda;

  before(async () => {
    service = await startSecretsManager({ retries: 0, invoke: async () => ({ ok: true }) });
    client = localClient(service.endpoint);
    lambda = loadFunction({
      ...{ files: { "index.js": bundle().text }, handler: "index.handler", timeoutSeconds: 15, memorySize: 256 },
      ...{ functionName: "rotation", functionArn: arnOf("rotation") },
      environment: { SECRETS_MANAGER_ENDPOINT: service.endpoint, POWERTOOLS_SERVICE_NAME: "rotation" },
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

  const check = (): Promise<InvocationResult> => lambda.invoke({ Check: "rotation-age" });

  /** Runs the check. @returns the secrets with an age metric, and the figures of the last line and of the metric */
  async function look(): Promise<{ ages: string[]; secrets: unknown; overdue: unknown; metric: unknown }> {
    const { log } = await check();
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

  it("reports each secret of the function, and no secret of another function or without the stack's tag", async () => {
    await addSecret("adopted");
    await addSecret("of-another-function", "another-rotation");
    // Cancelling a rotation leaves the function's ARN on the secret.
    await addSecret("given-back", "rotation", []);
    await client.send(new CancelRotateSecretCommand({ SecretId: "given-back" }));
    await client.send(new CreateSecretCommand({ Name: "never-rotated", SecretString: "{}" }));
    assert.deepEqual(await look(), { ages: ["adopted"], secrets: 1, overdue: 0, metric: 0 });
  });

  it("when rotation is off, counts the secret as overdue", async () => {
    await addSecret("turned-off");
    await client.send(new CancelRotateSecretCommand({ SecretId: "turned-off" }));
    assert.deepEqual(await look(), { ages: ["adopted", "turned-off"], secrets: 2, overdue: 1, metric: 1 });
  });

  it("when the service's date for the next rotation is more than a day past, counts the secret as overdue", async () => {
    await addSecret("late");
    const secret = service.store.find("late");
    const daysAgo = (count: number): Date => new Date(Date.now() - count * 86_400_000);
    secret.lastRotatedAt = daysAgo(30.9);
    assert.equal((await look()).overdue, 1);
    secret.lastRotatedAt = daysAgo(31.1);
    assert.equal((await look()).overdue, 2);
  });

  it("reports the days since the last rotation, or since the secret was created", async () => {
    const daysAgo = (count: number): Date => new Date(Date.now() - count * 86_400_000);
    await addSecret("rotated");
    await addSecret("created");
    service.store.find("rotated").lastRotatedAt = daysAgo(10);
    const { lastRotatedAt, ...created } = service.store.find("created");
    service.store.secrets.set("created", { ...created, createdAt: daysAgo(20) });
    const { log } = await check();
    const days = (name: string): number => {
      const lines = log.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
      return lines.find((line) => line.SecretName === name)?.DaysSinceRotation;
    };
    // The check itself takes less than a hundredth of a day.
    assert.equal(Math.floor(days("rotated") * 100), 1000);
    assert.equal(Math.floor(days("created") * 100), 2000);
  });

  it("writes a warning with the age in whole days for each overdue secret", async () => {
    service.store.find("late").lastRotatedAt = new Date(Date.now() - 40.5 * 86_400_000);
    const { log } = await check();
    const lines = log.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    const { days, level, message, secret } = lines.find(({ secret }) => /late/.test(secret));
    assert.deepEqual([days, level, message], [40, "WARN", "[ROTATION] late should have been rotated"]);
    assert.equal(secret, service.store.find("late").arn);
  });

  it("reports a secret that is rotated through an alias of the function", async () => {
    await addSecret("aliased", "rotation:live");
    assert.ok((await look()).ages.includes("aliased"));
  });

  it("when its time is over while ListSecrets is answered, throws the signal's reason", async () => {
    const end = new AbortController();
    let letPass = (): void => undefined;
    const passed = new Promise<void>((resolve) => (letPass = resolve));
    service.setHooks({ before: () => passed });
    const work = reportRotationAges(client, arnOf("rotation"), end.signal);
    end.abort(new Error("the time is over"));
    letPass();
    await assert.rejects(work, /^Error: the time is over$/);
    service.setHooks();
  });

  it("when ListSecrets is refused, fails with AccessDenied and reports no number of overdue secrets", async () => {
    service.setHooks({ before: () => ({ kind: "error", type: "AccessDeniedException", message: "no" }) });
    const { ok, log } = await lambda.invoke({ Check: "rotation-age" });
    service.setHooks();
    assert.equal(ok, false);
    const {
      check: checked,
      code,
      what,
    } = log.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line))[0];
    assert.deepEqual([checked, code], ["rotation-age", "AccessDenied"]);
    assert.equal(what, "secretsmanager:ListSecrets for all secrets: AccessDeniedException: no");
    assert.ok(!log.some((line) => line.includes("OverdueSecrets")));
  });
});
