import { evaluateProgram } from "../../infra/evaluate";
import type { FirstLogin, RotationScenario } from "./scenarios";

/** The inputs of a rotation that Pulumi would deploy: function, secret and database. */
export type EvaluatedStack = Awaited<ReturnType<typeof evaluateStack>>;

/**
 * Evaluates the program of this project for the stack `dev` and reads its resources.
 *
 * @param port of the database on this machine
 * @param databaseCa the authority of the database's certificate, in PEM format
 */
export async function evaluateStack(scenario: RotationScenario, port: number, databaseCa: string) {
  const stack = await evaluateProgram({
    stack: "dev",
    config: { ...scenario.config(port), databaseCa },
    outputsOf: ({ type }) => (type === "aws:rds/instance:Instance" ? { address: "localhost", port } : {}),
  });
  const lambda = stack.find("aws:lambda/function:Function").inputs as unknown as FunctionInputs;
  const secret = stack.find("aws:secretsmanager/secret:Secret").inputs as {
    name: string;
    tags: Record<string, string>;
  };
  const seed = stack.find("aws:secretsmanager/secretVersion:SecretVersion").inputs;
  const rotation = stack.find("aws:secretsmanager/secretRotation:SecretRotation").inputs;
  const rules = rotation.rotationRules as {
    automaticallyAfterDays?: number;
    scheduleExpression?: string;
    duration?: string;
  };
  return {
    /** How many resources the program registers. */
    resources: stack.resources.length,
    lambda: {
      /** The function's archive: file name → content. */
      files: await filesOf(lambda.code),
      handler: lambda.handler,
      environment: lambda.environment?.variables ?? {},
      timeoutSeconds: lambda.timeout,
      memorySize: lambda.memorySize,
      functionName: lambda.name,
    },
    secret: {
      name: secret.name,
      /** The first value, as JSON. */
      value: String(seed.secretString),
      /** Staging labels of the first version: AWSCURRENT, and a label of its own. */
      labels: seed.versionStages as string[],
      tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
      rotationRules: {
        AutomaticallyAfterDays: rules.automaticallyAfterDays,
        ScheduleExpression: rules.scheduleExpression,
        Duration: rules.duration,
      },
    },
    database: JSON.parse(String(seed.secretString)) as FirstLogin,
  };
}

/** The texts of an `AssetArchive` of `StringAsset`s, the only kind that the stack deploys. */
async function filesOf(archive: FunctionInputs["code"]): Promise<Record<string, string>> {
  const assets = await archive.assets;
  const files = Object.entries(assets).map(async ([name, asset]) => [name, await asset.text] as const);
  return Object.fromEntries(await Promise.all(files));
}

/** The inputs as the provider's types have them, once every output is known. */
interface FunctionInputs {
  readonly name: string;
  readonly handler: string;
  readonly timeout: number;
  readonly memorySize: number;
  readonly environment?: { readonly variables: Readonly<Record<string, string>> };
  readonly code: {
    readonly assets: Promise<Readonly<Record<string, { readonly text: Promise<string> }>>>;
  };
}
