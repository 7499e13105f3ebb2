import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { awsContext } from "./awsContext";
import { dashboardBody } from "./dashboard";
import { secretArnPattern, topicPolicy } from "./policies";
import type { RotationMonitoringArgs } from "./rotationMonitoringArgs";
import { rotationMonitoringProblems } from "./rotationMonitoringProblems";
import { applyTransform, type TransformOptions } from "./transform";

/** The resources of a {@link RotationMonitoring} that `transform` can change. */
export interface RotationMonitoringResources {
  /** Each alarm. Distinguish the alarms by `metricName`. */
  alarm: aws.cloudwatch.MetricAlarmArgs;
  topic: aws.sns.TopicArgs;
}

/**
 * The events that Secrets Manager sends when a rotation ends without success, and their meanings. Secrets Manager sends
 * none when rotation is canceled: the `overdue` alarm reports that case.
 *
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
 */
const failureEvents = {
  RotationFailed: "Secrets Manager has stopped retrying the rotation.",
  RotationAbandoned:
    "A value was stored during the rotation. The database may have the password of the abandoned version. Then AWSCURRENT does not log in.",
  TestRotationFailed: "The rotation function failed its configuration test.",
};

/** What each alarm means, what to do first, and its row in the runbook. A person reads it in the alarm's email. */
const alarmDescriptions = {
  errors:
    "A rotation step or the age check failed. First run `npm run ops -- status`: it shows the error, its remedy, and whether clients are refused. docs/runbook.md, Failures that the function reports.",
  throttles:
    "Lambda throttled the rotation function, so that a step did not run. First run `npm run ops -- status`. docs/runbook.md, row throttled.",
  duration:
    "A rotation step took 80 % of the function's timeout or more. First run `npm run ops -- logs`, and find the slow step. docs/runbook.md, row TimeLimit.",
  overdue:
    "In alarm, a secret is overdue for rotation. With insufficient data, the age check has not run for a day. First run `npm run ops -- status`. docs/runbook.md, rows overdue, rotation off and silent.",
} as const;

/** The message for such an event. EventBridge inserts the name of the event and the ARN of the secret. */
const failureMail = {
  inputPaths: { event: "$.detail.eventName", secret: "$.detail.additionalEventData.SecretId" },
  inputTemplate: JSON.stringify(
    [
      "<event>: <secret>.",
      ...Object.entries(failureEvents).map(([name, meaning]) => `${name}: ${meaning}`),
      "What to do: npm run ops -- recover --secret <secret>",
    ].join(" "),
  ),
};

/**
 * Alarms, a rule for failures that do not reach the function, one topic for both, the age check, and a dashboard.
 *
 * @example
 * ```ts
 * new RotationMonitoring("rotation", {
 *   functionName: rotation.name,
 *   functionArn: rotation.arn,
 *   logGroupName: rotation.logGroupName,
 *   kmsKeyArn: key.arn,
 *   emails: ["database-team@example.com"],
 * });
 * ```
 */
export class RotationMonitoring extends pulumi.ComponentResource {
  /** ARN of the topic of all alarms. */
  public readonly topicArn: pulumi.Output<string>;
  /** Name of the CloudWatch dashboard. */
  public readonly dashboardName: pulumi.Output<string>;

  constructor(name: string, args: RotationMonitoringArgs, opts?: TransformOptions<RotationMonitoringResources>) {
    super("secrets-rotation:index:RotationMonitoring", name, {}, opts);
    const problems = [...rotationMonitoringProblems(args)];
    if (problems.length > 0) throw new Error([`RotationMonitoring ${name}:`, ...problems].join("\n  - "));
    const tags = args.tags ?? {};
    const functionName = pulumi.output(args.functionName);
    const topicArn = this.topicOf(name, args, opts);

    const ofFunction = { namespace: "AWS/Lambda", dimensions: { FunctionName: functionName } };
    const alarm = (
      part: keyof typeof alarmDescriptions,
      alarmArgs: Omit<aws.cloudwatch.MetricAlarmArgs, "comparisonOperator">,
    ): void => {
      new aws.cloudwatch.MetricAlarm(
        `${name}-${part}`,
        applyTransform(opts, "alarm", {
          name: pulumi.interpolate`${functionName}-${part}`,
          comparisonOperator: "GreaterThanOrEqualToThreshold",
          statistic: "Sum",
          period: 300,
          evaluationPeriods: 1,
          threshold: 1,
          treatMissingData: "notBreaching",
          actionsEnabled: true,
          alarmDescription: alarmDescriptions[part],
          alarmActions: [topicArn],
          okActions: [topicArn],
          tags,
          ...alarmArgs,
        }),
        { parent: this },
      );
    };
    alarm("errors", { ...ofFunction, metricName: "Errors" });
    alarm("throttles", { ...ofFunction, metricName: "Throttles" });
    alarm("duration", {
      ...ofFunction,
      metricName: "Duration",
      statistic: "Maximum",
      threshold: pulumi.output(args.timeout ?? 300).apply((seconds) => seconds * 800),
    });
    // Silence has an action, too: the function itself may be gone. An alarm begins with insufficient data, and only changes
    // of its state have actions: until the first age check of a new stack, it is quiet. Once there was data, missing data
    // would be found at the same time if it were breaching.
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    alarm("overdue", {
      namespace: "SecretsManagerRotation",
      metricName: "OverdueSecrets",
      statistic: "Maximum",
      period: 86400,
      treatMissingData: "missing",
      insufficientDataActions: [topicArn],
      dimensions: { service: functionName },
    });

    this.createFailureRule(name, args, topicArn);
    this.createAgeCheck(name, args);
    const dashboard = new aws.cloudwatch.Dashboard(
      name,
      {
        dashboardName: functionName,
        dashboardBody: pulumi
          .all([awsContext(this), functionName, args.logGroupName])
          .apply(([ctx, lambdaName, logGroup]) => dashboardBody(ctx, lambdaName, logGroup)),
      },
      { parent: this },
    );
    this.topicArn = topicArn;
    this.dashboardName = dashboard.dashboardName;
    this.registerOutputs({ topicArn: this.topicArn, dashboardName: this.dashboardName });
  }

  private topicOf(
    name: string,
    args: RotationMonitoringArgs,
    opts?: TransformOptions<RotationMonitoringResources>,
  ): pulumi.Output<string> {
    const { topicArn, emails = [], webhooks = [] } = args;
    if (topicArn !== undefined) return pulumi.output(topicArn);
    const topic = new aws.sns.Topic(
      name,
      applyTransform(opts, "topic", {
        name: pulumi.interpolate`${args.functionName}-alarms`,
        kmsMasterKeyId: args.kmsKeyArn,
        tags: args.tags ?? {},
      }),
      { parent: this },
    );
    new aws.sns.TopicPolicy(
      name,
      {
        arn: topic.arn,
        policy: pulumi.all([awsContext(this), topic.arn]).apply(([ctx, arn]) => JSON.stringify(topicPolicy(ctx, arn))),
      },
      { parent: this },
    );
    const subscribe = (protocol: string) => (endpoint: string) =>
      new aws.sns.TopicSubscription(`${name}-${endpoint}`, { topic: topic.arn, protocol, endpoint }, { parent: this });
    emails.forEach(subscribe("email"));
    webhooks.forEach(subscribe("https"));
    return topic.arn;
  }

  /**
   * Reports the failures that only Secrets Manager sees: it cannot invoke the function, or gets no response in time.
   */
  private createFailureRule(name: string, args: RotationMonitoringArgs, topicArn: pulumi.Output<string>): void {
    const rule = new aws.cloudwatch.EventRule(
      `${name}-failures`,
      {
        name: pulumi.interpolate`${args.functionName}-failures`,
        description: "Secrets Manager reports a failed or abandoned rotation",
        eventPattern: awsContext(this).apply((ctx) =>
          JSON.stringify({
            source: ["aws.secretsmanager"],
            "detail-type": ["AWS Service Event via CloudTrail"],
            detail: {
              eventName: Object.keys(failureEvents),
              additionalEventData: {
                SecretId: (args.secretNamePatterns ?? ["*"]).map((pattern) => ({
                  prefix: secretArnPattern(ctx, pattern).replace(/[*?].*$/, ""),
                })),
              },
            },
          }),
        ),
        tags: args.tags ?? {},
      },
      { parent: this },
    );
    new aws.cloudwatch.EventTarget(
      `${name}-failures`,
      { rule: rule.name, arn: topicArn, inputTransformer: failureMail },
      { parent: this },
    );
  }

  /**
   * Invokes the function to check the age of its secrets. This also keeps its network interfaces from being deleted.
   */
  private createAgeCheck(name: string, args: RotationMonitoringArgs): void {
    const rule = new aws.cloudwatch.EventRule(
      `${name}-age`,
      {
        name: pulumi.interpolate`${args.functionName}-age`,
        description: "Checks the age of each secret",
        // Twice a day, so that each period of the alarm contains a check.
        scheduleExpression: "rate(12 hours)",
        tags: args.tags ?? {},
      },
      { parent: this },
    );
    const permission = new aws.lambda.Permission(
      `${name}-age`,
      {
        action: "lambda:InvokeFunction",
        function: args.functionName,
        principal: "events.amazonaws.com",
        // Without `sourceAccount`: EventBridge does not send it. The ARN of the rule contains the account.
        sourceArn: rule.arn,
      },
      { parent: this },
    );
    new aws.cloudwatch.EventTarget(
      `${name}-age`,
      { rule: rule.name, arn: args.functionArn, input: JSON.stringify({ Check: "rotation-age" }) },
      { parent: this, dependsOn: [permission] },
    );
  }
}
