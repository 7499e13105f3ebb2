import type * as pulumi from "@pulumi/pulumi";

export interface RotationFunctionArgs {
  /** Name of the function. Its role and its log group are named after it. */
  name: pulumi.Input<string>;
  /**
   * Archive with the handler: `index.js` and `trust.pem`.
   * @default the handler of the package, and the RDS root certificates of the region
   */
  code?: pulumi.Input<pulumi.asset.Archive>;
  /**
   * Certificates of certificate authorities, in PEM format, for databases outside RDS. The default `code` trusts them
   * in addition to the RDS and the public roots.
   * @default none
   */
  databaseCa?: pulumi.Input<string>;
  /** ID of the VPC of the databases. */
  vpcId: pulumi.Input<string>;
  /** Subnets that can connect to the databases, in at least two Availability Zones. */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /** Security group of the VPC's Secrets Manager endpoint. */
  endpointSecurityGroupId: pulumi.Input<string>;
  /** KMS key of the secrets, the log group and the function's environment. */
  kmsKeyArn: pulumi.Input<string>;
  /**
   * Name patterns of the secrets that the function may rotate, with `*` and `?`. They limit the function's permissions,
   * and the secrets for which Secrets Manager may invoke the function.
   * @default ["*"]
   */
  secretNamePatterns?: string[];
  /**
   * ARNs of the administrators' secrets that the function may read.
   * @default none
   */
  adminSecretArns?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Additional KMS keys: of administrators' secrets and of existing secrets.
   * @default none
   */
  additionalKmsKeyArns?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Database that administrators log in to. Do not set a database of a rotated user: its owner can lock an
   * administrator out.
   * @default "postgres"
   */
  adminDatabase?: pulumi.Input<string>;
  /**
   * Whether each metric also has the name of the secret as a dimension. CloudWatch charges for each secret's metrics.
   * @default false
   */
  metricsPerSecret?: pulumi.Input<boolean>;
  /**
   * Additional environment variables of the function, such as `PASSWORD_LENGTH`.
   * @default none
   */
  environment?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * Timeout of the function in seconds. Each rotation step is one invocation.
   * @default 300
   */
  timeout?: pulumi.Input<number>;
  /**
   * Memory in MB. Lambda allocates CPU in proportion to it.
   * @default 256
   */
  memorySize?: pulumi.Input<number>;
  /**
   * Lambda runtime identifier.
   * @default "nodejs24.x"
   */
  runtime?: pulumi.Input<string>;
  /**
   * Retention of the log group in days, a value that CloudWatch Logs supports.
   * @default 365
   */
  logRetentionInDays?: pulumi.Input<number>;
  /**
   * Reserved concurrency, taken from the account's quota.
   * @default none
   */
  reservedConcurrentExecutions?: pulumi.Input<number>;
  /**
   * ARN of a code signing configuration.
   * @default none
   */
  codeSigningConfigArn?: pulumi.Input<string>;
  /** Tags of all resources that support tags. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
