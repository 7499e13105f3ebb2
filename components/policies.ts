import { arn, type Whereabouts } from "./whereabouts";

/** One statement of a policy, in IAM's own words. */
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

export function policy(...statements: Statement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

/** What the permissions of a rotation function are cut to. */
export interface RotationScope {
  functionArn: string;
  /** Patterns of the names of the secrets that the function rotates, with `*` and `?`. */
  secretNamePatterns: readonly string[];
  /** The key of those secrets. */
  kmsKeyArn: string;
  /** Secrets that hold administrators' credentials; read, never written. */
  adminSecretArns: string[];
  /** Keys of administrators' secrets and of secrets that existed before. */
  additionalKmsKeyArns: string[];
  logGroupArn: string;
  subnetIds: string[];
}

/** Lambda, and only for functions of this account. */
export function trustPolicy(at: Whereabouts): PolicyDocument {
  return policy({
    Sid: "LambdaOfThisAccount",
    Effect: "Allow",
    Principal: { Service: "lambda.amazonaws.com" },
    Action: ["sts:AssumeRole"],
    Condition: { StringEquals: { "aws:SourceAccount": at.accountId } },
  });
}

/** ARN pattern of the secrets with such names. Secrets Manager appends six random characters to a name. */
export function secretArnPattern(at: Whereabouts, namePattern: string): string {
  return arn(at, "secretsmanager", `secret:${namePattern}${namePattern.endsWith("*") ? "" : "-??????"}`);
}

/** Reading and moving the secrets that name this function as their rotator, whatever their number. */
export function secretsPolicy(at: Whereabouts, scope: RotationScope): PolicyDocument {
  const rotated = scope.secretNamePatterns.map((pattern) => secretArnPattern(at, pattern));
  const keys = [...new Set([scope.kmsKeyArn, ...scope.additionalKmsKeyArns])];
  const throughSecretsManager = { "kms:ViaService": `secretsmanager.${at.region}.${at.dnsSuffix}` };
  const statements: Statement[] = [
    {
      Sid: "RotateTheSecretsOfThisFunction",
      Effect: "Allow",
      Action: [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
      ],
      Resource: rotated,
      Condition: { StringEquals: { "secretsmanager:resource/AllowRotationLambdaArn": scope.functionArn } },
    },
    {
      // Neither call takes a resource.
      Sid: "MakePasswordsAndListAges",
      Effect: "Allow",
      Action: ["secretsmanager:GetRandomPassword", "secretsmanager:ListSecrets"],
      Resource: ["*"],
    },
    {
      Sid: "UseTheKeysThroughSecretsManager",
      Effect: "Allow",
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: keys,
      Condition: { StringEquals: throughSecretsManager, StringLike: { "kms:EncryptionContext:SecretARN": rotated } },
    },
  ];
  if (scope.adminSecretArns.length > 0) {
    statements.push(
      {
        Sid: "ReadAdministrators",
        Effect: "Allow",
        Action: ["secretsmanager:GetSecretValue"],
        Resource: scope.adminSecretArns,
      },
      {
        Sid: "DecryptAdministrators",
        Effect: "Allow",
        Action: ["kms:Decrypt"],
        Resource: keys,
        Condition: {
          StringEquals: { ...throughSecretsManager, "kms:EncryptionContext:SecretARN": scope.adminSecretArns },
        },
      },
    );
  }
  return policy(...statements);
}

/** Log, traces and the network interfaces that Lambda makes in the function's name. */
export function runtimePolicy(at: Whereabouts, scope: RotationScope): PolicyDocument {
  const addressActions = ["ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"];
  return policy(
    {
      Sid: "WriteItsOwnLog",
      Effect: "Allow",
      Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: [scope.logGroupArn, `${scope.logGroupArn}:log-stream:*`],
    },
    {
      // The X-Ray calls take no resource.
      Sid: "SendTraces",
      Effect: "Allow",
      Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
      Resource: ["*"],
    },
    {
      Sid: "CreateInterfacesInItsSubnets",
      Effect: "Allow",
      Action: ["ec2:CreateNetworkInterface"],
      Resource: [
        arn(at, "ec2", "network-interface/*"),
        // Not its own group alone: on the way out it is given the VPC's default group, and Lambda checks again.
        arn(at, "ec2", "security-group/*"),
        ...scope.subnetIds.map((id) => arn(at, "ec2", `subnet/${id}`)),
      ],
    },
    {
      // Lambda checks for this permission without naming an interface: a narrower resource fails its check.
      Sid: "DeleteInterfaces",
      Effect: "Allow",
      Action: ["ec2:DeleteNetworkInterface"],
      Resource: [arn(at, "ec2", "*/*")],
    },
    {
      Sid: "AddressInterfaces",
      Effect: "Allow",
      Action: addressActions,
      Resource: [arn(at, "ec2", "network-interface/*")],
    },
    {
      // The describing calls take no resource.
      Sid: "DescribeInterfaces",
      Effect: "Allow",
      Action: ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
      Resource: ["*"],
    },
    {
      // Lambda needs the network permissions, the handler's code never does.
      Sid: "NotFromTheHandler",
      Effect: "Deny",
      Action: [
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        ...addressActions,
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
      ],
      Resource: ["*"],
      Condition: { ArnEquals: { "lambda:SourceFunctionArn": scope.functionArn } },
    },
  );
}

/** Policy of the key: the account decides through IAM; three services may use it, each for what this stack has. */
export function keyPolicy(at: Whereabouts, logGroupNames: string[]): PolicyDocument {
  return policy(
    {
      Sid: "AccountAdministers",
      Effect: "Allow",
      Principal: { AWS: `arn:${at.partition}:iam::${at.accountId}:root` },
      Action: ["kms:*"],
      Resource: ["*"],
    },
    {
      Sid: "LogsOfThisStack",
      Effect: "Allow",
      Principal: { Service: `logs.${at.region}.${at.dnsSuffix}` },
      Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
      Resource: ["*"],
      Condition: {
        ArnEquals: {
          "kms:EncryptionContext:aws:logs:arn": logGroupNames.map((name) => arn(at, "logs", `log-group:${name}`)),
        },
      },
    },
    {
      Sid: "AlarmsToTheTopic",
      Effect: "Allow",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
      Resource: ["*"],
      Condition: { StringEquals: { "aws:SourceAccount": at.accountId } },
    },
    {
      // For EventBridge, KMS knows no source: with such a condition no event reaches an encrypted topic.
      Sid: "EventsToTheTopic",
      Effect: "Allow",
      Principal: { Service: "events.amazonaws.com" },
      Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
      Resource: ["*"],
      Condition: { ArnLike: { "kms:EncryptionContext:aws:sns:topicArn": arn(at, "sns", "*") } },
    },
  );
}

/** Alarms and rules of this account may publish; nobody may without TLS. */
export function topicPolicy(at: Whereabouts, topicArn: string): PolicyDocument {
  // The source's ARN names the account; EventBridge is not known to pass the account by itself.
  const publisher = (Sid: string, Service: string, source: string): Statement => ({
    Sid,
    Effect: "Allow",
    Principal: { Service },
    Action: ["sns:Publish"],
    Resource: [topicArn],
    Condition: { ArnLike: { "aws:SourceArn": source } },
  });
  return policy(
    publisher("Alarms", "cloudwatch.amazonaws.com", arn(at, "cloudwatch", "alarm:*")),
    publisher("Events", "events.amazonaws.com", arn(at, "events", "rule/*")),
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
 * The endpoint serves principals of this account, and secrets of this account: credentials from elsewhere, brought into the
 * VPC, carry nothing out through it.
 */
export function endpointPolicy(at: Whereabouts): PolicyDocument {
  const principal = { "aws:PrincipalAccount": at.accountId };
  return policy(
    {
      Sid: "ThisAccountOnly",
      Effect: "Allow",
      Principal: "*",
      Action: ["secretsmanager:*"],
      Resource: ["*"],
      Condition: { StringEquals: { ...principal, "aws:ResourceAccount": at.accountId } },
    },
    {
      // These take no secret, and so need not carry `aws:ResourceAccount`.
      Sid: "CallsWithoutASecret",
      Effect: "Allow",
      Principal: "*",
      Action: ["secretsmanager:GetRandomPassword", "secretsmanager:ListSecrets"],
      Resource: ["*"],
      Condition: { StringEquals: principal },
    },
  );
}
