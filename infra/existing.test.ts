import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { type Evaluation, evaluateProgram } from "./evaluate";

const kmsKeyArn = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d";
const arn = (name: string, account = "123456789012"): string =>
  `arn:aws:secretsmanager:us-east-1:${account}:secret:${name}-AbCdEf`;
const database = { host: "db.example.com", username: "app", securityGroupId: "sg-0a1b2c3d" };
const network = { vpcId: "vpc-0a1b2c3d", subnetIds: ["subnet-0a1b2c3d", "subnet-1a1b2c3d"] };

/** The answers of the provider to lookups of these IDs. */
function without(...missing: string[]): NonNullable<Evaluation["callOf"]> {
  return (token, inputs) => {
    const id = String(inputs.id ?? inputs.keyId ?? inputs.arn);
    if (missing.includes(id)) throw new Error(`invoking ${token}: 1 error occurred:\n\t* no matching resource found`);
    return undefined;
  };
}

/** The lines of the error of a preview. */
async function problems(evaluation: Evaluation): Promise<string[]> {
  let lines: string[] = [];
  await assert.rejects(evaluateProgram({ stack: "prod", preview: true, ...evaluation }), (error: Error) => {
    assert.ok(pulumi.RunError.isInstance(error), error.stack);
    assert.equal(error.stack, error.message);
    const [title, ...rest] = error.message.split("\n");
    assert.equal(title, "Pulumi.prod.yaml cannot be deployed:");
    lines = rest.map((line) => line.replace("  - ", ""));
    return true;
  });
  return lines;
}

describe("lookUpExisting", () => {
  it("IDs that do not exist: one line for each, with key and ID, and no stack trace", async () => {
    const lines = await problems({
      config: {
        network: { ...network, endpointSecurityGroupId: "sg-1a1b2c3d" },
        databases: [
          { ...database, secretArn: arn("app/db"), adminSecretArn: arn("admin") },
          { ...database, secretArn: arn("app/other"), host: "other.example.com" },
        ],
        ...{ kmsKeyArn, additionalKmsKeyArns: [kmsKeyArn.replace("0a", "1a")] },
      },
      callOf: without(
        ...["vpc-0a1b2c3d", "subnet-1a1b2c3d", "sg-0a1b2c3d", "sg-1a1b2c3d", kmsKeyArn, kmsKeyArn.replace("0a", "1a")],
        ...[arn("app/other"), arn("admin")],
      ),
    });
    const where = "in us-east-1 of account 123456789012";
    assert.deepEqual(lines, [
      `\`additionalKmsKeyArns[0]\`: ${kmsKeyArn.replace("0a", "1a")} does not exist ${where}`,
      `\`databases[0].adminSecretArn\`: ${arn("admin")} does not exist ${where}`,
      `\`databases[0].securityGroupId\`: sg-0a1b2c3d does not exist ${where}`,
      `\`databases[1].secretArn\`: ${arn("app/other")} does not exist ${where}`,
      `\`kmsKeyArn\`: ${kmsKeyArn} does not exist ${where}`,
      `\`network.endpointSecurityGroupId\`: sg-1a1b2c3d does not exist ${where}`,
      `\`network.subnetIds[1]\`: subnet-1a1b2c3d does not exist in vpc-0a1b2c3d`,
      `\`network.vpcId\`: vpc-0a1b2c3d does not exist ${where}`,
    ]);
  });

  it("the unedited sample: one line for each ID", async () => {
    const lines = await problems({
      callOf: (token) => {
        if (/getVpc|getSubnet|getSecurityGroup|getSecret:/.test(token)) throw new Error("no matching resource found");
        return undefined;
      },
    });
    assert.equal(lines.length, 7);
    for (const line of lines) assert.match(line, /^`[\w.[\]]+`: \S+ does not exist in \S+( of account \d+)?$/);
  });

  it("ARNs of another account: one line for each", async () => {
    const other = "999999999999";
    assert.deepEqual(
      await problems({
        config: {
          databases: [{ ...database, secretArn: arn("app/db", other), adminSecretArn: arn("admin", other) }],
          ...{ kmsKeyArn: kmsKeyArn.replace("123456789012", other) },
        },
      }),
      ["databases[0].adminSecretArn", "databases[0].secretArn", "kmsKeyArn"].map(
        (path) =>
          `\`${path}\`: is in account ${other}, and the stack is in account 123456789012: set an ARN of account 123456789012`,
      ),
    );
  });

  it("a region that only the environment has: ARNs of another region are rejected", async () => {
    const [line, ...more] = await problems({
      config: {
        "aws:region": undefined,
        databases: [{ ...database, secretArn: arn("app/db").replace("us-east-1", "eu-west-1") }],
      },
    });
    assert.deepEqual(more, []);
    assert.match(line ?? "", /^`databases\[0\]\.secretArn`: is in eu-west-1, and the stack is in us-east-1/);
  });

  it("a key that is being deleted, or is not symmetric: rejected", async () => {
    const answer = (state: object) => (token: string) =>
      token === "aws:kms/getKey:getKey" ? { keySpec: "SYMMETRIC_DEFAULT", enabled: true, ...state } : undefined;
    assert.deepEqual(
      await problems({ config: { kmsKeyArn }, callOf: answer({ enabled: false, keyState: "PendingDeletion" }) }),
      [`\`kmsKeyArn\`: ${kmsKeyArn} is PendingDeletion: set an enabled, symmetric key`],
    );
    assert.deepEqual(await problems({ config: { kmsKeyArn }, callOf: answer({ keySpec: "RSA_2048" }) }), [
      `\`kmsKeyArn\`: ${kmsKeyArn} is a key for RSA_2048: set an enabled, symmetric key`,
    ]);
  });

  it("a lookup that is not allowed: a warning, and the program continues", async () => {
    const { warnings, resources } = await evaluateProgram({
      stack: "prod",
      callOf: (token) => {
        if (token === "aws:ec2/getVpc:getVpc") throw new Error("invoking:\n\t* UnauthorizedOperation: not allowed");
        return undefined;
      },
    });
    assert.ok(resources.length > 30);
    assert.deepEqual(warnings, [
      "`network.vpcId`: vpc-0a1b2c3d4e5f60718 could not be looked up: UnauthorizedOperation: not allowed",
    ]);
  });
});

describe("warnOfOtherSecrets", () => {
  const tagged = (name: string, username: string, database: string): Evaluation["callOf"] => {
    const tags = { "secrets-rotation:username": username, "secrets-rotation:database": database };
    return (token) =>
      token.endsWith(":getResources") ? { resourceTagMappingLists: [{ resourceArn: arn(name), tags }] } : undefined;
  };
  const warningsWith = async (secretName: string, callOf: Evaluation["callOf"]): Promise<string[]> => {
    const databases = [{ ...database, secretName, adminSecretArn: arn("admin") }];
    return (await evaluateProgram({ stack: "prod", config: { databases }, ...(callOf && { callOf }) })).warnings;
  };

  it("a renamed secret: warns that the new secret has the password of the configuration", async () => {
    const [warning, ...more] = await warningsWith("app/new", tagged("app/old", "app", "db.example.com:5432"));
    assert.deepEqual(more, []);
    assert.match(
      warning ?? "",
      /^`databases\[0\]`: app\/old already has the password of app on db\.example\.com:5432\. If you rename.*app\/new is a new secret with the password of the configuration/,
    );
  });

  it("a changed username: warns that the secret has the other user", async () => {
    const [warning, ...more] = await warningsWith("app/db", tagged("app/db", "former", "db.example.com:5432"));
    assert.deepEqual(more, []);
    assert.match(warning ?? "", /^`databases\[0\]\.username`: app\/db has the password of former\..*TargetMismatch/);
  });

  it("the secret as it is, and a secret of another server: no warning", async () => {
    assert.deepEqual(await warningsWith("app/db", tagged("app/db", "app", "db.example.com:5432")), []);
    assert.deepEqual(await warningsWith("app/db", tagged("app/old", "app", "other.example.com:5432")), []);
  });

  it("without tag:GetResources: warns that the secrets were not compared", async () => {
    const refused: Evaluation["callOf"] = (token) => {
      if (token.endsWith(":getResources")) throw new Error("AccessDeniedException");
      return undefined;
    };
    assert.deepEqual(await warningsWith("app/db", refused), [
      "the secrets of the account could not be compared with the configuration: allow tag:GetResources",
    ]);
  });
});
