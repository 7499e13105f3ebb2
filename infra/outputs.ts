import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { consoleHost, type RotatedSecret, type RotationFunction, type RotationMonitoring } from "../components";

/** The outputs of the stack: names, ARNs, and commands to copy. */
export function makeOutputs(
  secretNames: string[],
  secrets: RotatedSecret[],
  fn: RotationFunction,
  monitoring: RotationMonitoring,
  functionVariables: Readonly<Record<string, string>>,
): Record<string, pulumi.Output<unknown>> {
  const { region } = aws.getRegionOutput({});
  const [secretName = ""] = secretNames;
  const awsCli = (command: pulumi.Input<string>): pulumi.Output<string> =>
    pulumi.interpolate`aws ${command} --region ${region}`;
  return {
    secretNames: pulumi.output(secretNames),
    secretArns: pulumi.all(secrets.map(({ secretArn }) => secretArn)),
    functionName: fn.name,
    functionArn: fn.arn,
    roleArn: fn.roleArn,
    securityGroupId: fn.securityGroupId,
    logGroupName: fn.logGroupName,
    functionVariables: pulumi.output(functionVariables),
    alarmTopicArn: monitoring.topicArn,
    dashboardUrl: pulumi.interpolate`https://${region.apply(consoleHost)}/cloudwatch/home?region=${region}#dashboards/dashboard/${monitoring.dashboardName}`,
    rotateCommand: awsCli(`secretsmanager rotate-secret --secret-id "${secretName}"`),
    describeCommand: awsCli(`secretsmanager describe-secret --secret-id "${secretName}"`),
    tailCommand: awsCli(pulumi.interpolate`logs tail ${fn.logGroupName} --follow`),
  };
}
