import { type AwsContext, arn } from "./awsContext";
import { maxPolicyLength } from "./policyLength";

/** One statement of an IAM policy. */
export interface Statement {
  Sid: string;
  Effect: "Allow" | "Deny";
  Principal?: "*" | { Service: string } | { AWS: string };
  Action: string[];
  Resource?: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** A policy document, ready for `JSON.stringify`. */
export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: Statement[];
}

function policy(...statements: Statement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

/** A statement that allows, with its keys in AWS's order. */
function allow({ Sid, ...rest }: Omit<Statement, "Effect">): Statement {
  return { Sid, Effect: "Allow", ...rest };
}

/** A managed policy as JSON. @throws Error if it is longer than AWS accepts */
export function policyText(name: string, document: PolicyDocument): string {
  const text = JSON.stringify(document);
  if (text.length <= maxPolicyLength) return text;
  throw new Error(
    `the IAM policy ${name} has ${text.length} characters, and AWS accepts ${maxPolicyLength}: set fewer \`adminSecretArns\`, \`additionalKmsKeyArns\` and \`secretNamePatterns\`, or use several functions`,
  );
}

/** The resources that the permissions of a rotation function are limited to. */
export interface RotationScope {
  functionArn: string;
  /** Name patterns of the secrets that the function rotates, with `*` and `?`. */
  secretNamePatterns: readonly string[];
  /** The KMS key of those secrets. */
  kmsKeyArn: string;
  /** Secrets with the credentials of administrators. The function only reads them. */
  adminSecretArns: string[];
  /** KMS keys of administrators' secrets and of existing secrets. */
  additionalKmsKeyArns: string[];
  logGroupArn: string;
  subnetIds: string[];
}

/** Trust policy of the execution role: Lambda, for functions of this account. */
export function trustPolicy(ctx: AwsContext): PolicyDocument {
  return policy(
    allow({
      Sid: "LambdaOfThisAccount",
      Principal: { Service: "lambda.amazonaws.com" },
      Action: ["sts:AssumeRole"],
      Condition: { StringEquals: { "aws:SourceAccount": ctx.accountId } },
    }),
  );
}

/** ARN pattern of the secrets whose names match a pattern. Secrets Manager appends six random characters to a name. */
export function secretArnPattern(ctx: AwsContext, namePattern: string): string {
  return arn(ctx, "secretsmanager", `secret:${namePattern}${namePattern.endsWith("*") ? "" : "-??????"}`);
}

/** Permissions on the secrets whose rotation function this is. The document does not grow with their number. */
export function secretsPolicy(ctx: AwsContext, scope: RotationScope): PolicyDocument {
  const rotated = scope.secretNamePatterns.map((pattern) => secretArnPattern(ctx, pattern));
  const keys = [...new Set([scope.kmsKeyArn, ...scope.additionalKmsKeyArns])];
  const throughSecretsManager = { "kms:ViaService": `secretsmanager.${ctx.region}.${ctx.dnsSuffix}` };
  const statements: Statement[] = [
    allow({
      Sid: "RotateTheSecretsOfThisFunction",
      Action: [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
      ],
      Resource: rotated,
      Condition: { StringEquals: { "secretsmanager:resource/AllowRotationLambdaArn": scope.functionArn } },
    }),
    allow({
      // Neither action takes a resource.
      Sid: "MakePasswordsAndListAges",
      Action: ["secretsmanager:GetRandomPassword", "secretsmanager:ListSecrets"],
      Resource: ["*"],
    }),
    allow({
      Sid: "UseTheKeysThroughSecretsManager",
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: keys,
      Condition: { StringEquals: throughSecretsManager, StringLike: { "kms:EncryptionContext:SecretARN": rotated } },
    }),
  ];
  if (scope.adminSecretArns.length > 0) {
    statements.push(
      allow({
        Sid: "ReadAdministrators",
        Action: ["secretsmanager:GetSecretValue"],
        Resource: scope.adminSecretArns,
      }),
      allow({
        Sid: "DecryptAdministrators",
        Action: ["kms:Decrypt"],
        Resource: keys,
        Condition: {
          StringEquals: { ...throughSecretsManager, "kms:EncryptionContext:SecretARN": scope.adminSecretArns },
        },
      }),
    );
  }
  return policy(...statements);
}

/** Permissions for logs, traces, and the network interfaces that Lambda creates with the function's role. */
export function runtimePolicy(ctx: AwsContext, scope: RotationScope): PolicyDocument {
  const addressActions = ["ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"];
  const describeActions = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"];
  return policy(
    allow({
      Sid: "WriteItsOwnLog",
      Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: [scope.logGroupArn, `${scope.logGroupArn}:log-stream:*`],
    }),
    allow({
      // The X-Ray actions take no resource.
      Sid: "SendTraces",
      Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
      Resource: ["*"],
    }),
    allow({
      Sid: "CreateInterfacesInItsSubnets",
      Action: ["ec2:CreateNetworkInterface"],
      Resource: [
        arn(ctx, "ec2", "network-interface/*"),
        // Before the function is deleted, it is moved to the VPC's default group, and Lambda checks the permission
        // again.
        arn(ctx, "ec2", "security-group/*"),
        ...scope.subnetIds.map((id) => arn(ctx, "ec2", `subnet/${id}`)),
      ],
    }),
    allow({
      // Lambda checks this permission without naming an interface: with a narrower resource, the check fails.
      Sid: "DeleteInterfaces",
      Action: ["ec2:DeleteNetworkInterface"],
      Resource: [arn(ctx, "ec2", "*/*")],
    }),
    allow({
      Sid: "AddressInterfaces",
      Action: addressActions,
      Resource: [arn(ctx, "ec2", "network-interface/*")],
    }),
    allow({
      // The Describe actions take no resource.
      Sid: "DescribeInterfaces",
      Action: describeActions,
      Resource: ["*"],
    }),
    {
      // Lambda needs the network permissions. The handler's code does not.
      Sid: "NotFromTheHandler",
      Effect: "Deny",
      Action: ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", ...addressActions, ...describeActions],
      Resource: ["*"],
      Condition: { ArnEquals: { "lambda:SourceFunctionArn": scope.functionArn } },
    },
  );
}

/** Policy of the KMS key: the account's IAM policies apply, and three services may use the key for this stack. */
export function keyPolicy(ctx: AwsContext, logGroupNames: string[]): PolicyDocument {
  return policy(
    allow({
      Sid: "AccountAdministers",
      Principal: { AWS: `arn:${ctx.partition}:iam::${ctx.accountId}:root` },
      Action: ["kms:*"],
      Resource: ["*"],
    }),
    allow({
      Sid: "LogsOfThisStack",
      Principal: { Service: `logs.${ctx.region}.${ctx.dnsSuffix}` },
      Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
      Resource: ["*"],
      Condition: {
        ArnEquals: {
          "kms:EncryptionContext:aws:logs:arn": logGroupNames.map((name) => arn(ctx, "logs", `log-group:${name}`)),
        },
      },
    }),
    allow({
      Sid: "AlarmsToTheTopic",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
      Resource: ["*"],
      Condition: { StringEquals: { "aws:SourceAccount": ctx.accountId } },
    }),
    allow({
      // KMS does not support `aws:SourceArn` for EventBridge: with that condition, no event reaches an encrypted topic.
      Sid: "EventsToTheTopic",
      Principal: { Service: "events.amazonaws.com" },
      Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
      Resource: ["*"],
      Condition: { ArnLike: { "kms:EncryptionContext:aws:sns:topicArn": arn(ctx, "sns", "*") } },
    }),
  );
}

/** Policy of the topic: only alarms and rules of this account may publish, and only over TLS. */
export function topicPolicy(ctx: AwsContext, topicArn: string): PolicyDocument {
  // The ARN of the source contains the account. EventBridge does not document that it sends `aws:SourceAccount`.
  const publisher = (Sid: string, Service: string, source: string): Statement =>
    allow({
      Sid,
      Principal: { Service },
      Action: ["sns:Publish"],
      Resource: [topicArn],
      Condition: { ArnLike: { "aws:SourceArn": source } },
    });
  return policy(
    publisher("Alarms", "cloudwatch.amazonaws.com", arn(ctx, "cloudwatch", "alarm:*")),
    publisher("Events", "events.amazonaws.com", arn(ctx, "events", "rule/*")),
    {
      Sid: "OnlyOverTls",
      Effect: "Deny",
      Principal: "*",
      Action: ["sns:Publish"],
      Resource: [topicArn],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  );
}

/**
 * Policy of the endpoint: principals and secrets of this account. Credentials of another account, used inside the VPC,
 * cannot move data out through the endpoint.
 */
export function endpointPolicy(ctx: AwsContext): PolicyDocument {
  const principal = { "aws:PrincipalAccount": ctx.accountId };
  return policy(
    allow({
      Sid: "ThisAccountOnly",
      Principal: "*",
      Action: ["secretsmanager:*"],
      Resource: ["*"],
      Condition: { StringEquals: { ...principal, "aws:ResourceAccount": ctx.accountId } },
    }),
    allow({
      // These actions name no secret, so the request may not contain `aws:ResourceAccount`.
      Sid: "CallsWithoutASecret",
      Principal: "*",
      Action: ["secretsmanager:GetRandomPassword", "secretsmanager:ListSecrets"],
      Resource: ["*"],
      Condition: { StringEquals: principal },
    }),
  );
}
