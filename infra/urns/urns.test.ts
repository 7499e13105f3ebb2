import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { NetworkPath, type NetworkPathArgs } from "../../components";
import { answerCall, answerOutputs } from "../../emulators/pulumi/aws";
import { recordStack } from "../../emulators/pulumi/recordedStack";
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

  it("is held for each type of resource that the components make", () => {
    const types = new Set(
      Object.values(held).flatMap((stack) => Object.keys(stack).map((urn) => urn.split("::")[2]?.split("$").at(-1))),
    );
    for (const type of ["aws:secretsmanager/tag:Tag", "aws:sns/topicSubscription:TopicSubscription"]) {
      assert.ok(types.has(type), type);
    }
  });
});

describe("a change of identity", () => {
  const args = { fromSecurityGroupId: "sg-1", toSecurityGroupId: "sg-2", port: 5432, description: "way" };
  const evaluate = async (name: string, given: NetworkPathArgs, opts?: pulumi.ComponentResourceOptions) => {
    const stack = await recordStack(
      () => {
        new NetworkPath(name, given, opts);
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
    before = identitiesOf(await evaluate("path", args));
  });

  it("is written as Pulumi's engine writes URNs", () => {
    const parent = "secrets-rotation:index:NetworkPath";
    assert.deepEqual(Object.keys(before), [
      `urn:pulumi:s::p::${parent}$aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule::path`,
      `urn:pulumi:s::p::${parent}$aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule::path`,
      `urn:pulumi:s::p::${parent}::path`,
    ]);
  });

  it("is nothing where only what can be updated differs", async () => {
    assert.deepEqual(identityChanges(before, await evaluate("path", { ...args, port: 6432 })), []);
  });

  it("is a deletion when a component has another name, and its children with it", async () => {
    const changes = identityChanges(before, await evaluate("way", args));
    assert.equal(changes.length, 3);
    assert.match(changes[0] ?? "", /SecurityGroupEgressRule::path is deleted/);
  });

  it("is nothing when an alias has the former name, of the children either", async () => {
    assert.deepEqual(identityChanges(before, await evaluate("way", args, { aliases: [{ name: "path" }] })), []);
  });

  it("is nothing for what has its whole former URN as an alias", async () => {
    const asUrn = pulumi.createUrn("path", "secrets-rotation:index:NetworkPath", undefined, "p", "s");
    const renamed = await evaluate("way", args, { aliases: [asUrn] });
    assert.deepEqual(
      identityChanges(before, renamed).filter((change) => change.includes("NetworkPath::path")),
      [],
    );
  });

  it("is a replacement when an input that can't be updated differs", async () => {
    const changes = identityChanges(before, await evaluate("path", { ...args, fromSecurityGroupId: "sg-3" }));
    assert.deepEqual(changes, [
      'urn:pulumi:s::p::secrets-rotation:index:NetworkPath$aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule::path is replaced: securityGroupId is "sg-3" and was "sg-1"',
    ]);
  });
});
