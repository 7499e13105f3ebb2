import type { AwsContext } from "./awsContext";
import { insightsQueries } from "./insights";

/** The namespace of metrics, and the dimension with the function's name. */
const own = ["SecretsManagerRotation", "service"] as const;
const lambda = ["AWS/Lambda", "FunctionName"] as const;

/** Body of the dashboard. Figures of each secret are read from the log, because a metric for each secret has a price. */
export function dashboardBody(ctx: AwsContext, functionName: string, logGroupName: string): string {
  const widgets = [
    metrics("Rotations and failed steps", "Sum", 86400, own, "Success", "Failure"),
    metrics("Longest rotation in ms", "Maximum", 86400, own, "Duration"),
    metrics("Days since the last rotation, oldest password", "Maximum", 86400, own, "DaysSinceRotation"),
    metrics("Overdue secrets", "Maximum", 86400, own, "OverdueSecrets"),
    metrics("Function", "Sum", 300, lambda, "Invocations", "Errors", "Throttles"),
    log("Failures", "failures"),
    log("Rotations by secret", "rotations-by-secret"),
    log("Days since the last rotation, by secret", "ages"),
  ];
  return JSON.stringify({
    widgets: widgets.map((widget, i) => ({
      ...widget,
      ...{ x: (i % 2) * 12, y: Math.floor(i / 2) * 6, width: 12, height: 6 },
    })),
  });

  function metrics(title: string, stat: string, period: number, of: typeof own | typeof lambda, ...names: string[]) {
    const [namespace, dimension] = of;
    const lines = names.map((name) => [namespace, name, dimension, functionName]);
    return {
      type: "metric",
      properties: { title, region: ctx.region, view: "timeSeries", stat, period, metrics: lines },
    };
  }

  function log(title: string, queryName: string): object {
    const query = insightsQueries.find(({ name }) => name === queryName)?.query;
    return {
      type: "log",
      properties: { title, region: ctx.region, view: "table", query: `SOURCE '${logGroupName}' | ${query}` },
    };
  }
}
