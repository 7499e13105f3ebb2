import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { arn, awsContext } from "./awsContext";
import { NetworkPath } from "./networkPath";
import { packagedArchive } from "./packagedHandler";
import {
  policyText,
  type RotationScope,
  runtimePolicy,
  secretArnPattern,
  secretsPolicy,
  trustPolicy,
} from "./policies";
import type { RotationFunctionArgs } from "./rotationFunctionArgs";
import { requireOwnArns, rotationFunctionProblems } from "./rotationFunctionProblems";
import { applyTransform, type TransformOptions } from "./transform";

/** The resources of a {@link RotationFunction} that `transform` can change. */
export interface RotationFunctionResources {
  lambda: aws.lambda.FunctionArgs;
  role: aws.iam.RoleArgs;
  logGroup: aws.cloudwatch.LogGroupArgs;
  securityGroup: aws.ec2.SecurityGroupArgs;
}

/**
 * The rotation function, with its role, policies, log group, security group and invoke permissions.
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
   * The same ARN, known after the function is ready to rotate: the invoke permissions, the policies and the rules to
   * Secrets Manager exist. Pass it to `RotatedSecret`.
   */
  public readonly rotationLambdaArn: pulumi.Output<string>;
  /** Security group of the function. */
  public readonly securityGroupId: pulumi.Output<string>;
  /** Name of the function's log group. */
  public readonly logGroupName: pulumi.Output<string>;
  /** ARN of the function's execution role. */
  public readonly roleArn: pulumi.Output<string>;

  constructor(name: string, args: RotationFunctionArgs, opts?: TransformOptions<RotationFunctionResources>) {
    super("secrets-rotation:index:RotationFunction", name, {}, opts);
    const problems = [...rotationFunctionProblems(args)];
    if (problems.length > 0) throw new Error([`RotationFunction ${name}:`, ...problems].join("\n  - "));
    const { reservedConcurrentExecutions, codeSigningConfigArn } = args;
    const tags = args.tags ?? {};
    const secretNamePatterns = args.secretNamePatterns ?? ["*"];
    const ctx = awsContext(this);
    const functionName = pulumi.output(args.name);

    const logGroup = new aws.cloudwatch.LogGroup(
      name,
      applyTransform(opts, "logGroup", {
        name: pulumi.interpolate`/aws/lambda/${functionName}`,
        retentionInDays: args.logRetentionInDays ?? 365,
        kmsKeyId: args.kmsKeyArn,
        tags,
      }),
      { parent: this },
    );
    const group = new aws.ec2.SecurityGroup(
      name,
      applyTransform(opts, "securityGroup", {
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
      applyTransform(opts, "role", {
        name: functionName,
        description: "Execution role of the rotation function",
        assumeRolePolicy: ctx.apply((context) => JSON.stringify(trustPolicy(context))),
        tags,
      }),
      { parent: this },
    );
    // Built from names, not from outputs of the function: the policies are created before the function.
    const scope: pulumi.Output<RotationScope> = pulumi.output({
      functionArn: pulumi.all([ctx, functionName]).apply(([at, own]) => arn(at, "lambda", `function:${own}`)),
      secretNamePatterns,
      kmsKeyArn: args.kmsKeyArn,
      adminSecretArns: args.adminSecretArns ?? [],
      additionalKmsKeyArns: args.additionalKmsKeyArns ?? [],
      logGroupArn: logGroup.arn,
      subnetIds: args.subnetIds,
    });
    const attachments = [
      ["secrets", secretsPolicy, "Rotate the secrets that name this function"] as const,
      ["runtime", runtimePolicy, "Log, traces and network interfaces of the function"] as const,
    ].map(([part, document, description]) => {
      const policy = new aws.iam.Policy(
        `${name}-${part}`,
        {
          name: pulumi.interpolate`${functionName}-${part}`,
          description,
          policy: pulumi.all([ctx, scope]).apply(([context, limits]) => {
            const { adminSecretArns, additionalKmsKeyArns } = limits;
            // The key of another component is in its place.
            const kmsKeyArn = typeof args.kmsKeyArn === "string" ? [args.kmsKeyArn] : [];
            requireOwnArns(context, { kmsKeyArn, adminSecretArns, additionalKmsKeyArns });
            return policyText(`${name}-${part}`, document(context, limits));
          }),
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
      applyTransform(opts, "lambda", {
        name: functionName,
        description: "Rotates PostgreSQL passwords in Secrets Manager",
        role: role.arn,
        code: args.code ?? pulumi.all([ctx, args.databaseCa]).apply(([{ region }, ca]) => packagedArchive(region, ca)),
        handler: "index.handler",
        runtime: args.runtime ?? "nodejs24.x",
        architectures: ["arm64"],
        timeout: args.timeout ?? 300,
        memorySize: args.memorySize ?? 256,
        kmsKeyArn: args.kmsKeyArn,
        vpcConfig: { subnetIds: args.subnetIds, securityGroupIds: [group.id] },
        // Lambda keeps the interfaces of a deleted function for up to half an hour. This moves them to the VPC's
        // default group, so that the function's own group can be deleted immediately.
        replaceSecurityGroupsOnDestroy: true,
        tracingConfig: { mode: "Active" },
        loggingConfig: { logFormat: "JSON", logGroup: logGroup.name },
        environment: {
          variables: pulumi
            .all([ctx, functionName, args.adminDatabase ?? "postgres", args.metricsPerSecret, args.environment])
            .apply(([{ region, dnsSuffix }, serviceName, adminDatabase, metricsPerSecret, environment]) => ({
              SECRETS_MANAGER_ENDPOINT: `https://secretsmanager.${region}.${dnsSuffix}`,
              // A dimension of each metric: it separates the metrics of two functions in one account.
              POWERTOOLS_SERVICE_NAME: serviceName,
              POWERTOOLS_METRICS_NAMESPACE: "SecretsManagerRotation",
              ...(adminDatabase !== "postgres" && { ADMIN_DATABASE: adminDatabase }),
              ...(metricsPerSecret && { METRICS_PER_SECRET: "true" }),
              ...environment,
            })),
        },
        ...(reservedConcurrentExecutions !== undefined && { reservedConcurrentExecutions }),
        ...(codeSigningConfigArn !== undefined && { codeSigningConfigArn }),
        tags,
      }),
      { parent: this, dependsOn: [logGroup, ...attachments] },
    );
    // A Lambda permission has one source ARN.
    const permissions = secretNamePatterns.map(
      (pattern, i) =>
        new aws.lambda.Permission(
          i === 0 ? name : `${name}-${pattern}`,
          {
            action: "lambda:InvokeFunction",
            function: fn.name,
            principal: "secretsmanager.amazonaws.com",
            sourceAccount: ctx.accountId,
            sourceArn: ctx.apply((context) => secretArnPattern(context, pattern)),
          },
          { parent: this },
        ),
    );

    this.name = fn.name;
    this.arn = fn.arn;
    // Not the IDs of the permissions: another pattern replaces a permission, and each rotation would show a change of
    // this ARN at preview.
    this.rotationLambdaArn = pulumi
      .all([
        fn.arn,
        path.ruleIds,
        pulumi.all([...permissions.map((one) => one.function), ...attachments.map(({ id }) => id)]),
      ])
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
