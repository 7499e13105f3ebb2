import assert from "node:assert/strict";
import { insightsQueries } from "../components";
import type { RecordedStack } from "../emulators/pulumi/recordedStack";
import { evaluateProgram } from "./evaluate";
import { policyOf } from "./testing/policyOf";
import { shippedStack } from "./testing/shippedStack";

const permission = "aws:lambda/permission:Permission";
const alarmType = "aws:cloudwatch/metricAlarm:MetricAlarm";
const lambda = "aws:lambda/function:Function";

describe("monitoring", () => {
  let dev: RecordedStack;
  before(async () => {
    dev = await shippedStack("dev");
  });

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
    [
      "overdue",
      "SecretsManagerRotation",
      "OverdueSecrets",
      "Maximum",
      1,
      "breaching",
      { service: "dev-secrets-rotation" },
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

  it("has one alarm for each kind of failure: a failed step rings `errors`, and no second one", () => {
    assert.deepEqual(
      dev
        .all(alarmType)
        .map(({ inputs }) => inputs.metricName)
        .sort(),
      alarms.map(([, , metricName]) => metricName).sort(),
    );
  });

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

  it("says in the mail of such an event what it means for which secret, and what to do", () => {
    const target = dev.find("aws:cloudwatch/eventTarget:EventTarget", "failures");
    const { inputPaths, inputTemplate } = target.inputs.inputTransformer as Record<string, never>;
    assert.deepEqual(inputPaths, { event: "$.detail.eventName", secret: "$.detail.additionalEventData.SecretId" });
    const mail = JSON.parse(String(inputTemplate));
    assert.match(
      mail,
      /^<event>: <secret>\. .*RotationAbandoned: A value was stored while the rotation was under way\./,
    );
    assert.match(mail, /npm run ops -- recover --secret <secret>$/);
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
      stack.all("aws:sns/topicSubscription:TopicSubscription").map(({ inputs }) => [inputs.protocol, inputs.endpoint]),
      [
        ["email", "a@example.com"],
        ["https", "https://example.com/hook"],
      ],
    );
  });

  it("keeps the questions that come up on call, for the function's log", () => {
    const queries = dev.all("aws:cloudwatch/queryDefinition:QueryDefinition").map(({ inputs }) => inputs);
    assert.deepEqual(
      queries.map(({ name, queryString }) => ({ name, queryString })),
      insightsQueries.map(({ name, query }) => ({ name: `dev-secrets-rotation/${name}`, queryString: query })),
    );
    for (const { logGroupNames } of queries) assert.deepEqual(logGroupNames, ["/aws/lambda/dev-secrets-rotation"]);
  });

  it("shows success, failure, duration and age for each secret", () => {
    const body = String(dev.find("aws:cloudwatch/dashboard:Dashboard").inputs.dashboardBody);
    assert.ok(JSON.parse(body).widgets.length >= 4);
    for (const metric of ["Success", "Failure", "Duration", "DaysSinceRotation"]) {
      assert.ok(
        body.includes(
          `SEARCH('{SecretsManagerRotation,SecretName,service} service=\\"dev-secrets-rotation\\" MetricName=\\"${metric}\\"'`,
        ),
        metric,
      );
    }
  });
});
