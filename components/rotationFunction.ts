import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { NetworkPath } from "./networkPath";
import { packagedArchive } from "./packagedHandler";
import { type RotationScope, runtimePolicy, secretArnPattern, secretsPolicy, trustPolicy } from "./policies";
import { type TransformOptions, transformed } from "./transform";
import { arn, whereabouts } from "./whereabouts";

/** The resources of a {@link RotationFunction} that `transform` may change. */
export interface RotationFunctionResources {
  lambda: aws.lambda.FunctionArgs;
  role: aws.iam.RoleArgs;
  logGroup: aws.cloudwatch.LogGroupArgs;
  securityGroup: aws.ec2.SecurityGroupArgs;
}

export interface RotationFunctionArgs {
  /** Name of the function; its role, log group and security group carry it too. */
  name: pulumi.Input<string>;
  /**
   * Archive with the handler: `index.js`, and `trust.pem` beside it.
   * @default the handler that the package brings along, and Amazon's RDS roots of the region
   */
  code?: pulumi.Input<pulumi.asset.Archive>;
  /**
   * Certificates, as PEM, of authorities that the default `code` trusts besides Amazon's and the public ones: for
   * databases that are not RDS.
   * @default none
   */
  databaseCa?: pulumi.Input<string>;
  /** The VPC of the databases. */
  vpcId: pulumi.Input<string>;
  /** Subnets that reach the databases, in two zones or more. */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /** Security group of the VPC's Secrets Manager endpoint. */
  endpointSecurityGroupId: pulumi.Input<string>;
  /** Key of the secrets, of the log and of the function's environment. */
  kmsKeyArn: pulumi.Input<string>;
  /**
   * Patterns of the names of the secrets that the function may rotate, with `*` and `?`. They narrow both what the function
   * may touch and for which secrets Secrets Manager may invoke it.
   * @default ["*"]
   */
  secretNamePatterns?: string[];
  /**
   * Secrets with administrators' credentials that the function may read.
   * @default none
   */
  adminSecretArns?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Further keys: of administrators' secrets, of secrets that existed before.
   * @default none
   */
  additionalKmsKeyArns?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Database that administrators sign in to. Never the rotated user's, whose owner can shut an administrator out.
   * @default "postgres"
   */
  adminDatabase?: pulumi.Input<string>;
  /**
   * Settings of the function's environment, such as `PASSWORD_LENGTH`.
   * @default none
   */
  environment?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * Seconds that one step may take.
   * @default 300
   */
  timeout?: pulumi.Input<number>;
  /**
   * Memory in MB; the processor grows with it.
   * @default 256
   */
  memorySize?: pulumi.Input<number>;
  /**
   * Runtime of the function, as Lambda names it.
   * @default "nodejs24.x"
   */
  runtime?: pulumi.Input<string>;
  /**
   * Days that the log is kept, out of the lengths that CloudWatch Logs has.
   * @default 365
   */
  logRetentionInDays?: pulumi.Input<number>;
  /**
   * Executions set aside for this function out of the account's quota.
   * @default none
   */
  reservedConcurrentExecutions?: pulumi.Input<number>;
  /**
   * Code signing configuration that uploads must satisfy.
   * @default none
   */
  codeSigningConfigArn?: pulumi.Input<string>;
  /** Tags of all that takes tags. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

const defaultAdminDatabase = "postgres";

/**
 * The function that rotates, with all that it needs before the first secret may name it.
 *
 * @example
 * ```ts
 * const rotation = new RotationFunction("rotation", {
 *   name: "rotation",
 *   vpcId: "vpc-0a1b2c3d4e5f60718",
 *   subnetIds: ["subnet-0a1b2c3d4e5f60718", "subnet-1a1b2c3d4e5f60718"],
 *   endpointSecurityGroupId: endpoint.securityGroupId,
 *   kmsKeyArn: key.arn,
 *   secretNamePatterns: ["orders/*"],
 * });
 * ```
 */
export class RotationFunction extends pulumi.ComponentResource {
  /** Name of the function. */
  public readonly name: pulumi.Output<string>;
  /** ARN of the function. */
  public readonly arn: pulumi.Output<string>;
  /**
   * The same ARN, known once the function can do its work: it may be invoked, its permissions are attached and it
   * reaches Secrets Manager. What a `RotatedSecret` is given.
   */
  public readonly rotationLambdaArn: pulumi.Output<string>;
  /** Security group that connects to the databases. */
  public readonly securityGroupId: pulumi.Output<string>;
  /** Log group that the function writes to. */
  public readonly logGroupName: pulumi.Output<string>;
  /** ARN of the function's execution role. */
  public readonly roleArn: pulumi.Output<string>;

  constructor(name: string, args: RotationFunctionArgs, opts?: TransformOptions<RotationFunctionResources>) {
    super("secrets-rotation:index:RotationFunction", name, {}, opts);
    if (args.code !== undefined && args.databaseCa !== undefined) {
      throw new Error("`databaseCa` is for the default `code`: set one of the two");
    }
    const tags = args.tags ?? {};
    const at = whereabouts(this);
    const functionName = pulumi.output(args.name);
    const secretNamePatterns = args.secretNamePatterns ?? ["*"];
    if (secretNamePatterns.length === 0) throw new Error("`secretNamePatterns`: set at least one pattern");

    const logGroup = new aws.cloudwatch.LogGroup(
      name,
      transformed(opts, "logGroup", {
        name: pulumi.interpolate`/aws/lambda/${functionName}`,
        retentionInDays: args.logRetentionInDays ?? 365,
        kmsKeyId: args.kmsKeyArn,
        tags,
      }),
      { parent: this },
    );
    const group = new aws.ec2.SecurityGroup(
      name,
      transformed(opts, "securityGroup", {
        description: "Rotation function: out to its databases and to Secrets Manager, nothing in",
        vpcId: args.vpcId,
        tags,
      }),
      { parent: this },
    );
    const path = new NetworkPath(
      `${name}-secretsmanager`,
      {
        fromSecurityGroupId: group.id,
        toSecurityGroupId: args.endpointSecurityGroupId,
        port: 443,
        description: "Rotation function to Secrets Manager",
        tags,
      },
      { parent: this },
    );
    const role = new aws.iam.Role(
      name,
      transformed(opts, "role", {
        name: functionName,
        description: "Execution role of the rotation function",
        assumeRolePolicy: at.apply((where) => JSON.stringify(trustPolicy(where))),
        tags,
      }),
      { parent: this },
    );
    // Written with names, not with the function's own outputs: the permissions are there before the function is.
    const scope: pulumi.Output<RotationScope> = pulumi
      .all([at, functionName, args.kmsKeyArn, logGroup.arn])
      .apply(([where, called, kmsKeyArn, logGroupArn]) =>
        pulumi
          .all([
            pulumi.output(args.adminSecretArns ?? []),
            pulumi.output(args.additionalKmsKeyArns ?? []),
            pulumi.output(args.subnetIds),
          ])
          .apply(([adminSecretArns, additionalKmsKeyArns, subnetIds]) => ({
            functionArn: arn(where, "lambda", `function:${called}`),
            secretNamePatterns,
            kmsKeyArn,
            adminSecretArns,
            additionalKmsKeyArns,
            logGroupArn,
            subnetIds,
          })),
      );
    const attachments = [
      ["secrets", secretsPolicy, "Rotate the secrets that name this function"] as const,
      ["runtime", runtimePolicy, "Log, traces and network interfaces of the function"] as const,
    ].map(([part, document, description]) => {
      const policy = new aws.iam.Policy(
        `${name}-${part}`,
        {
          name: pulumi.interpolate`${functionName}-${part}`,
          description,
          policy: pulumi.all([at, scope]).apply(([where, cut]) => JSON.stringify(document(where, cut))),
          tags,
        },
        { parent: this },
      );
      return new aws.iam.RolePolicyAttachment(
        `${name}-${part}`,
        { role: role.name, policyArn: policy.arn },
        { parent: this },
      );
    });

    const fn = new aws.lambda.Function(
      name,
      transformed(opts, "lambda", {
        name: functionName,
        description: "Rotates PostgreSQL passwords in Secrets Manager",
        role: role.arn,
        code: args.code ?? pulumi.all([at, args.databaseCa]).apply(([{ region }, ca]) => packagedArchive(region, ca)),
        handler: "index.handler",
        runtime: args.runtime ?? "nodejs24.x",
        architectures: ["arm64"],
        timeout: args.timeout ?? 300,
        memorySize: args.memorySize ?? 256,
        kmsKeyArn: args.kmsKeyArn,
        vpcConfig: { subnetIds: args.subnetIds, securityGroupIds: [group.id] },
        // The interfaces of a deleted function stay for up to half an hour; without them the group can go at once.
        replaceSecurityGroupsOnDestroy: true,
        tracingConfig: { mode: "Active" },
        loggingConfig: { logFormat: "JSON", logGroup: logGroup.name },
        environment: {
          variables: pulumi
            .all([at, functionName, args.adminDatabase ?? defaultAdminDatabase, args.environment ?? {}])
            .apply(([{ region, dnsSuffix }, called, adminDatabase, extra]) => ({
              SECRETS_MANAGER_ENDPOINT: `https://secretsmanager.${region}.${dnsSuffix}`,
              // A dimension of each metric: two functions of one account are two services.
              POWERTOOLS_SERVICE_NAME: called,
              POWERTOOLS_METRICS_NAMESPACE: "SecretsManagerRotation",
              ...(adminDatabase === defaultAdminDatabase ? {} : { ADMIN_DATABASE: adminDatabase }),
              ...extra,
            })),
        },
        ...(args.reservedConcurrentExecutions === undefined
          ? {}
          : { reservedConcurrentExecutions: args.reservedConcurrentExecutions }),
        ...(args.codeSigningConfigArn === undefined ? {} : { codeSigningConfigArn: args.codeSigningConfigArn }),
        tags,
      }),
      { parent: this, dependsOn: [logGroup, ...attachments] },
    );
    // Lambda takes one source a statement.
    const permissions = secretNamePatterns.map(
      (pattern, i) =>
        new aws.lambda.Permission(
          i === 0 ? name : `${name}-${pattern}`,
          {
            action: "lambda:InvokeFunction",
            function: fn.name,
            principal: "secretsmanager.amazonaws.com",
            sourceAccount: at.accountId,
            sourceArn: at.apply((where) => secretArnPattern(where, pattern)),
          },
          { parent: this },
        ),
    );

    this.name = fn.name;
    this.arn = fn.arn;
    this.rotationLambdaArn = pulumi
      .all([fn.arn, path.ruleIds, pulumi.all([...permissions, ...attachments].map(({ id }) => id))])
      .apply(([functionArn]) => functionArn);
    this.securityGroupId = group.id;
    this.logGroupName = logGroup.name;
    this.roleArn = role.arn;
    this.registerOutputs({
      name: this.name,
      arn: this.arn,
      rotationLambdaArn: this.rotationLambdaArn,
      securityGroupId: this.securityGroupId,
      logGroupName: this.logGroupName,
      roleArn: this.roleArn,
    });
  }
}
