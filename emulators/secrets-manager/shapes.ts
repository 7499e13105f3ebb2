import { z } from "zod";
import { ServiceError, validation } from "./errors";

/*
 * The requests of the API with their constraints, from
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html
 *
 * Parameters that the service has and this one does not (replication, resource policies, external secrets) are refused,
 * and so are misspelt ones, which the service itself would pass over in silence.
 */
const secretId = z.string().min(1).max(2048);
const versionId = z.string().min(32).max(64);
const stage = z.string().min(1).max(256);
const value = {
  SecretString: z.string().min(1).max(65536).optional(),
  SecretBinary: z.base64().min(1).max(87384).optional(),
};
const tags = z.array(z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256).optional() }));
const page = { MaxResults: z.int().min(1).max(100).optional(), NextToken: z.string().min(1).max(4096).optional() };
const described = { Description: z.string().max(2048).optional(), KmsKeyId: z.string().max(2048).optional() };
const filterKeys = ["description", "name", "tag-key", "tag-value", "primary-region", "owning-service", "all"] as const;

export const shapes = {
  CreateSecret: z.strictObject({
    Name: z.string().min(1).max(512),
    ClientRequestToken: versionId.optional(),
    ...described,
    ...value,
    Tags: tags.optional(),
  }),
  DescribeSecret: z.strictObject({ SecretId: secretId }),
  GetSecretValue: z.strictObject({
    SecretId: secretId,
    VersionId: versionId.optional(),
    VersionStage: stage.optional(),
  }),
  PutSecretValue: z.strictObject({
    SecretId: secretId,
    ClientRequestToken: versionId.optional(),
    ...value,
    VersionStages: z.array(stage).min(1).max(20).optional(),
  }),
  UpdateSecret: z.strictObject({
    SecretId: secretId,
    ClientRequestToken: versionId.optional(),
    ...described,
    ...value,
  }),
  UpdateSecretVersionStage: z.strictObject({
    SecretId: secretId,
    VersionStage: stage,
    RemoveFromVersionId: versionId.optional(),
    MoveToVersionId: versionId.optional(),
  }),
  GetRandomPassword: z.strictObject({
    PasswordLength: z.int().optional(),
    ExcludeCharacters: z.string().max(4096).optional(),
    ExcludeNumbers: z.boolean().optional(),
    ExcludePunctuation: z.boolean().optional(),
    ExcludeUppercase: z.boolean().optional(),
    ExcludeLowercase: z.boolean().optional(),
    IncludeSpace: z.boolean().optional(),
    RequireEachIncludedType: z.boolean().optional(),
  }),
  RotateSecret: z.strictObject({
    SecretId: secretId,
    ClientRequestToken: versionId.optional(),
    RotationLambdaARN: z.string().max(2048).optional(),
    RotationRules: z
      .strictObject({
        AutomaticallyAfterDays: z.int().min(1).max(1000).optional(),
        ScheduleExpression: z.string().min(1).max(256).optional(),
        Duration: z.string().min(2).max(3).optional(),
      })
      .optional(),
    RotateImmediately: z.boolean().optional(),
  }),
  CancelRotateSecret: z.strictObject({ SecretId: secretId }),
  ListSecrets: z.strictObject({
    ...page,
    Filters: z
      .array(z.strictObject({ Key: z.enum(filterKeys), Values: z.array(z.string().max(512)).min(1).max(10) }))
      .max(10)
      .optional(),
    IncludePlannedDeletion: z.boolean().optional(),
    SortOrder: z.enum(["asc", "desc"]).optional(),
  }),
  ListSecretVersionIds: z.strictObject({ SecretId: secretId, ...page, IncludeDeprecated: z.boolean().optional() }),
  TagResource: z.strictObject({ SecretId: secretId, Tags: tags }),
  UntagResource: z.strictObject({ SecretId: secretId, TagKeys: z.array(z.string().min(1).max(128)) }),
  DeleteSecret: z.strictObject({
    SecretId: secretId,
    RecoveryWindowInDays: z.int().optional(),
    ForceDeleteWithoutRecovery: z.boolean().optional(),
  }),
  RestoreSecret: z.strictObject({ SecretId: secretId }),
};

export type OperationName = keyof typeof shapes;
export type Input<Name extends OperationName> = z.infer<(typeof shapes)[Name]>;

/**
 * Checks a request against its shape.
 *
 * @throws ServiceError SerializationException for a value of the wrong type, ValidationException for everything else
 */
export function parseInput<Name extends OperationName>(name: Name, body: unknown): Input<Name> {
  const result = shapes[name].safeParse(body, { reportInput: true });
  if (result.success) return result.data as Input<Name>;
  const { issues } = result.error;
  const wrongType = issues.find((issue) => issue.code === "invalid_type" && issue.input !== undefined);
  if (wrongType !== undefined) {
    throw new ServiceError("SerializationException", `${wrongType.path.join(".")}: ${wrongType.message}`);
  }
  const list = issues.map(
    ({ path, message }) => `Value at '${path.join(".")}' failed to satisfy constraint: ${message}`,
  );
  throw validation(`${list.length} validation error${list.length > 1 ? "s" : ""} detected: ${list.join("; ")}`);
}
