import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type * as pulumi from "@pulumi/pulumi";
import { RotatedSecret, type RotatedSecretArgs } from "../../components";
import { answerCall, answerOutputs } from "../../emulators/pulumi/aws";
import { inputsThatReplace } from "../../emulators/pulumi/inputsThatReplace";
import { recordStack } from "../../emulators/pulumi/recordedStack";
import { shippedStack } from "../testing/shippedStack";
import { type Identities, identitiesOf, identityChanges, reviewedStacks, urnsFile } from "./identities";

const advice = "add an alias, or a line in CHANGELOG.md, and run `npm run api` (CONTRIBUTING.md)";

describe("an upgrade", () => {
  const reviewed = JSON.parse(readFileSync(urnsFile, "utf8")) as Record<string, Identities>;
  for (const name of reviewedStacks) {
    it(`stack ${name}: no reviewed resource is deleted or replaced`, async () => {
      const { resources } = await shippedStack(name);
      assert.deepEqual(identityChanges(reviewed[name] ?? {}, resources), [], advice);
      assert.deepEqual(reviewed[name], identitiesOf(resources), "new resources need a review too: run `npm run api`");
    });
  }

  it("urns.json: has every type whose resources must be kept", () => {
    const types = Object.values(reviewed).flatMap((stack) =>
      Object.keys(stack).map((urn) => urn.split("::")[2]?.split("$").at(-1)),
    );
    assert.deepEqual([...new Set(types)].sort(), Object.keys(inputsThatReplace).sort());
  });

  it("urns.json: at most 80 lines, so that a person can review it", () => {
    assert.ok(readFileSync(urnsFile, "utf8").split("\n").length <= 80);
  });
});

describe("identityChanges", () => {
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

  it("identitiesOf: URNs in the notation of Pulumi's engine", () => {
    const parent = "secrets-rotation:index:RotatedSecret";
    assert.deepEqual(
      Object.keys(before),
      ["secret:Secret", "secretRotation:SecretRotation", "secretVersion:SecretVersion"].map(
        (type) => `urn:pulumi:s::p::${parent}$aws:secretsmanager/${type}::db`,
      ),
    );
  });

  it("inputs that can be updated differ: no change", async () => {
    assert.deepEqual(
      identityChanges(before, await evaluate("db", { ...args, port: 6432, recoveryWindowInDays: 30 })),
      [],
    );
  });

  it("a component has another name: its children are deleted", async () => {
    const changes = identityChanges(before, await evaluate("other", args));
    assert.equal(changes.length, 3);
    assert.match(changes[0] ?? "", /Secret::db is deleted/);
  });

  it("an alias has the former name: no change, nor for the children", async () => {
    assert.deepEqual(identityChanges(before, await evaluate("other", args, { aliases: [{ name: "db" }] })), []);
  });

  it("an alias is the former URN: no change", async () => {
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

  it("an input that cannot be updated differs: the resource is replaced", async () => {
    const changes = identityChanges(before, await evaluate("db", { ...args, name: "other/db" }));
    assert.deepEqual(changes, [
      'urn:pulumi:s::p::secrets-rotation:index:RotatedSecret$aws:secretsmanager/secret:Secret::db is replaced: name is "other/db" and was "app/db"',
    ]);
  });
});
