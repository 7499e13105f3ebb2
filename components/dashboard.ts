import type { AwsContext } from "./awsContext";
import { insightsQueries } from "./insights";

const namespace = "SecretsManagerRotation";

/** Body of the dashboard. Figures of each secret are read from the log, because a metric for each secret has a price. */
export function dashboardBody(ctx: AwsContext, functionName: string, logGroupName: string): string {
  const widgets = [
    metrics("Rotations and failed steps", "Sum", 86400, ownMetrics("Success", "Failure")),
    metrics("Longest rotation in ms", "Maximum", 86400, ownMetrics("Duration")),
    metrics("Days since the last rotation, oldest password", "Maximum", 86400, ownMetrics("DaysSinceRotation")),
    metrics("Overdue secrets", "Maximum", 86400, ownMetrics("OverdueSecrets")),
    metrics("Function", "Sum", 300, lambdaMetrics("Invocations", "Errors", "Throttles")),
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

  function ownMetrics(...names: string[]): string[][] {
    return names.map((name) => [namespace, name, "service", functionName]);
  }

  function lambdaMetrics(...names: string[]): string[][] {
    return names.map((name) => ["AWS/Lambda", name, "FunctionName", functionName]);
  }

  function metrics(title: string, stat: string, period: number, lines: string[][]): object {
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
