import assert from "node:assert/strict";
import { evaluateProgram } from "./testing/evaluateProgram";
import { policyOf, statementOf } from "./testing/policyOf";
import type { RecordedResource, RecordedStack } from "./testing/recordedStack";

const egressRule = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";
const ingressRule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const permission = "aws:lambda/permission:Permission";
const alarmType = "aws:cloudwatch/metricAlarm:MetricAlarm";
const rotation = "aws:secretsmanager/secretRotation:SecretRotation";
const lambda = "aws:lambda/function:Function";

describe("the stack", () => {
  let dev: RecordedStack;
  let prod: RecordedStack;
  before(async () => {
    dev = await evaluateProgram({ stack: "dev" });
    prod = await evaluateProgram({ stack: "prod" });
  });

  describe("order", () => {
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
      [
        "function",
        "its policies",
        (stack) => stack.find("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "runtime"),
      ],
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

  describe("network", () => {
    it("has two rules for each way, both with a description, and no way that is open", () => {
      const group = (name: string): unknown => dev.find("aws:ec2/securityGroup:SecurityGroup", name).id;
      const rules = (type: string) =>
        dev.all(type).map(({ inputs }) => {
          const { securityGroupId, referencedSecurityGroupId, ipProtocol, fromPort, toPort } = inputs;
          return { securityGroupId, referencedSecurityGroupId, ipProtocol, fromPort, toPort };
        });
      const way = (securityGroupId: unknown, referencedSecurityGroupId: unknown, port: number) => ({
        securityGroupId,
        referencedSecurityGroupId,
        ipProtocol: "tcp",
        fromPort: port,
        toPort: port,
      });
      const fn = group("dev-secrets-rotation");
      assert.deepEqual(rules(egressRule), [
        way(fn, group("dev-secrets-rotation-db"), 5432),
        way(fn, group("dev-secrets-rotation-secretsmanager"), 443),
      ]);
      assert.deepEqual(rules(ingressRule), [
        way(group("dev-secrets-rotation-db"), fn, 5432),
        way(group("dev-secrets-rotation-secretsmanager"), fn, 443),
      ]);
    });

    it("describes each group and rule, and keeps rules out of the groups", () => {
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

    it("reaches a database without a group by its addresses only", async () => {
      const [database] = await databasesOf([{ cidr: "10.9.0.0/24", port: 6432 }]);
      const stack = await evaluateProgram({ stack: "prod", config: { databases: [database] } });
      const { inputs } = stack.find(egressRule, "10.9.0.0/24-6432");
      assert.deepEqual([inputs.cidrIpv4, inputs.fromPort, inputs.toPort], ["10.9.0.0/24", 6432, 6432]);
      assert.equal(stack.all(ingressRule).length, 1);
    });

    it("makes a private VPC in two zones without NAT, whose default group lets nothing through", () => {
      const { inputs } = dev.find("awsx:ec2:Vpc");
      assert.equal(inputs.numberOfAvailabilityZones, 2);
      assert.deepEqual(inputs.natGateways, { strategy: "None" });
      assert.deepEqual(inputs.subnetSpecs, [{ type: "Isolated", cidrMask: 24 }]);
      const closed = dev.find("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs;
      assert.deepEqual([closed.ingress, closed.egress], [undefined, undefined]);
      assert.equal(dev.all("aws:ec2/flowLog:FlowLog").length, 1);
    });

    it("makes nothing in a network that exists but an endpoint, and not even that where there is one", async () => {
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

    it("has an endpoint with a private name for principals of this account", () => {
      const endpoint = dev.find("aws:ec2/vpcEndpoint:VpcEndpoint");
      assert.equal(endpoint.inputs.serviceName, "com.amazonaws.us-east-1.secretsmanager");
      assert.equal(endpoint.inputs.vpcEndpointType, "Interface");
      assert.equal(endpoint.inputs.privateDnsEnabled, true);
      assert.deepEqual(statementOf(endpoint, "ThisAccountOnly").Condition, {
        StringEquals: { "aws:PrincipalAccount": "123456789012" },
      });
    });
  });

  describe("function", () => {
    it("has the names, limits and runtime that are agreed", () => {
      const { inputs } = dev.find(lambda);
      const { name, timeout, runtime, handler, architectures, tracingConfig, replaceSecurityGroupsOnDestroy } = inputs;
      assert.deepEqual(
        { name, timeout, runtime, handler, architectures, tracingConfig, replaceSecurityGroupsOnDestroy },
        {
          name: "dev-secrets-rotation",
          timeout: 300,
          runtime: "nodejs24.x",
          handler: "index.handler",
          architectures: ["arm64"],
          tracingConfig: { mode: "Active" },
          replaceSecurityGroupsOnDestroy: true,
        },
      );
      assert.deepEqual(inputs.loggingConfig, { logFormat: "JSON", logGroup: "/aws/lambda/dev-secrets-rotation" });
    });

    it("is told where Secrets Manager is, and never what Lambda reserves", () => {
      assert.deepEqual(dev.find(lambda).inputs.environment, {
        variables: {
          SECRETS_MANAGER_ENDPOINT: "https://secretsmanager.us-east-1.amazonaws.com",
          POWERTOOLS_SERVICE_NAME: "secrets-rotation",
          POWERTOOLS_METRICS_NAMESPACE: "SecretsManagerRotation",
        },
      });
    });

    it("takes its settings from the configuration", async () => {
      const codeSigningConfigArn = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0a1b2c3d4e5f60718";
      const stack = await evaluateProgram({
        config: {
          function: { timeout: 60, memorySize: 512, reservedConcurrentExecutions: 5, codeSigningConfigArn },
          password: { length: 40, excludeCharacters: "%", form: "plaintext" },
        },
      });
      const { inputs } = stack.find(lambda);
      assert.deepEqual([inputs.timeout, inputs.memorySize, inputs.reservedConcurrentExecutions], [60, 512, 5]);
      assert.equal(inputs.codeSigningConfigArn, codeSigningConfigArn);
      const { variables } = inputs.environment as { variables: Record<string, string> };
      assert.equal(variables.PASSWORD_LENGTH, "40");
      assert.equal(variables.EXCLUDE_CHARACTERS, "%");
      assert.equal(variables.PASSWORD_FORM, "plaintext");
      assert.equal(stack.find(alarmType, "duration").inputs.threshold, 48_000);
    });

    it("keeps its log for a year", () => {
      const { inputs } = dev.find("aws:cloudwatch/logGroup:LogGroup", "dev-secrets-rotation");
      assert.deepEqual([inputs.name, inputs.retentionInDays], ["/aws/lambda/dev-secrets-rotation", 365]);
    });
  });

  describe("monitoring", () => {
    const alarms: [string, string, string, string, number, string, Record<string, string>][] = [
      ["errors", "AWS/Lambda", "Errors", "Sum", 1, "notBreaching", { FunctionName: "dev-secrets-rotation" }],
      ["throttles", "AWS/Lambda", "Throttles", "Sum", 1, "notBreaching", { FunctionName: "dev-secrets-rotation" }],
      [
        "duration",
        "AWS/Lambda",
        "Duration",
        "Maximum",
        240_000,
        "notBreaching",
        { FunctionName: "dev-secrets-rotation" },
      ],
      ["failures", "SecretsManagerRotation", "Failure", "Sum", 1, "notBreaching", { service: "secrets-rotation" }],
      [
        "overdue",
        "SecretsManagerRotation",
        "OverdueSecrets",
        "Maximum",
        1,
        "breaching",
        { service: "secrets-rotation" },
      ],
    ];
    for (const [part, namespace, metricName, statistic, threshold, treatMissingData, dimensions] of alarms) {
      it(`has an alarm on ${metricName}`, () => {
        const { inputs } = dev.find(alarmType, `dev-secrets-rotation-${part}`);
        assert.deepEqual(
          {
            namespace: inputs.namespace,
            metricName: inputs.metricName,
            statistic: inputs.statistic,
            threshold: inputs.threshold,
            treatMissingData: inputs.treatMissingData,
            dimensions: inputs.dimensions,
          },
          { namespace, metricName, statistic, threshold, treatMissingData, dimensions },
        );
        assert.equal(inputs.comparisonOperator, "GreaterThanOrEqualToThreshold");
        assert.equal(inputs.actionsEnabled, true);
        assert.deepEqual(inputs.alarmActions, [dev.find("aws:sns/topic:Topic").outputs.arn]);
      });
    }

    it("hears of the rotations that Secrets Manager gave up", () => {
      const rule = dev.find("aws:cloudwatch/eventRule:EventRule", "failures");
      assert.deepEqual(JSON.parse(String(rule.inputs.eventPattern)), {
        source: ["aws.secretsmanager"],
        "detail-type": ["AWS Service Event via CloudTrail"],
        detail: {
          eventName: ["RotationFailed", "RotationAbandoned", "TestRotationFailed"],
          additionalEventData: {
            SecretId: [{ prefix: "arn:aws:secretsmanager:us-east-1:123456789012:secret:ananta/dev/control-plane-db-" }],
          },
        },
      });
      const target = dev.find("aws:cloudwatch/eventTarget:EventTarget", "failures");
      assert.equal(target.inputs.arn, dev.find("aws:sns/topic:Topic").outputs.arn);
    });

    it("has the function look at ages twice a day, and lets the rule invoke it", () => {
      const rule = dev.find("aws:cloudwatch/eventRule:EventRule", "age");
      assert.equal(rule.inputs.scheduleExpression, "rate(12 hours)");
      const target = dev.find("aws:cloudwatch/eventTarget:EventTarget", "age");
      assert.deepEqual(JSON.parse(String(target.inputs.input)), { Check: "rotation-age" });
      assert.equal(target.inputs.arn, dev.find(lambda).outputs.arn);
      const { principal, sourceArn, sourceAccount } = dev.find(permission, "dev-secrets-rotation-age").inputs;
      assert.deepEqual([principal, sourceArn], ["events.amazonaws.com", rule.outputs.arn]);
      assert.equal(sourceAccount, undefined, "with a source account, EventBridge is kept out");
    });

    it("has a topic for this account's alarms and rules, over TLS", () => {
      const document = policyOf(dev.find("aws:sns/topicPolicy:TopicPolicy"));
      assert.deepEqual(
        document.Statement.map(({ Effect, Principal, Action, Condition }) => ({
          Effect,
          Principal,
          Action,
          Condition,
        })),
        [
          ["cloudwatch.amazonaws.com", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*"],
          ["events.amazonaws.com", "arn:aws:events:us-east-1:123456789012:rule/*"],
        ]
          .map(([Service, source]): object => ({
            Effect: "Allow",
            Principal: { Service },
            Action: ["sns:Publish"],
            Condition: { ArnLike: { "aws:SourceArn": source } },
          }))
          .concat({
            Effect: "Deny",
            Principal: "*",
            Action: ["sns:Publish"],
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          }),
      );
    });

    it("tells who is configured", async () => {
      const alarmsTo = { emails: ["a@example.com"], webhooks: ["https://example.com/hook"] };
      const stack = await evaluateProgram({ config: { alarms: alarmsTo } });
      assert.deepEqual(
        stack
          .all("aws:sns/topicSubscription:TopicSubscription")
          .map(({ inputs }) => [inputs.protocol, inputs.endpoint]),
        [
          ["email", "a@example.com"],
          ["https", "https://example.com/hook"],
        ],
      );
    });

    it("shows success, failure, duration and age for each secret", () => {
      const body = String(dev.find("aws:cloudwatch/dashboard:Dashboard").inputs.dashboardBody);
      assert.ok(JSON.parse(body).widgets.length >= 4);
      for (const metric of ["Success", "Failure", "Duration", "DaysSinceRotation"]) {
        assert.ok(
          body.includes(`SEARCH('{SecretsManagerRotation,SecretName,service} MetricName=\\"${metric}\\"'`),
          metric,
        );
      }
    });
  });

  describe("schedule", () => {
    it("rotates at once, then every 30 days", () => {
      const { rotateImmediately, rotationRules } = dev.find(rotation).inputs;
      assert.deepEqual([rotateImmediately, rotationRules], [true, { automaticallyAfterDays: 30 }]);
    });

    it("gives each secret an hour of its own in a long window", () => {
      const { rotationRules } = prod.find(rotation, "ananta/prod/reporting-db").inputs;
      const { scheduleExpression, duration } = rotationRules as { scheduleExpression: string; duration: string };
      assert.match(scheduleExpression, /^cron\(0 [2-5] \? \* SUN \*\)$/);
      assert.equal(duration, "1h");
    });
  });

  describe("the database of its own", () => {
    it("is encrypted, private and TLS only, and keeps the first password out of sight", () => {
      const database = dev.find("aws:rds/instance:Instance");
      const { storageEncrypted, publiclyAccessible, multiAz, caCertIdentifier, backupRetentionPeriod } =
        database.inputs;
      assert.deepEqual([storageEncrypted, publiclyAccessible, multiAz], [true, false, false]);
      assert.deepEqual([caCertIdentifier, backupRetentionPeriod], ["rds-ca-rsa2048-g1", 7]);
      assert.ok(database.secretInputs.includes("password"));
      const { parameters } = dev.find("aws:rds/parameterGroup:ParameterGroup").inputs;
      assert.ok(JSON.stringify(parameters).includes('{"name":"rds.force_ssl","value":"1"}'));
    });
  });

  it("gives what a person does next", () => {
    assert.equal(
      dev.outputs.rotateCommand,
      'aws secretsmanager rotate-secret --secret-id "ananta/dev/control-plane-db" --region us-east-1',
    );
    assert.equal(dev.outputs.tailCommand, "aws logs tail /aws/lambda/dev-secrets-rotation --follow --region us-east-1");
    assert.match(String(dev.outputs.dashboardUrl), /dashboards\/dashboard\/dev-secrets-rotation$/);
  });

  it("tags all that takes tags", () => {
    for (const { type, name, inputs } of dev.resources) {
      if (inputs.tags !== undefined) assert.equal(Reflect.get(Object(inputs.tags), "stack"), "dev", `${type} ${name}`);
    }
  });

  it("has its children under its components", () => {
    const component = dev.find("secrets-rotation:index:RotationFunction");
    for (const type of [lambda, "aws:cloudwatch/logGroup:LogGroup", "aws:iam/role:Role"]) {
      assert.equal(dev.find(type, "dev-secrets-rotation").parent, component.urn);
    }
  });

  it("protects secrets and key where that is asked for", () => {
    for (const type of ["aws:kms/key:Key", "aws:secretsmanager/secret:Secret"]) {
      assert.ok(
        prod.all(type).every((resource) => resource.protect),
        type,
      );
      assert.ok(!dev.all(type).some((resource) => resource.protect), type);
    }
  });

  it("has no path of this machine in what it registers, and no password that is not marked secret", () => {
    for (const stack of [dev, prod]) {
      for (const { type, inputs, secretInputs } of stack.resources) {
        const open = Object.fromEntries(Object.entries(inputs).filter(([key]) => !secretInputs.includes(key)));
        const text = JSON.stringify(open);
        assert.ok(!text.includes(process.cwd()), type);
        assert.doesNotMatch(text, /Seed\d/, type);
      }
    }
  });

  it("calls only what changes nothing", () => {
    assert.deepEqual([...new Set(dev.calls)].sort(), [
      "aws:index/getCallerIdentity:getCallerIdentity",
      "aws:index/getPartition:getPartition",
      "aws:index/getRegion:getRegion",
      "aws:secretsmanager/getRandomPassword:getRandomPassword",
    ]);
  });

  it("is the same in every region", async () => {
    const stack = await evaluateProgram({ config: { "aws:region": "eu-central-1" } });
    for (const { type, inputs } of stack.resources) {
      if (type !== lambda) assert.doesNotMatch(JSON.stringify(inputs), /us-east-1/, type);
    }
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
