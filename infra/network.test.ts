import assert from "node:assert/strict";
import type { RecordedStack } from "../emulators/pulumi/recordedStack";
import { evaluateProgram } from "./evaluate";
import { policyOf } from "./testing/policyOf";
import { shippedStack } from "./testing/shippedStack";

const egressRule = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";
const ingressRule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";

describe("network", () => {
  let dev: RecordedStack;
  let prod: RecordedStack;
  before(async () => {
    dev = await shippedStack("dev");
    prod = await shippedStack("prod");
  });

  it("rules: egress and ingress to the database and to Secrets Manager, each for one port and one security group", () => {
    const group = (name: string): unknown => dev.find("aws:ec2/securityGroup:SecurityGroup", name).id;
    const rules = (type: string) =>
      dev.all(type).map(({ inputs }) => {
        const { securityGroupId, referencedSecurityGroupId, ipProtocol, fromPort, toPort } = inputs;
        return { securityGroupId, referencedSecurityGroupId, ipProtocol, fromPort, toPort };
      });
    const rule = (securityGroupId: unknown, referencedSecurityGroupId: unknown, port: number) => ({
      securityGroupId,
      referencedSecurityGroupId,
      ipProtocol: "tcp",
      fromPort: port,
      toPort: port,
    });
    const fn = group("dev-secrets-rotation");
    assert.deepEqual(rules(egressRule), [
      rule(fn, group("dev-secrets-rotation-db"), 5432),
      rule(fn, group("dev-secrets-rotation-secretsmanager"), 443),
    ]);
    assert.deepEqual(rules(ingressRule), [
      rule(group("dev-secrets-rotation-db"), fn, 5432),
      rule(group("dev-secrets-rotation-secretsmanager"), fn, 443),
    ]);
  });

  it("security groups and rules: each has a description, and no group has inline rules", () => {
    for (const stack of [dev, prod]) {
      for (const { type, name, inputs } of stack.resources) {
        if (type === "aws:ec2/securityGroup:SecurityGroup") {
          assert.equal(inputs.ingress, undefined, name);
          assert.equal(inputs.egress, undefined, name);
        } else if (type !== egressRule && type !== ingressRule) continue;
        assert.ok(String(inputs.description ?? "").length > 10, name);
      }
    }
  });

  it("cidr: an egress rule to the addresses, and no ingress rule", async () => {
    const [database] = await databasesOf([{ cidr: "10.9.0.0/24", port: 6432 }]);
    const stack = await evaluateProgram({ stack: "prod", config: { databases: [database] } });
    const { inputs } = stack.find(egressRule, "10.9.0.0/24-6432");
    assert.deepEqual([inputs.cidrIpv4, inputs.fromPort, inputs.toPort], ["10.9.0.0/24", 6432, 6432]);
    assert.equal(stack.all(ingressRule).length, 1);
  });

  it("several subnets in a zone: the endpoint gets one of each zone, the function gets all", async () => {
    const subnetIds = ["subnet-0a1b2c3d", "subnet-0a1b2c3e", "subnet-1a1b2c3d", "subnet-1a1b2c3e"];
    const stack = await evaluateProgram({ stack: "prod", config: { network: { vpcId: "vpc-0a1b2c3d", subnetIds } } });
    const { inputs } = stack.find("aws:ec2/vpcEndpoint:VpcEndpoint");
    assert.deepEqual(inputs.subnetIds, ["subnet-0a1b2c3d", "subnet-1a1b2c3d"]);
    const { vpcConfig } = stack.find("aws:lambda/function:Function").inputs;
    assert.deepEqual((vpcConfig as { subnetIds: string[] }).subnetIds, subnetIds);
  });

  it("without `network`: a private VPC in two zones without NAT, whose default security group has no rule", () => {
    const { inputs } = dev.find("awsx:ec2:Vpc");
    assert.equal(inputs.numberOfAvailabilityZones, 2);
    assert.deepEqual(inputs.natGateways, { strategy: "None" });
    assert.deepEqual(inputs.subnetSpecs, [{ type: "Isolated", cidrMask: 24 }]);
    const closed = dev.find("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs;
    assert.deepEqual([closed.ingress, closed.egress], [undefined, undefined]);
    assert.equal(dev.all("aws:ec2/flowLog:FlowLog").length, 1);
  });

  it("with `network`: no VPC, and an endpoint unless endpointSecurityGroupId is set", async () => {
    assert.deepEqual(prod.all("awsx:ec2:Vpc"), []);
    assert.equal(prod.all("aws:ec2/vpcEndpoint:VpcEndpoint").length, 1);
    const network = {
      vpcId: "vpc-0a1b2c3d4e5f60718",
      subnetIds: ["subnet-0a1b2c3d4e5f60718", "subnet-1a1b2c3d4e5f60718"],
      endpointSecurityGroupId: "sg-99999999",
    };
    const stack = await evaluateProgram({ stack: "prod", config: { network } });
    assert.deepEqual(stack.all("aws:ec2/vpcEndpoint:VpcEndpoint"), []);
    assert.equal(stack.find(ingressRule, "secretsmanager").inputs.securityGroupId, "sg-99999999");
  });

  it("with `network`: the endpoint has no private DNS, and the function gets its URL", () => {
    const endpoint = prod.find("aws:ec2/vpcEndpoint:VpcEndpoint");
    assert.equal(endpoint.inputs.privateDnsEnabled, false);
    const { variables } = prod.find("aws:lambda/function:Function").inputs.environment as {
      variables: Record<string, string>;
    };
    assert.equal(
      variables.SECRETS_MANAGER_ENDPOINT,
      "https://vpce-0a1b2c3d-4e5f.secretsmanager.us-east-1.vpce.amazonaws.com",
    );
  });

  it("without `network`: the endpoint has private DNS, and its policy allows principals and secrets of this account", () => {
    const endpoint = dev.find("aws:ec2/vpcEndpoint:VpcEndpoint");
    assert.equal(endpoint.inputs.serviceName, "com.amazonaws.us-east-1.secretsmanager");
    assert.equal(endpoint.inputs.vpcEndpointType, "Interface");
    assert.equal(endpoint.inputs.privateDnsEnabled, true);
    const account = "123456789012";
    assert.deepEqual(
      policyOf(endpoint).Statement.map(({ Action, Condition }) => [Action, Condition]),
      [
        [["secretsmanager:*"], { StringEquals: { "aws:PrincipalAccount": account, "aws:ResourceAccount": account } }],
        [
          ["secretsmanager:GetRandomPassword", "secretsmanager:ListSecrets"],
          { StringEquals: { "aws:PrincipalAccount": account } },
        ],
      ],
    );
  });
});

async function databasesOf(changes: object[]): Promise<object[]> {
  return changes.map((change, i) => ({
    secretName: `test/db-${i}`,
    host: `db-${i}.example.com`,
    username: "app",
    adminSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf",
    ...change,
  }));
}
