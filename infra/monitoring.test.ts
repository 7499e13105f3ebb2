import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { insightsQueries } from "../components";
import type { RecordedStack } from "../emulators/pulumi/recordedStack";
import { evaluateProgram } from "./evaluate";
import { policyOf } from "./testing/policyOf";
import { shippedStack } from "./testing/shippedStack";

const permission = "aws:lambda/permission:Permission";
const alarmType = "aws:cloudwatch/metricAlarm:MetricAlarm";
const lambda = "aws:lambda/function:Function";
const runbook = readFileSync(join(__dirname, "../docs/runbook.md"), "utf8");

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
      "missing",
      { service: "dev-secrets-rotation" },
    ],
  ];
  for (const [part, namespace, metricName, statistic, threshold, treatMissingData, dimensions] of alarms) {
    it(`alarm on ${metricName}: metric, statistic, period, threshold, missing data, dimensions and actions`, () => {
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
      const topic = [dev.find("aws:sns/topic:Topic").outputs.arn];
      assert.deepEqual([inputs.alarmActions, inputs.okActions], [topic, topic]);
      // The age check runs every twelve hours: a shorter period would have no data most of the time.
      assert.deepEqual([inputs.period, inputs.evaluationPeriods], [part === "overdue" ? 86_400 : 300, 1]);
      assert.deepEqual(inputs.insufficientDataActions, part === "overdue" ? topic : undefined);
    });

    it(`alarm on ${metricName}: its description names the first command, and a row of the runbook`, () => {
      const description = String(dev.find(alarmType, `dev-secrets-rotation-${part}`).inputs.alarmDescription);
      const [, command] = /First run `npm run ops -- (\w+)`/.exec(description) ?? [];
      assert.ok(["status", "logs"].includes(command ?? ""), description);
      const [, where = ""] = /docs\/runbook\.md, (.+)\.$/.exec(description) ?? [];
      const rows = where.replace(/^rows? /, "").split(/, | and /);
      for (const row of rows) {
        const isThere = [`\n## ${row}\n`, `\n| ${row} |`, `\n| \`${row}\` |`].some((text) => runbook.includes(text));
        assert.ok(isThere, `the runbook has no ${row}`);
      }
    });
  }

  it("alarm on OverdueSecrets: begins with insufficient data, which is quiet, and silence later is a change of state", () => {
    const { inputs } = dev.find(alarmType, "dev-secrets-rotation-overdue");
    assert.equal(inputs.treatMissingData, "missing");
    assert.deepEqual(inputs.insufficientDataActions, inputs.alarmActions);
  });

  it("alarms.topicArn: the alarms and the failure rule use that topic, and the stack creates none", async () => {
    const topicArn = "arn:aws:sns:us-east-1:123456789012:on-call";
    const stack = await evaluateProgram({ config: { alarms: { topicArn } } });
    for (const type of ["topic:Topic", "topicPolicy:TopicPolicy", "topicSubscription:TopicSubscription"]) {
      assert.deepEqual(stack.all(`aws:sns/${type}`), []);
    }
    for (const { inputs } of stack.all(alarmType)) {
      assert.deepEqual([inputs.alarmActions, inputs.okActions], [[topicArn], [topicArn]]);
    }
    assert.equal(stack.find("aws:cloudwatch/eventTarget:EventTarget", "failures").inputs.arn, topicArn);
    assert.equal(stack.outputs.alarmTopicArn, topicArn);
  });

  it("alarms: one for each kind of failure, so that a failed step triggers only `errors`", () => {
    assert.deepEqual(
      dev
        .all(alarmType)
        .map(({ inputs }) => inputs.metricName)
        .sort(),
      alarms.map(([, , metricName]) => metricName).sort(),
    );
  });

  it("failure rule: sends failed and abandoned rotations of this stack's secrets to the topic", () => {
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

  it("failure rule: its message names the event, the secret, the meaning and the command to run", () => {
    const target = dev.find("aws:cloudwatch/eventTarget:EventTarget", "failures");
    const { inputPaths, inputTemplate } = target.inputs.inputTransformer as Record<string, never>;
    assert.deepEqual(inputPaths, { event: "$.detail.eventName", secret: "$.detail.additionalEventData.SecretId" });
    const message = JSON.parse(String(inputTemplate));
    assert.match(message, /^<event>: <secret>\. .*RotationAbandoned: A value was stored during the rotation\./);
    assert.match(message, /npm run ops -- recover --secret <secret>$/);
  });

  it("age check: a rule invokes the function twice a day, and has the permission to", () => {
    const rule = dev.find("aws:cloudwatch/eventRule:EventRule", "age");
    assert.equal(rule.inputs.scheduleExpression, "rate(12 hours)");
    const target = dev.find("aws:cloudwatch/eventTarget:EventTarget", "age");
    assert.deepEqual(JSON.parse(String(target.inputs.input)), { Check: "rotation-age" });
    assert.equal(target.inputs.arn, dev.find(lambda).outputs.arn);
    const { principal, sourceArn, sourceAccount } = dev.find(permission, "dev-secrets-rotation-age").inputs;
    assert.deepEqual([principal, sourceArn], ["events.amazonaws.com", rule.outputs.arn]);
    assert.equal(sourceAccount, undefined, "EventBridge sends no source account");
  });

  it("topic policy: only alarms and rules of this account may publish, only over TLS", () => {
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

  it("alarms.emails and alarms.webhooks: one subscription for each recipient", async () => {
    const recipients = { emails: ["a@example.com"], webhooks: ["https://example.com/hook"] };
    const stack = await evaluateProgram({ config: { alarms: recipients } });
    assert.deepEqual(
      stack.all("aws:sns/topicSubscription:TopicSubscription").map(({ inputs }) => [inputs.protocol, inputs.endpoint]),
      [
        ["email", "a@example.com"],
        ["https", "https://example.com/hook"],
      ],
    );
  });

  it("insightsQueries: each is saved for the function's log group", () => {
    const queries = dev.all("aws:cloudwatch/queryDefinition:QueryDefinition").map(({ inputs }) => inputs);
    assert.deepEqual(
      queries.map(({ name, queryString }) => ({ name, queryString })),
      insightsQueries.map(({ name, query }) => ({ name: `dev-secrets-rotation/${name}`, queryString: query })),
    );
    for (const { logGroupNames } of queries) assert.deepEqual(logGroupNames, ["/aws/lambda/dev-secrets-rotation"]);
  });

  it("dashboard: the function's metrics, and no metric of a secret; the log has each secret's figures", () => {
    const { widgets } = JSON.parse(String(dev.find("aws:cloudwatch/dashboard:Dashboard").inputs.dashboardBody));
    const metrics = widgets.flatMap(
      ({ properties }: { properties: { metrics?: unknown[] } }) => properties.metrics ?? [],
    );
    assert.deepEqual(
      metrics.filter(([namespace]: string[]) => namespace === "SecretsManagerRotation"),
      ["Success", "Failure", "Duration", "DaysSinceRotation", "OverdueSecrets"].map((name) => [
        ...["SecretsManagerRotation", name, "service", "dev-secrets-rotation"],
      ]),
    );
    const queries = widgets.flatMap(({ properties }: { properties: { query?: string } }) => properties.query ?? []);
    assert.equal(queries.length, 3);
    for (const query of queries) assert.match(query, /^SOURCE '\/aws\/lambda\/dev-secrets-rotation' \| \w/);
  });

  it("function.metricsPerSecret: the function publishes metrics of each secret, by default only its own", async () => {
    const variable = (stack: RecordedStack): unknown =>
      (stack.find(lambda).inputs.environment as { variables: Record<string, string> }).variables.METRICS_PER_SECRET;
    assert.equal(variable(dev), undefined);
    assert.equal(variable(await evaluateProgram({ config: { function: { metricsPerSecret: true } } })), "true");
  });
});
