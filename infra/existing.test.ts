import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { createAuthority } from "../emulators/postgres/certificates";
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

  describe("the keys of existing secrets and administrators' secrets", () => {
    const other = kmsKeyArn.replace("0a1b", "1a1b");
    const databases = [{ ...database, secretArn: arn("app/db"), adminSecretArn: arn("admin") }];
    /** The admin secret has the key `kmsKeyId`, whose ARN is `other`. */
    const answer =
      (kmsKeyId: string, key: object = {}): NonNullable<Evaluation["callOf"]> =>
      (token, inputs) => {
        if (token.endsWith(":getSecret") && inputs.arn === arn("admin")) return { arn: inputs.arn, kmsKeyId };
        if (token.endsWith(":getKey") && inputs.keyId === kmsKeyId)
          return { arn: other, awsAccountId: "123456789012", keyManager: "CUSTOMER", ...key };
        return undefined;
      };

    for (const kmsKeyId of [other, "1a1b2c3d", "alias/admin"]) {
      it(`${kmsKeyId}: rejected if it is not in the configuration, with the ARN of the key`, async () => {
        assert.deepEqual(await problems({ config: { databases }, callOf: answer(kmsKeyId) }), [
          `\`databases[0].adminSecretArn\`: is encrypted with ${other}: add this key to \`additionalKmsKeyArns\``,
        ]);
        for (const more of [{ additionalKmsKeyArns: [other] }, { kmsKeyArn: other }]) {
          const config = { databases, ...more };
          const callOf = answer(kmsKeyId, { enabled: true, keySpec: "SYMMETRIC_DEFAULT" });
          assert.ok((await evaluateProgram({ stack: "prod", config, callOf })).resources.length > 0);
        }
      });
    }

    it("a key of another account: rejected", async () => {
      assert.deepEqual(
        await problems({ config: { databases }, callOf: answer("1a1b2c3d", { awsAccountId: "999999999999" }) }),
        [
          `\`databases[0].adminSecretArn\`: is encrypted with ${other} of another account: encrypt it with a key of account 123456789012`,
        ],
      );
    });

    it("AWS's own key, and the key that the stack created: accepted", async () => {
      const own = answer("1a1b2c3d");
      for (const callOf of [
        answer("alias/aws/secretsmanager", { keyManager: "AWS" }),
        ((token, inputs) =>
          inputs.keyId === "alias/prod-secrets-rotation" ? { arn: other } : own(token, inputs)) as typeof own,
      ])
        assert.ok((await evaluateProgram({ stack: "prod", config: { databases }, callOf })).resources.length > 0);
    });
  });

  it("an ARN without the six random characters, of a name that ends like them: rejected, with the ARN", async () => {
    const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-master";
    assert.deepEqual(
      await problems({
        config: { databases: [{ ...database, secretArn }] },
        callOf: (token, inputs) =>
          token.endsWith(":getSecret") ? { arn: `${String(inputs.arn)}-AbCdEf`, kmsKeyId: "" } : undefined,
      }),
      [`\`databases[0].secretArn\`: the ARN of this secret is ${secretArn}-AbCdEf: set it`],
    );
  });

  it("a security group of another VPC: a warning, because the VPCs may be connected", async () => {
    const { warnings } = await evaluateProgram({
      stack: "prod",
      config: { network, databases: [{ ...database, secretArn: arn("app/db") }] },
      callOf: (token) => (token.endsWith(":getSecurityGroup") ? { vpcId: "vpc-1a1b2c3d" } : undefined),
    });
    assert.deepEqual(warnings, [
      "`databases[0].securityGroupId`: sg-0a1b2c3d is in vpc-1a1b2c3d: a rule in vpc-0a1b2c3d can name it only if peering or a transit gateway connects the two",
    ]);
  });

  it("a region that only the environment has: an RDS host of another region is rejected, unless databaseCa is set", async () => {
    const databases = [{ ...database, secretArn: arn("app/db"), host: "db.abc.eu-west-1.rds.amazonaws.com" }];
    const evaluation = { regionConfigured: false, config: { databases } };
    const [line, ...more] = await problems(evaluation);
    assert.deepEqual(more, []);
    assert.match(line ?? "", /^`databases\[0\]\.host`: is in eu-west-1, and the function trusts .* of us-east-1/);
    const databaseCa = (await createAuthority()).certificatePem;
    const { resources } = await evaluateProgram({ stack: "prod", config: { databases, databaseCa } });
    assert.ok(resources.length > 0);
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
  const warningsWith = async (
    secretName: string,
    callOf: Evaluation["callOf"],
    username = "app",
  ): Promise<string[]> => {
    const databases = [{ ...database, secretName, username, adminSecretArn: arn("admin") }];
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

  it("another secret for the same login, by a host in capitals or as the clone of its user: warns", async () => {
    const inCapitals = tagged("app/old", "app", "DB.example.com:5432");
    const alternating: Evaluation["callOf"] = (token, inputs) => {
      const answer = tagged("app/old", "app", "db.example.com:5432")?.(token, inputs);
      const [{ tags = {} } = {}] = (answer?.resourceTagMappingLists ?? []) as { tags?: Record<string, string> }[];
      tags["secrets-rotation:strategy"] = "alternating-users";
      return answer;
    };
    assert.match((await warningsWith("app/new", inCapitals)).join(), /app\/old already has the password of app on/);
    assert.match(
      (await warningsWith("app/new", alternating, "app_clone")).join(),
      /app\/old already has the password of app_clone on/,
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
