import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type RotateSecretCommandInput,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";

/** The secret of the tests. */
export const SecretId = "app/db";
export const RotationLambdaARN = "arn:aws:lambda:us-east-1:000000000000:function:rotate";

/** Readable version IDs. The API requires at least 32 characters. */
export const versionId = (name: string): string => name.padEnd(32, "-");

/** Calls for {@link SecretId}, with readable version IDs. @param client is called for each call */
export function callsOf(client: () => SecretsManagerClient) {
  const describeSecret = () => client().send(new DescribeSecretCommand({ SecretId }));
  return {
    describeSecret,
    /** Readable version ID → staging labels. */
    async stages(): Promise<Record<string, string[]>> {
      const labeled = Object.entries((await describeSecret()).VersionIdsToStages ?? {});
      return Object.fromEntries(labeled.map(([key, labels]) => [key.replace(/-+$/, ""), labels.sort()]));
    },
    get: (selector: { VersionId?: string; VersionStage?: string } = {}) =>
      client().send(new GetSecretValueCommand({ SecretId, ...selector })),
    put: (token: string, SecretString: string, ...VersionStages: string[]) =>
      client().send(
        new PutSecretValueCommand({
          ...{ SecretId, ClientRequestToken: versionId(token), SecretString },
          ...(VersionStages.length > 0 && { VersionStages }),
        }),
      ),
    move: (VersionStage: string, from?: string, to?: string) =>
      client().send(
        new UpdateSecretVersionStageCommand({
          ...{ SecretId, VersionStage },
          ...(from !== undefined && { RemoveFromVersionId: versionId(from) }),
          ...(to !== undefined && { MoveToVersionId: versionId(to) }),
        }),
      ),
    rotate: (token: string, more: Partial<RotateSecretCommandInput> = {}) =>
      client().send(
        new RotateSecretCommand({
          ...{ SecretId, ClientRequestToken: versionId(token), RotationLambdaARN },
          ...{ RotationRules: { AutomaticallyAfterDays: 30 }, ...more },
        }),
      ),
  };
}

/** A request of a client without an SDK. */
export async function post(endpoint: string, operation: string, body: unknown) {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": operation };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(endpoint, { method: "POST", headers, body: text });
  return {
    status: response.status,
    type: response.headers.get("x-amzn-errortype"),
    body: (await response.json()) as Record<string, string>,
  };
}
