import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type * as pulumi from "@pulumi/pulumi";
import { RotatedSecret, type RotatedSecretArgs } from "../../components";
import { answerCall, answerOutputs } from "../../emulators/pulumi/aws";
import { recordStack } from "../../emulators/pulumi/recordedStack";
import { replacing } from "../../emulators/pulumi/replacing";
import { heldStacks, urnsFile } from "./heldStacks";
import { type Identities, identitiesOf, identityChanges } from "./identities";

const advice = "answer it with an alias, or with a line in CHANGELOG.md, and run `npm run api` (docs/upgrading.md)";

describe("an upgrade", () => {
  const held = JSON.parse(readFileSync(urnsFile, "utf8")) as Record<string, Identities>;
  for (const [name, evaluate] of Object.entries(heldStacks)) {
    it(`deletes and replaces nothing of the stack ${name}`, async () => {
      const { resources } = await evaluate();
      assert.deepEqual(identityChanges(held[name] ?? {}, resources), [], advice);
      assert.deepEqual(held[name], identitiesOf(resources), "what is new is reviewed too: run `npm run api`");
    });
  }

  it("is held for each type of which a resource must be kept", () => {
    const types = Object.values(held).flatMap((stack) =>
      Object.keys(stack).map((urn) => urn.split("::")[2]?.split("$").at(-1)),
    );
    assert.deepEqual([...new Set(types)].sort(), Object.keys(replacing).sort());
  });

  it("is held in a file that a person can review", () => {
    assert.ok(readFileSync(urnsFile, "utf8").split("\n").length <= 80);
  });
});

describe("a change of identity", () => {
  const args = { name: "app/db", kmsKeyId: "key", host: "db", username: "app", password: "x", rotationLambdaArn: "fn" };
  const evaluate = async (name: string, given: RotatedSecretArgs, opts?: pulumi.ComponentResourceOptions) => {
    const stack = await recordStack(
      () => {
        new RotatedSecret(name, given, opts);
        return {};
      },
      {
        project: "p",
        stack: "s",
        config: {},
        outputsOf: (resource) => answerOutputs(resource, "eu-west-1"),
        call: (token, inputs) => answerCall(token, inputs, "eu-west-1"),
      },
    );
    return stack.resources;
  };
  let before: Identities;
  beforeEach(async () => {
    before = identitiesOf(await evaluate("db", args));
  });

  it("is written as Pulumi's engine writes URNs", () => {
    const parent = "secrets-rotation:index:RotatedSecret";
    assert.deepEqual(
      Object.keys(before),
      ["secret:Secret", "secretRotation:SecretRotation", "secretVersion:SecretVersion"].map(
        (type) => `urn:pulumi:s::p::${parent}$aws:secretsmanager/${type}::db`,
      ),
    );
  });

  it("is nothing where only what can be updated differs", async () => {
    assert.deepEqual(
      identityChanges(before, await evaluate("db", { ...args, port: 6432, recoveryWindowInDays: 30 })),
      [],
    );
  });

  it("is a deletion when a component has another name, and its children with it", async () => {
    const changes = identityChanges(before, await evaluate("other", args));
    assert.equal(changes.length, 3);
    assert.match(changes[0] ?? "", /Secret::db is deleted/);
  });

  it("is nothing when an alias has the former name, of the children either", async () => {
    assert.deepEqual(identityChanges(before, await evaluate("other", args, { aliases: [{ name: "db" }] })), []);
  });

  it("is nothing for what has its whole former URN as an alias", async () => {
    const type = "secrets-rotation:index:RotatedSecret";
    const urn = `urn:pulumi:s::p::${type}$aws:secretsmanager/secret:Secret::db`;
    const renamed = (await evaluate("other", args)).map((resource) =>
      resource.type === "aws:secretsmanager/secret:Secret" ? { ...resource, aliases: [{ urn }] } : resource,
    );
    assert.deepEqual(
      identityChanges(before, renamed).filter((change) => change.startsWith(urn)),
      [],
    );
  });

  it("is a replacement when an input that can't be updated differs", async () => {
    const changes = identityChanges(before, await evaluate("db", { ...args, name: "other/db" }));
    assert.deepEqual(changes, [
      'urn:pulumi:s::p::secrets-rotation:index:RotatedSecret$aws:secretsmanager/secret:Secret::db is replaced: name is "other/db" and was "app/db"',
    ]);
  });
});
