import type { AwsContext } from "./awsContext";

const namespace = "SecretsManagerRotation";

/** Body of the dashboard. It finds the metrics of each secret by a search, so it does not grow with the secrets. */
export function dashboardBody(ctx: AwsContext, functionName: string, logGroupName: string): string {
  const perSecret = (title: string, metric: string, stat: string, x: number, y: number) => ({
    type: "metric",
    x,
    y,
    width: 12,
    height: 6,
    properties: {
      title,
      region: ctx.region,
      view: "timeSeries",
      period: 86400,
      metrics: [
        [
          {
            expression: `SEARCH('{${namespace},SecretName,service} service="${functionName}" MetricName="${metric}"', '${stat}', 86400)`,
            id: "e1",
          },
        ],
      ],
    },
  });
  const functionHealth = {
    type: "metric",
    x: 0,
    y: 12,
    width: 12,
    height: 6,
    properties: {
      title: "Function",
      region: ctx.region,
      view: "timeSeries",
      stat: "Sum",
      period: 300,
      metrics: ["Invocations", "Errors", "Throttles"].map((metric) => [
        "AWS/Lambda",
        metric,
        "FunctionName",
        functionName,
      ]),
    },
  };
  const log = {
    type: "log",
    x: 12,
    y: 12,
    width: 12,
    height: 6,
    properties: {
      title: "Failures in the log",
      region: ctx.region,
      view: "table",
      query: `SOURCE '${logGroupName}' | fields @timestamp, message | filter level = "ERROR" | sort @timestamp desc | limit 50`,
    },
  };
  return JSON.stringify({
    widgets: [
      perSecret("Successful rotations", "Success", "Sum", 0, 0),
      perSecret("Failed rotations", "Failure", "Sum", 12, 0),
      perSecret("Duration in ms", "Duration", "Maximum", 0, 6),
      perSecret("Days since the last rotation", "DaysSinceRotation", "Maximum", 12, 6),
      functionHealth,
      log,
    ],
  });
}
