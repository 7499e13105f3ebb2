import assert from "node:assert/strict";
import type { RecordedResource, RecordedStack } from "../emulators/pulumi/recordedStack";
import { evaluateProgram } from "./evaluate";
import { shippedStack } from "./testing/shippedStack";

const egressRule = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";
const ingressRule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const permission = "aws:lambda/permission:Permission";
const rotation = "aws:secretsmanager/secretRotation:SecretRotation";
const lambda = "aws:lambda/function:Function";

describe("creation order", () => {
  let dev: RecordedStack;
  before(async () => {
    dev = await shippedStack("dev");
  });

  const edges: [string, string, (stack: RecordedStack) => RecordedResource][] = [
    ["rotation", "its first value", (stack) => stack.find("aws:secretsmanager/secretVersion:SecretVersion")],
    ["rotation", "the permission to invoke", (stack) => stack.find(permission, "dev-secrets-rotation")],
    [
      "rotation",
      "the secrets policy",
      (stack) => stack.find("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "secrets"),
    ],
    [
      "rotation",
      "the runtime policy",
      (stack) => stack.find("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "runtime"),
    ],
    ["rotation", "the egress rule to the database", (stack) => stack.find(egressRule, "database")],
    ["rotation", "the ingress rule of the database", (stack) => stack.find(ingressRule, "database")],
    ["rotation", "the egress rule to Secrets Manager", (stack) => stack.find(egressRule, "secretsmanager")],
    ["rotation", "the ingress rule of the endpoint", (stack) => stack.find(ingressRule, "secretsmanager")],
    ["function", "its log group", (stack) => stack.find("aws:cloudwatch/logGroup:LogGroup", "dev-secrets-rotation")],
    ["function", "its policies", (stack) => stack.find("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "runtime")],
    ["function", "its role", (stack) => stack.find("aws:iam/role:Role", "dev-secrets-rotation")],
  ];
  for (const [what, first, find] of edges) {
    it(`the ${what} depends on ${first}`, () => {
      const later = dev.find(what === "rotation" ? rotation : lambda);
      assert.ok(later.dependencies.includes(find(dev).urn), `${later.urn} does not depend on ${find(dev).urn}`);
    });
  }

  it("preview, when another pattern of names replaces a permission: the rotations show no change", async () => {
    const stack = await evaluateProgram({
      preview: true,
      // An empty ID is unknown at preview.
      outputsOf: ({ type }): Record<string, unknown> => (type === permission ? { id: "" } : {}),
    });
    assert.equal(stack.find(rotation).inputs.rotationLambdaArn, stack.find(lambda).outputs.arn);
    assert.ok(stack.find(rotation).dependencies.includes(stack.find(permission, "dev-secrets-rotation").urn));
  });

  it("the rules to the endpoint depend on the endpoint", () => {
    const endpoint = dev.find("aws:ec2/vpcEndpoint:VpcEndpoint");
    assert.ok(dev.find(ingressRule, "secretsmanager").dependencies.includes(endpoint.urn));
    assert.ok(dev.find(egressRule, "secretsmanager").dependencies.includes(endpoint.urn));
  });

  it("the first value depends on the database", () => {
    const version = dev.find("aws:secretsmanager/secretVersion:SecretVersion");
    assert.ok(version.dependencies.includes(dev.find("aws:rds/instance:Instance").urn));
  });
});
