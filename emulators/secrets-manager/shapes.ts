import { z } from "zod";
import { ServiceError, validation } from "./errors";

/*
 * The requests of the API with their constraints, from
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html
 *
 * The emulator refuses parameters that it does not implement (external secrets). It also refuses misspelled parameters,
 * which the service ignores (recorded).
 */
const secretId = z.string().min(1).max(2048);
const versionId = z.string().min(32).max(64);
const stage = z.string().min(1).max(256);
const value = {
  SecretString: z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) <= 65536, "at most 65536 bytes")
    .optional(),
  SecretBinary: z.base64().min(1).max(87384).optional(),
};
const tags = z.array(z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256).optional() }));
const page = { MaxResults: z.int().min(1).max(100).optional(), NextToken: z.string().min(1).max(4096).optional() };
const metadata = { Description: z.string().max(2048).optional(), KmsKeyId: z.string().max(2048).optional() };
const region = z
  .string()
  .max(128)
  .regex(/^([a-z]+-)+\d+$/);
const replicaRegions = z.array(z.strictObject({ Region: region, KmsKeyId: z.string().max(2048).optional() })).min(1);
const filterKeys = ["description", "name", "tag-key", "tag-value", "primary-region", "owning-service", "all"] as const;

export const shapes = {
  CreateSecret: z.strictObject({
    Name: z.string().min(1).max(512),
    ClientRequestToken: versionId.optional(),
    ...metadata,
    ...value,
    Tags: tags.optional(),
    AddReplicaRegions: replicaRegions.optional(),
    ForceOverwriteReplicaSecret: z.boolean().optional(),
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
    ...metadata,
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
      .array(
        z.strictObject({
          Key: z.enum(filterKeys).optional(),
          Values: z.array(z.string().max(512)).min(1).max(10).optional(),
        }),
      )
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
  GetResourcePolicy: z.strictObject({ SecretId: secretId }),
  PutResourcePolicy: z.strictObject({
    SecretId: secretId,
    ResourcePolicy: z.string().min(1).max(20480),
    BlockPublicPolicy: z.boolean().optional(),
  }),
  DeleteResourcePolicy: z.strictObject({ SecretId: secretId }),
  ReplicateSecretToRegions: z.strictObject({
    SecretId: secretId,
    AddReplicaRegions: replicaRegions,
    ForceOverwriteReplicaSecret: z.boolean().optional(),
  }),
  RemoveRegionsFromReplication: z.strictObject({ SecretId: secretId, RemoveReplicaRegions: z.array(region).min(1) }),
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
