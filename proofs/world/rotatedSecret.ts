import { randomBytes, randomUUID } from "node:crypto";
import { PassThrough } from "node:stream";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { run } from "../../cli/run";
import {
  type Deployment,
  functionArn,
  functionName,
  type Interference,
  sharedDeployment,
  topicArn,
} from "./deployment";

/** What a command printed, and its exit code. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of stdout as JSON. */
  json(): Record<string, unknown>;
}

export interface RunOptions {
  /** What somebody types; without it nobody is there. */
  readonly typed?: string;
  readonly stdin?: string;
  readonly now?: () => Date;
  readonly env?: NodeJS.ProcessEnv;
}

/** A secret of the shared deployment, with a role that nobody else uses. */
export interface RotatedSecret {
  readonly deployment: Deployment;
  readonly user: string;
  readonly arn: string;
  readonly name: string;
  /** `pulumi stack output --json` of a stack with this secret alone. */
  readonly stackOutputs: string;
  /** Runs a command for this secret. */
  ops(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Rotates, with the function interfered with. @returns the token */
  rotate(interference?: Interference): Promise<string>;
  labels(): Promise<Readonly<Record<string, string>>>;
  moveLabel(label: string, to: string | undefined, from: string | undefined): Promise<void>;
  /** Adds a version with the labels; keys of the current value are replaced. */
  put(value: Readonly<Record<string, unknown>> | string, labels: readonly string[], id?: string): Promise<string>;
  value(versionId: string): Promise<Readonly<Record<string, unknown>>>;
  password(versionId: string): Promise<string>;
  /** Gives the role a password behind the secret's back. */
  setPassword(password: string): Promise<void>;
  currentLogsIn(): Promise<boolean>;
  /** The function's failures for this secret, as its log has them. */
  failures(): Record<string, unknown>[];
}

export async function rotatedSecret(
  overrides: Readonly<Record<string, unknown>> = {},
  rotation: "configured" | "rotated once" | "none" = "configured",
): Promise<RotatedSecret> {
  const deployment = await sharedDeployment();
  const { client, service, monitoring, postgres } = deployment;
  // Without a database of its own, which takes longer to make than a rotation.
  const user = `test_${randomBytes(6).toString("hex")}`;
  const password = randomBytes(12).toString("base64url");
  await postgres.query(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
  const value = { engine: "postgres", host: postgres.host, port: postgres.port, username: user, password };
  const name = `ananta/dev/${user}`;
  const { ARN: arn = "" } = await client.send(
    new CreateSecretCommand({ Name: name, SecretString: JSON.stringify({ ...value, ...overrides }) }),
  );
  const stackOutputs = JSON.stringify({
    ...{ secretNames: [name], secretArns: [arn], functionName, functionArn, alarmTopicArn: topicArn },
    ...{ logGroupName: monitoring.logGroupName, dashboardUrl: "https://example.com/" },
  });

  const secret: RotatedSecret = {
    ...{ deployment, user, arn, name, stackOutputs },
    ops: (args, options = {}) =>
      runOps([...args, ...(options.stdin ? [] : ["--secret", arn])], deployment.env, options),
    async rotate(interference = {}) {
      const token = randomUUID();
      deployment.interference = interference;
      try {
        await client.send(
          new RotateSecretCommand({
            ...{ SecretId: arn, ClientRequestToken: token, RotationLambdaARN: functionArn },
            RotationRules: { AutomaticallyAfterDays: 30 },
          }),
        );
        await service.rotationFinished(arn);
      } finally {
        deployment.interference = {};
      }
      return token;
    },
    async labels() {
      const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId: arn }));
      return Object.fromEntries(
        Object.entries(VersionIdsToStages).flatMap(([id, stages]) => stages.map((stage) => [stage, id])),
      );
    },
    async moveLabel(label, to, from) {
      await client.send(
        new UpdateSecretVersionStageCommand({
          ...{ SecretId: arn, VersionStage: label },
          ...(to !== undefined && { MoveToVersionId: to }),
          ...(from !== undefined && { RemoveFromVersionId: from }),
        }),
      );
    },
    async put(changed, labels, id = randomUUID()) {
      const SecretString = typeof changed === "string" ? changed : JSON.stringify({ ...value, ...changed });
      await client.send(
        new PutSecretValueCommand({ SecretId: arn, ClientRequestToken: id, SecretString, VersionStages: [...labels] }),
      );
      return id;
    },
    async value(versionId) {
      const { SecretString = "{}" } = await client.send(
        new GetSecretValueCommand({ SecretId: arn, VersionId: versionId }),
      );
      return JSON.parse(SecretString);
    },
    password: async (versionId) => String((await secret.value(versionId)).password),
    async setPassword(password) {
      await postgres.query(`ALTER ROLE ${user} PASSWORD '${password}'`);
    },
    async currentLogsIn() {
      const { AWSCURRENT = "" } = await secret.labels();
      return postgres.canLogIn(user, await secret.password(AWSCURRENT));
    },
    failures: () =>
      monitoring.lines
        .filter(({ message }) => message.startsWith("{"))
        .map(({ message }) => JSON.parse(message) as Record<string, unknown>)
        .filter((line) => line.secret === arn && line.outcome === "failed"),
  };
  if (rotation !== "none") {
    // As a deployment leaves it where the first rotation is not to happen at once.
    const held = { before: () => rotation === "configured" };
    const token = await secret.rotate(rotation === "configured" ? held : {});
    if (rotation === "configured") await secret.moveLabel("AWSPENDING", undefined, token);
  }
  return secret;
}

/** Runs a command line with streams of its own. */
export async function runOps(args: readonly string[], env: NodeJS.ProcessEnv, options: RunOptions = {}): Promise<Ran> {
  const { typed, stdin: piped = "", now } = options;
  const isTTY = typed !== undefined;
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stdout = Object.assign(new PassThrough(), { isTTY });
  const stderr = Object.assign(new PassThrough(), { isTTY });
  if (typed === undefined) stdin.end(piped);
  else stdin.write(`${typed}\n`);
  const written = { stdout: "", stderr: "" };
  for (const [name, stream] of Object.entries({ stdout, stderr })) {
    stream.on("data", (chunk: Buffer) => {
      written[name as "stdout"] += chunk.toString();
    });
  }
  const streams = { stdin, stdout, stderr, env: { NO_COLOR: "1", ...env, ...options.env } };
  const code = await run(args, streams, { pollMs: 20, ...(now && { now }) });
  await new Promise(setImmediate);
  return {
    code,
    ...written,
    json: () => JSON.parse(written.stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>,
  };
}
