import { randomBytes, randomUUID } from "node:crypto";
import { CreateSecretCommand, RotateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { functionArn } from "../../emulators/lambda/functionUnderTest";
import { loadFunction } from "../../emulators/lambda/loadedFunction";
import { type RotationStep, type SecretsManager, startSecretsManager } from "../../emulators/secrets-manager";
import { archive } from "./archive";

export interface AgainstOptions {
  /** Whom the function trusts, PEM. */
  readonly ca: string;
  /** Keys of the secret's JSON that are not as they should be; as text, the whole of it. */
  readonly secret?: Readonly<Record<string, unknown>> | string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number;
}

export interface Answer {
  readonly ok: boolean;
  /** A code of the catalogue. */
  readonly errorType?: string;
  readonly errorMessage?: string;
  readonly stack?: string;
  /** What the function wrote meanwhile. */
  readonly log: readonly string[];
}

/** The function with a secret whose rotation is registered, of which a test takes the steps. */
export interface FunctionAgainst {
  readonly service: SecretsManager;
  readonly client: SecretsManagerClient;
  readonly secretId: string;
  readonly token: string;
  /** Of AWSCURRENT. */
  readonly password: string;
  /** Any event. */
  invoke(event: unknown): Promise<Answer>;
  /** A step of the rotation. */
  take(step: RotationStep): Promise<Answer>;
  /** The value of the pending version. */
  pending(): string | undefined;
  close(): Promise<void>;
}

export async function functionAgainst(options: AgainstOptions): Promise<FunctionAgainst> {
  const service = await startSecretsManager({
    retries: 0,
    invoke: async () => ({ ok: false, errorType: "Held", errorMessage: "the test takes the steps" }),
  });
  const client = new SecretsManagerClient({
    endpoint: service.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const password = randomBytes(18).toString("base64url");
  const { secret = {} } = options;
  const value = { engine: "postgres", host: "localhost", port: 1, username: "app", password, dbname: "postgres" };
  const { ARN: secretId = "" } = await client.send(
    new CreateSecretCommand({
      Name: `db/${randomUUID()}`,
      SecretString: typeof secret === "string" ? secret : JSON.stringify({ ...value, ...secret }),
      Tags: Object.entries(options.tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  const token = randomUUID();
  await client.send(
    new RotateSecretCommand({
      ...{ SecretId: secretId, ClientRequestToken: token, RotationLambdaARN: functionArn },
      RotationRules: { AutomaticallyAfterDays: 30 },
    }),
  );
  await service.rotationFinished(secretId);

  const lines: string[] = [];
  const underTest = loadFunction({
    files: archive(options.ca),
    environment: { SECRETS_MANAGER_ENDPOINT: service.endpoint, ...options.environment },
    onLog: (line) => void lines.push(line),
    ...(options.timeoutSeconds === undefined ? {} : { timeoutSeconds: options.timeoutSeconds }),
  });
  const invoke = async (event: unknown): Promise<Answer> => {
    const from = lines.length;
    const answer = await underTest.invoke(event);
    return { ...answer, log: lines.slice(from) };
  };
  return {
    ...{ service, client, secretId, token, password, invoke },
    take: (step) => invoke({ Step: step, SecretId: secretId, ClientRequestToken: token }),
    pending() {
      const value = service.store.find(secretId).versions.get(token)?.value;
      return value !== undefined && "SecretString" in value ? value.SecretString : undefined;
    },
    async close() {
      client.destroy();
      await underTest.stop();
      await service.close();
    },
  };
}
