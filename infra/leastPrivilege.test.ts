import assert from "node:assert/strict";
import type { RecordedStack } from "../emulators/pulumi/recordedStack";
import { evaluateProgram } from "./evaluate";
import { policyOf, statementOf } from "./testing/policyOf";
import { shippedStack } from "./testing/shippedStack";

const key = "aws:kms/key:Key";
const managed = "aws:iam/policy:Policy";
const functionArn = "arn:aws:lambda:us-east-1:123456789012:function:dev-secrets-rotation";
const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ananta/dev/control-plane-db-??????";

describe("the function's IAM policies", () => {
  let dev: RecordedStack;
  let prod: RecordedStack;
  before(async () => {
    dev = await shippedStack("dev");
    prod = await shippedStack("prod");
  });

  it("allow every action that a rotation needs, and no other action", () => {
    const actions = ["secrets", "runtime"]
      .flatMap((part) =>
        policyOf(dev.find(managed, `dev-secrets-rotation-${part}`)).Statement.filter(
          ({ Effect }) => Effect === "Allow",
        ),
      )
      .flatMap(({ Action }) => Action);
    assert.deepEqual([...actions].sort(), [
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:UnassignPrivateIpAddresses",
      "kms:Decrypt",
      "kms:GenerateDataKey",
      "logs:CreateLogGroup",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetRandomPassword",
      "secretsmanager:GetSecretValue",
      "secretsmanager:ListSecretVersionIds",
      "secretsmanager:ListSecrets",
      "secretsmanager:PutSecretValue",
      "secretsmanager:UpdateSecretVersionStage",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ]);
  });

  it("allow access only to secrets of the given name whose rotation function this is", () => {
    assert.deepEqual(statementOf(dev.find(managed, "dev-secrets-rotation-secrets"), "RotateTheSecretsOfThisFunction"), {
      Sid: "RotateTheSecretsOfThisFunction",
      Effect: "Allow",
      Action: [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
      ],
      Resource: [secretArn],
      Condition: { StringEquals: { "secretsmanager:resource/AllowRotationLambdaArn": functionArn } },
    });
  });

  it("allow one KMS key, through Secrets Manager, for these secrets", () => {
    assert.deepEqual(
      statementOf(dev.find(managed, "dev-secrets-rotation-secrets"), "UseTheKeysThroughSecretsManager"),
      {
        Sid: "UseTheKeysThroughSecretsManager",
        Effect: "Allow",
        Action: ["kms:Decrypt", "kms:GenerateDataKey"],
        Resource: [dev.find(key).outputs.arn],
        Condition: {
          StringEquals: { "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" },
          StringLike: { "kms:EncryptionContext:SecretARN": [secretArn] },
        },
      },
    );
  });

  it("allow only reading of the listed administrators' secrets", () => {
    const secrets = prod.find(managed, "prod-secrets-rotation-secrets");
    const administrators = [
      "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!cluster-0a1b2c3d-AbCdEf",
      "arn:aws:secretsmanager:us-east-1:123456789012:secret:ananta/prod/reporting-admin-GhIjKl",
    ];
    const statement = statementOf(secrets, "ReadAdministrators");
    assert.deepEqual(statement.Action, ["secretsmanager:GetSecretValue"]);
    assert.deepEqual(statement.Resource, administrators);
    const key = statementOf(secrets, "DecryptAdministrators");
    assert.deepEqual(key.Action, ["kms:Decrypt"]);
    assert.deepEqual(key.Condition, {
      StringEquals: {
        "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com",
        "kms:EncryptionContext:SecretARN": administrators,
      },
    });
    for (const { Sid, Action, Resource, Condition } of policyOf(secrets).Statement) {
      if (Sid === "ReadAdministrators" || Sid === "DecryptAdministrators") continue;
      const text = JSON.stringify([Resource, Condition]);
      for (const arn of administrators) assert.ok(!text.includes(arn), `${Sid}: ${Action}`);
    }
    assert.deepEqual(policyOf(dev.find(managed, "dev-secrets-rotation-secrets")).Statement.length, 3);
  });

  it("have the resource * only for actions without a resource, and no wildcard in an action", () => {
    for (const stack of [dev, prod]) {
      for (const resource of stack.all(managed)) {
        for (const { Effect, Action, Resource = [] } of policyOf(resource).Statement) {
          if (Effect === "Deny") continue;
          for (const action of Action) {
            assert.doesNotMatch(action, /\*/);
            const takesNoResource = /^(xray:|ec2:Describe|secretsmanager:(GetRandomPassword|ListSecrets)$)/.test(
              action,
            );
            assert.equal(Resource.includes("*"), takesNoResource, action);
          }
        }
      }
    }
  });

  it("allow network interfaces only in the function's subnets, and deny them to the handler's code", () => {
    const runtime = dev.find(managed, "dev-secrets-rotation-runtime");
    const { subnetIds } = dev.find("aws:lambda/function:Function").inputs.vpcConfig as { subnetIds: string[] };
    assert.deepEqual(statementOf(runtime, "CreateInterfacesInItsSubnets").Resource, [
      "arn:aws:ec2:us-east-1:123456789012:network-interface/*",
      "arn:aws:ec2:us-east-1:123456789012:security-group/*",
      ...subnetIds.map((id) => `arn:aws:ec2:us-east-1:123456789012:subnet/${id}`),
    ]);
    assert.deepEqual(statementOf(runtime, "NotFromTheHandler"), {
      Sid: "NotFromTheHandler",
      Effect: "Deny",
      Action: [
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
      ],
      Resource: ["*"],
      Condition: { ArnEquals: { "lambda:SourceFunctionArn": functionArn } },
    });
  });

  it("allow writing only to the function's own log group", () => {
    const group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/dev-secrets-rotation";
    assert.deepEqual(statementOf(dev.find(managed, "dev-secrets-rotation-runtime"), "WriteItsOwnLog").Resource, [
      group,
      `${group}:log-stream:*`,
    ]);
  });

  it("trust policy: only Lambda, for this account, may assume the role", () => {
    assert.deepEqual(policyOf(dev.find("aws:iam/role:Role", "dev-secrets-rotation"), "assumeRolePolicy").Statement, [
      {
        Sid: "LambdaOfThisAccount",
        Effect: "Allow",
        Principal: { Service: "lambda.amazonaws.com" },
        Action: ["sts:AssumeRole"],
        Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
      },
    ]);
  });

  it("roles: no inline policy and no AWS managed policy", () => {
    for (const role of dev.all("aws:iam/role:Role")) {
      assert.equal(role.inputs.inlinePolicies, undefined);
      assert.equal(role.inputs.managedPolicyArns, undefined);
    }
    for (const attachment of dev.all("aws:iam/rolePolicyAttachment:RolePolicyAttachment")) {
      assert.match(String(attachment.inputs.policyArn), /^arn:aws:iam::123456789012:policy\/dev-secrets-rotation-/);
    }
  });

  it("invoke permission: Secrets Manager, for secrets of this account and name", () => {
    const permission = dev.find("aws:lambda/permission:Permission", "dev-secrets-rotation");
    const { principal, sourceAccount, sourceArn, action } = permission.inputs;
    assert.deepEqual(
      { principal, sourceAccount, sourceArn, action },
      {
        principal: "secretsmanager.amazonaws.com",
        sourceAccount: "123456789012",
        sourceArn: secretArn,
        action: "lambda:InvokeFunction",
      },
    );
    const many = prod.find("aws:lambda/permission:Permission", "prod-secrets-rotation");
    assert.equal(many.inputs.sourceArn, "arn:aws:secretsmanager:us-east-1:123456789012:secret:ananta/prod/*");
  });
});

describe("the KMS key", () => {
  let dev: RecordedStack;
  before(async () => {
    dev = await shippedStack("dev");
  });

  it("is rotated every year, and its deletion window is not shorter than the secrets' recovery window", () => {
    const { enableKeyRotation, deletionWindowInDays, bypassPolicyLockoutSafetyCheck } = dev.find(key).inputs;
    assert.equal(enableKeyRotation, true);
    assert.equal(bypassPolicyLockoutSafetyCheck, undefined);
    const { recoveryWindowInDays } = dev.find("aws:secretsmanager/secret:Secret").inputs;
    assert.ok(Number(deletionWindowInDays) >= Number(recoveryWindowInDays));
  });

  it("allows kms:* only to the account, and every service only with a condition", () => {
    for (const { Sid, Principal, Action, Condition } of policyOf(dev.find(key)).Statement) {
      if (Action.includes("kms:*")) assert.deepEqual(Principal, { AWS: "arn:aws:iam::123456789012:root" });
      else assert.ok(Condition !== undefined, Sid);
    }
    assert.deepEqual(statementOf(dev.find(key), "LogsOfThisStack").Condition, {
      ArnEquals: {
        "kms:EncryptionContext:aws:logs:arn": dev
          .all("aws:cloudwatch/logGroup:LogGroup")
          .map(({ outputs }) => outputs.arn)
          .sort(),
      },
    });
    assert.deepEqual(statementOf(dev.find(key), "AlarmsToTheTopic").Condition, {
      StringEquals: { "aws:SourceAccount": "123456789012" },
    });
  });

  it("condition for EventBridge: only the topic, because EventBridge does not send a source", () => {
    assert.deepEqual(statementOf(dev.find(key), "EventsToTheTopic").Condition, {
      ArnLike: { "kms:EncryptionContext:aws:sns:topicArn": "arn:aws:sns:us-east-1:123456789012:*" },
    });
  });

  it("encrypts the secret, the logs, the environment, the topic and the database", () => {
    const { arn } = dev.find(key).outputs;
    assert.equal(dev.find("aws:secretsmanager/secret:Secret").inputs.kmsKeyId, arn);
    for (const group of dev.all("aws:cloudwatch/logGroup:LogGroup")) assert.equal(group.inputs.kmsKeyId, arn);
    assert.equal(dev.find("aws:lambda/function:Function").inputs.kmsKeyArn, arn);
    assert.equal(dev.find("aws:sns/topic:Topic").inputs.kmsMasterKeyId, arn);
    assert.equal(dev.find("aws:rds/instance:Instance").inputs.kmsKeyId, arn);
  });

  it("kmsKeyArn: the stack creates no key and uses the configured one", async () => {
    const kmsKeyArn = "arn:aws:kms:us-east-1:123456789012:key/own";
    const stack = await evaluateProgram({ config: { kmsKeyArn } });
    assert.deepEqual(stack.all(key), []);
    assert.equal(stack.find("aws:secretsmanager/secret:Secret").inputs.kmsKeyId, kmsKeyArn);
  });
});
