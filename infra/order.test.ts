import assert from "node:assert/strict";
import type { RecordedResource, RecordedStack } from "../emulators/pulumi/recordedStack";
import { shippedStack } from "./testing/shippedStack";

const egressRule = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";
const ingressRule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const permission = "aws:lambda/permission:Permission";
const rotation = "aws:secretsmanager/secretRotation:SecretRotation";
const lambda = "aws:lambda/function:Function";

describe("order", () => {
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
    ["rotation", "the way out to the database", (stack) => stack.find(egressRule, "database")],
    ["rotation", "the way into the database", (stack) => stack.find(ingressRule, "database")],
    ["rotation", "the way out to Secrets Manager", (stack) => stack.find(egressRule, "secretsmanager")],
    ["rotation", "the way into Secrets Manager", (stack) => stack.find(ingressRule, "secretsmanager")],
    ["function", "its log group", (stack) => stack.find("aws:cloudwatch/logGroup:LogGroup", "dev-secrets-rotation")],
    ["function", "its policies", (stack) => stack.find("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "runtime")],
    ["function", "its role", (stack) => stack.find("aws:iam/role:Role", "dev-secrets-rotation")],
  ];
  for (const [what, first, find] of edges) {
    it(`has ${first} before the ${what}`, () => {
      const later = dev.find(what === "rotation" ? rotation : lambda);
      assert.ok(later.dependencies.includes(find(dev).urn), `${later.urn} does not wait for ${find(dev).urn}`);
    });
  }

  it("has the endpoint before the rules that lead to it", () => {
    const endpoint = dev.find("aws:ec2/vpcEndpoint:VpcEndpoint");
    assert.ok(dev.find(ingressRule, "secretsmanager").dependencies.includes(endpoint.urn));
    assert.ok(dev.find(egressRule, "secretsmanager").dependencies.includes(endpoint.urn));
  });

  it("has the database before the value that names it", () => {
    const version = dev.find("aws:secretsmanager/secretVersion:SecretVersion");
    assert.ok(version.dependencies.includes(dev.find("aws:rds/instance:Instance").urn));
  });
});
