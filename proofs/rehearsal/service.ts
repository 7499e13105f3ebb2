import {
  DescribeSecretCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import type { Lambda } from "../../emulators/lambda/lambda";
import { type SecretsManager, type StepEnded, startSecretsManager } from "../../emulators/secrets-manager";
import { type Step, steps } from "../../rotation-fn/event";
import type { Deployment } from "./deployment";

/** A step that is over. */
export interface StepReport {
  readonly step: Step;
  readonly durationMs: number;
}

/** The step at which a rotation failed, and what the function said. */
export interface Failure {
  readonly step: string;
  readonly type: string;
  readonly message: string;
}

/** A Secrets Manager that has the function rotate the secret. */
export interface RotationService {
  readonly endpoint: string;
  /** The local one, for those who want to look inside. */
  readonly local?: SecretsManager;
  /** @returns why it failed, or nothing. */
  rotate(client: SecretsManagerClient, token: string, onStep: (step: StepReport) => void): Promise<Failure | undefined>;
  stop(): Promise<void>;
}

type Invoke = Lambda["invoke"];

/** Our own, which does all that the real one does. */
export async function localService(
  functionArn: string,
  deployment: Deployment,
  invoke: Invoke,
): Promise<RotationService> {
  const service = await startSecretsManager({
    region: "us-east-1",
    functions: new Map([[functionArn, invoke]]),
    // A rehearsal has no passing troubles to wait out: the first failure is the answer.
    retries: 0,
  });
  return {
    endpoint: service.endpoint,
    local: service,
    async rotate(client, token, onStep) {
      let failure: Failure | undefined;
      const report = ({ step, durationMs, outcome }: StepEnded): void => {
        if (outcome.ok) onStep({ step, durationMs });
        else failure = { step, type: outcome.errorType, message: outcome.errorMessage };
      };
      service.events.on("stepEnded", report);
      try {
        await client.send(rotateSecret(functionArn, deployment, token));
        const outcome = await service.rotationFinished(deployment.secret.name);
        if (outcome.succeeded) return undefined;
        return (
          failure ?? { step: "rotation", type: "RotationFailed", message: outcome.failure ?? "it did not succeed" }
        );
      } finally {
        service.events.off("stepEnded", report);
      }
    },
    stop: () => service.close(),
  };
}

/**
 * Somebody else's (moto, LocalStack): it keeps the versions, and this program takes the service's place in calling the
 * function, which lives outside of it.
 */
export async function foreignService(
  endpoint: string,
  functionArn: string,
  deployment: Deployment,
  invoke: Invoke,
): Promise<RotationService> {
  const SecretId = deployment.secret.name;
  return {
    endpoint,
    async rotate(client, token, onStep) {
      await registerPending(client, SecretId, token, rotateSecret(functionArn, deployment, token));
      for (const step of steps) {
        const startedAt = performance.now();
        const outcome = await invoke({ Step: step, SecretId, ClientRequestToken: token });
        if (!outcome.ok) return { step, type: outcome.errorType, message: outcome.errorMessage };
        onStep({ step, durationMs: performance.now() - startedAt });
      }
      return undefined;
    },
    stop: async () => undefined,
  };
}

function rotateSecret(functionArn: string, { secret }: Deployment, token: string): RotateSecretCommand {
  return new RotateSecretCommand({
    SecretId: secret.name,
    ClientRequestToken: token,
    RotationLambdaARN: functionArn,
    RotationRules: secret.rotationRules,
  });
}

/**
 * Has the server register the token as AWSPENDING. Servers of this kind do so before they notice that they have no
 * such function.
 *
 * @throws Error where the server does not.
 */
async function registerPending(
  client: SecretsManagerClient,
  SecretId: string,
  token: string,
  rotate: RotateSecretCommand,
): Promise<void> {
  const labels = async (): Promise<Readonly<Record<string, readonly string[]>>> =>
    (await client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages ?? {};
  // moto takes a label that the last rotation left on the current version for a rotation under way.
  const [done] = Object.entries(await labels()).find(([, stages]) => stages.includes("AWSPENDING")) ?? [];
  if (done !== undefined) {
    await client.send(
      new UpdateSecretVersionStageCommand({ SecretId, VersionStage: "AWSPENDING", RemoveFromVersionId: done }),
    );
  }
  await client.send(rotate).catch(() => undefined);
  if ((await labels())[token]?.includes("AWSPENDING")) return;
  throw new Error("the server at SECRETS_MANAGER_ENDPOINT does not register a rotation's version as AWSPENDING");
}
