import type { RotationRulesType } from "@aws-sdk/client-secrets-manager";
import type { LambdaOptions } from "../../emulators/lambda/lambda";
import { evaluateProgram } from "../../infra/evaluate";
import type { DatabaseAddress, FirstLogin, RotationScenario } from "./scenarios";

/** What Pulumi would deploy, as far as a rotation is concerned. */
export interface EvaluatedStack {
  /** How many resources the program registers. */
  readonly resources: number;
  /** `files` is the function's archive: file name → content. */
  readonly lambda: Required<
    Pick<LambdaOptions, "functionName" | "handler" | "environment" | "timeoutSeconds" | "memorySize">
  > & { readonly files: Readonly<Record<string, string>> };
  readonly secret: {
    readonly name: string;
    /** The first value, as JSON. */
    readonly value: string;
    /** Staging labels of the first version: AWSCURRENT, and one of its own. */
    readonly labels: string[];
    readonly tags: { Key: string; Value: string }[];
    readonly rotationRules: RotationRulesType;
  };
  /** From the secret's first value. */
  readonly database: FirstLogin;
}

/**
 * Evaluates the program of this project for the stack `dev` and reads its resources.
 *
 * @param databaseCa the authority of the database's certificate, in PEM format
 */
export async function evaluateStack(
  scenario: RotationScenario,
  { host, port }: DatabaseAddress,
  databaseCa: string,
): Promise<EvaluatedStack> {
  const stack = await evaluateProgram({
    stack: "dev",
    config: { ...scenario.config({ host, port }), databaseCa },
    outputsOf: ({ type }) => (type === "aws:rds/instance:Instance" ? { address: host, port } : {}),
  });
  const lambda = stack.find("aws:lambda/function:Function").inputs as unknown as FunctionInputs;
  const secret = stack.find("aws:secretsmanager/secret:Secret").inputs as unknown as SecretInputs;
  const seed = stack.find("aws:secretsmanager/secretVersion:SecretVersion").inputs;
  const rotation = stack.find("aws:secretsmanager/secretRotation:SecretRotation").inputs;
  const rules = rotation.rotationRules as RulesInputs;
  return {
    resources: stack.resources.length,
    lambda: {
      files: await filesOf(lambda.code),
      handler: lambda.handler,
      environment: lambda.environment?.variables ?? {},
      timeoutSeconds: lambda.timeout,
      memorySize: lambda.memorySize,
      functionName: lambda.name,
    },
    secret: {
      name: secret.name,
      value: String(seed.secretString),
      labels: seed.versionStages as string[],
      tags: Object.entries(secret.tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
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

interface SecretInputs {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
}

interface RulesInputs {
  readonly automaticallyAfterDays?: number;
  readonly scheduleExpression?: string;
  readonly duration?: string;
}
