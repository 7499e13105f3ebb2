import assert from "node:assert/strict";
import { seedLabel } from "../components";
import { EngineModel, SecretModel } from "../emulators/pulumi/engineModel";
import type { RecordedStack } from "../emulators/pulumi/recordedStack";
import { type Evaluation, evaluateProgram } from "./evaluate";

const secretType = "aws:secretsmanager/secret:Secret";
const versionType = "aws:secretsmanager/secretVersion:SecretVersion";
const rotationType = "aws:secretsmanager/secretRotation:SecretRotation";
const keyType = "aws:kms/key:Key";
const secretName = "app/db";
const database = { secretName, host: "db.example.com", username: "app", securityGroupId: "sg-0a1b2c3d" };
const passwords = { [secretName]: "first" };
const existing = { ...database, secretName: undefined, secretArn: arnOf(secretName) };
const kmsKeyArn = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d";

function arnOf(name: string): string {
  return `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-AbCdEf`;
}

function evaluate(config: Record<string, unknown>, callOf?: Evaluation["callOf"]): Promise<RecordedStack> {
  return evaluateProgram({ stack: "prod", config, ...(callOf === undefined ? {} : { callOf }) });
}

/** The answer for a secret whose first version was created. */
const created: Evaluation["callOf"] = (token) =>
  token.endsWith(":getSecretVersions")
    ? { versions: [{ versionId: "seed", versionStages: ["AWSPREVIOUS", seedLabel] }] }
    : undefined;

describe("a stack's life", () => {
  let service: SecretModel;
  let engine: EngineModel;
  let deployed: RecordedStack;
  beforeEach(async () => {
    service = new SecretModel();
    engine = new EngineModel(service);
    deployed = await evaluate({ databases: [database], passwords });
    engine.up(deployed);
    service.rotate("one", "rotated");
  });

  it("secretName becomes the secretArn of the same secret: the deployment is refused, and the secret is kept", async () => {
    const changed = await evaluate({ databases: [existing] });
    assert.throws(() => engine.up(changed), /secret:Secret::app\/db cannot be deleted: protected/);
  });

  it("secretName becomes the secretArn, after `pulumi state delete`: only the rotation is configured again, and nothing rotates", async () => {
    for (const type of [rotationType, versionType, secretType]) engine.forget(deployed.find(type).urn);
    const changed = await evaluate({ databases: [existing] });
    const steps = engine.up(changed);
    assert.deepEqual(
      steps.map(({ action, urn }) => [action, urn]),
      [["create", deployed.find(rotationType).urn]],
    );
    assert.equal(changed.find(rotationType).inputs.rotateImmediately, false);
    assert.equal(service.written.length, 1);
  });

  it("kmsKeyArn is set: the deployment is refused, and the stack's own key is kept", async () => {
    const changed = await evaluate({ databases: [database], passwords, kmsKeyArn });
    assert.throws(() => engine.up(changed), /key:Key::prod-secrets-rotation cannot be deleted: protected/);
  });

  it("kmsKeyArn and keepOwnKey are set: the secret gets the new key, and the stack's own key is kept", async () => {
    const changed = await evaluate({ databases: [database], passwords, kmsKeyArn, keepOwnKey: true });
    assert.deepEqual(
      engine.up(changed).map(({ action, changed: keys }) => [action, keys]),
      [["update", ["kmsKeyId"]]],
    );
    assert.equal(changed.find(secretType).inputs.kmsKeyId, kmsKeyArn);
    assert.equal(changed.all(keyType).length, 1);
  });

  it("the first password leaves the configuration: nothing is written", async () => {
    assert.deepEqual(engine.up(await evaluate({ databases: [database] }, created)), []);
    assert.equal(service.holderOf("AWSCURRENT"), "one");
  });

  it("the first password leaves the configuration, and the state was lost: no version gets an empty password", async () => {
    const { inputs } = (await evaluate({ databases: [database] }, created)).find(versionType);
    assert.equal(inputs.secretString, "");
  });

  it("no first password before the secret is created: refused, with the command to run", async () => {
    await assert.rejects(evaluate({ databases: [database] }), (error: Error) => {
      assert.deepEqual(error.message.split("\n").slice(1), [
        "  - `databases[0]`: has no first password: run `pulumi config set --secret --path 'passwords[\"app/db\"]'`, or set `adminSecretArn`",
      ]);
      return true;
    });
  });

  it("rotateImmediately: false without a password: refused before the secret is created, and accepted after that", async () => {
    const databases = [{ ...database, adminSecretArn: arnOf("admin"), rotateImmediately: false }];
    await assert.rejects(
      evaluate({ databases }),
      /`databases\[0\]\.rotateImmediately`: must be true without a password/,
    );
    await evaluate({ databases }, created);
  });
});
