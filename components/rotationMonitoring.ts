import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { dashboardBody } from "./dashboard";
import { secretArnPattern, topicPolicy } from "./policies";
import { type TransformOptions, transformed } from "./transform";
import { whereabouts } from "./whereabouts";

/** The resources of a {@link RotationMonitoring} that `transform` may change. */
export interface RotationMonitoringResources {
  /** Each of the alarms; `metricName` tells them apart. */
  alarm: aws.cloudwatch.MetricAlarmArgs;
  topic: aws.sns.TopicArgs;
}

export interface RotationMonitoringArgs {
  /** Name of the function that rotates. */
  functionName: pulumi.Input<string>;
  /** ARN of the function: invoked twice a day to look at the age of each secret. */
  functionArn: pulumi.Input<string>;
  /** Log group of the function. */
  logGroupName: pulumi.Input<string>;
  /** Key of the topic; CloudWatch and EventBridge must be allowed to use it. */
  kmsKeyArn: pulumi.Input<string>;
  /**
   * Patterns of the names of the secrets whose failures are reported, with `*` at the end.
   * @default ["*"]
   */
  secretNamePatterns?: string[];
  /**
   * Time limit of the function in seconds; the alarm on its duration stands at 80 % of it.
   * @default 300
   */
  timeout?: pulumi.Input<number>;
  /**
   * Addresses that get a mail for each alarm. Each has to confirm once.
   * @default none
   */
  emails?: string[];
  /**
   * HTTPS URLs that get each alarm.
   * @default none
   */
  webhooks?: string[];
  /** Tags of all that takes tags. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * The events that Secrets Manager sends when a rotation comes to nothing, and what each means. A rotation that is
 * cancelled sends none of them: the `overdue` alarm reports rotation that is off.
 *
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
 */
const failureEvents = {
  RotationFailed: "Secrets Manager has stopped retrying the rotation.",
  RotationAbandoned:
    "A value was stored while the rotation was under way. The database may have the password of the abandoned version, so that AWSCURRENT does not log in.",
  TestRotationFailed: "The rotation function does not work as it is configured.",
};

/** The mail of such an event: EventBridge puts the event's name and the secret's ARN in. */
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
 * Alarms, the events of failures that never reach the function, one topic for both, and a dashboard.
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
  /** Topic that all alarms go to. */
  public readonly topicArn: pulumi.Output<string>;
  /** Name of the dashboard in CloudWatch. */
  public readonly dashboardName: pulumi.Output<string>;

  constructor(name: string, args: RotationMonitoringArgs, opts?: TransformOptions<RotationMonitoringResources>) {
    super("secrets-rotation:index:RotationMonitoring", name, {}, opts);
    const tags = args.tags ?? {};
    const at = whereabouts(this);
    const functionName = pulumi.output(args.functionName);
    const topic = this.topic(name, args, opts);

    const service = { service: functionName };
    const ofFunction = { FunctionName: functionName };
    const alarm = (part: string, alarmArgs: Omit<aws.cloudwatch.MetricAlarmArgs, "comparisonOperator">): void => {
      new aws.cloudwatch.MetricAlarm(
        `${name}-${part}`,
        transformed(opts, "alarm", {
          name: pulumi.interpolate`${functionName}-${part}`,
          comparisonOperator: "GreaterThanOrEqualToThreshold",
          statistic: "Sum",
          period: 300,
          evaluationPeriods: 1,
          threshold: 1,
          treatMissingData: "notBreaching",
          actionsEnabled: true,
          alarmActions: [topic.arn],
          okActions: [topic.arn],
          tags,
          ...alarmArgs,
        }),
        { parent: this },
      );
    };
    alarm("errors", {
      alarmDescription: "An invocation of the rotation function failed",
      namespace: "AWS/Lambda",
      metricName: "Errors",
      dimensions: ofFunction,
    });
    alarm("throttles", {
      alarmDescription: "An invocation of the rotation function was refused for lack of concurrency",
      namespace: "AWS/Lambda",
      metricName: "Throttles",
      dimensions: ofFunction,
    });
    alarm("duration", {
      alarmDescription: "A step of a rotation took 80 % of its time limit or more",
      namespace: "AWS/Lambda",
      metricName: "Duration",
      statistic: "Maximum",
      threshold: pulumi.output(args.timeout ?? 300).apply((seconds) => seconds * 800),
      dimensions: ofFunction,
    });
    // No word from the check is as bad as a bad word: it may be the function that is gone.
    alarm("overdue", {
      alarmDescription: "A secret was not rotated when it was due, or nobody has looked for a day",
      namespace: "SecretsManagerRotation",
      metricName: "OverdueSecrets",
      statistic: "Maximum",
      period: 86400,
      treatMissingData: "breaching",
      dimensions: service,
    });

    this.failures(name, args, topic.arn);
    this.ageCheck(name, args);
    const dashboard = new aws.cloudwatch.Dashboard(
      name,
      {
        dashboardName: functionName,
        dashboardBody: pulumi
          .all([at, functionName, args.logGroupName])
          .apply(([where, called, logGroup]) => dashboardBody(where, called, logGroup)),
      },
      { parent: this },
    );
    this.topicArn = topic.arn;
    this.dashboardName = dashboard.dashboardName;
    this.registerOutputs({ topicArn: this.topicArn, dashboardName: this.dashboardName });
  }

  private topic(
    name: string,
    args: RotationMonitoringArgs,
    opts?: TransformOptions<RotationMonitoringResources>,
  ): aws.sns.Topic {
    const topic = new aws.sns.Topic(
      name,
      transformed(opts, "topic", {
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
        policy: pulumi
          .all([whereabouts(this), topic.arn])
          .apply(([at, topicArn]) => JSON.stringify(topicPolicy(at, topicArn))),
      },
      { parent: this },
    );
    const targets = [
      ...(args.emails ?? []).map((endpoint) => ({ protocol: "email", endpoint })),
      ...(args.webhooks ?? []).map((endpoint) => ({ protocol: "https", endpoint })),
    ];
    for (const target of targets) {
      new aws.sns.TopicSubscription(`${name}-${target.endpoint}`, { topic: topic.arn, ...target }, { parent: this });
    }
    return topic;
  }

  /** Failures of Secrets Manager's own: the function was never invoked, or its answer came too late. */
  private failures(name: string, args: RotationMonitoringArgs, topicArn: pulumi.Output<string>): void {
    const rule = new aws.cloudwatch.EventRule(
      `${name}-failures`,
      {
        name: pulumi.interpolate`${args.functionName}-failures`,
        description: "Secrets Manager gave up on a rotation, or abandoned it",
        eventPattern: whereabouts(this).apply((at) =>
          JSON.stringify({
            source: ["aws.secretsmanager"],
            "detail-type": ["AWS Service Event via CloudTrail"],
            detail: {
              eventName: Object.keys(failureEvents),
              additionalEventData: {
                SecretId: (args.secretNamePatterns ?? ["*"]).map((pattern) => ({
                  prefix: secretArnPattern(at, pattern).replace(/[*?].*$/, ""),
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

  /** The function itself looks at the age of its secrets, which also keeps its network interfaces alive. */
  private ageCheck(name: string, args: RotationMonitoringArgs): void {
    const rule = new aws.cloudwatch.EventRule(
      `${name}-age`,
      {
        name: pulumi.interpolate`${args.functionName}-age`,
        description: "Looks at the age of each secret",
        // Twice, so that each window of a day has seen a check.
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
        // And no `sourceAccount`, which keeps EventBridge out. The rule's ARN names the account.
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
