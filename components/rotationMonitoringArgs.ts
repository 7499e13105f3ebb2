import type * as pulumi from "@pulumi/pulumi";

export interface RotationMonitoringArgs {
  /** Name of the rotation function. */
  functionName: pulumi.Input<string>;
  /** ARN of the function. A rule invokes it twice a day to check the age of each secret. */
  functionArn: pulumi.Input<string>;
  /** Name of the function's log group. */
  logGroupName: pulumi.Input<string>;
  /** KMS key of the topic. CloudWatch and EventBridge must be allowed to use it. */
  kmsKeyArn: pulumi.Input<string>;
  /**
   * Name patterns of the secrets whose failures are reported, with `*` at the end.
   * @default ["*"]
   */
  secretNamePatterns?: string[];
  /**
   * Timeout of the function in seconds. The threshold of the duration alarm is 80 % of it.
   * @default 300
   */
  timeout?: pulumi.Input<number>;
  /**
   * ARN of an existing topic for the alarms and the failure rule, in place of one of its own. Its policy must allow
   * `cloudwatch.amazonaws.com` and `events.amazonaws.com` to publish, and they must be allowed to use its KMS key. Subscribe
   * its recipients yourself: `emails` and `webhooks` must be empty.
   * @default the component creates a topic
   */
  topicArn?: pulumi.Input<string>;
  /**
   * Addresses that get an email for each alarm. Each recipient confirms the subscription once.
   * @default none
   */
  emails?: string[];
  /**
   * HTTPS URLs that get a request for each alarm.
   * @default none
   */
  webhooks?: string[];
  /** Tags of all resources that support tags. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
