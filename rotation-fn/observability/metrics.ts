import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { metricsNamespace, serviceName } from "../environment";

const metrics = new Metrics({
  namespace: metricsNamespace,
  serviceName,
});

/**
 * A secret's name out of its ARN, `arn:…:secret:<name>-<six random characters>`; anything else is a name already.
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
 */
export function secretName(secretId: string): string {
  return /^arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:(.+)-[A-Za-z0-9]{6}$/.exec(secretId)?.[1] ?? secretId;
}

/** A whole rotation is done; `durationMs` runs from the pending version's creation to its promotion. */
export function countSuccess(secretId: string, durationMs: number): void {
  metrics.addMetric("Success", MetricUnit.Count, 1);
  metrics.addMetric("Duration", MetricUnit.Milliseconds, durationMs);
  publish(secretName(secretId));
}

/** A step failed. Secrets Manager retries, so that one bad rotation counts several. */
export function countFailure(secretId: string): void {
  metrics.addMetric("Failure", MetricUnit.Count, 1);
  publish(secretName(secretId));
}

/** How long a secret was not rotated, in days. */
export function reportAge(name: string, days: number): void {
  const metric = metrics.singleMetric();
  metric.addDimension("SecretName", name);
  metric.addMetric("DaysSinceRotation", MetricUnit.NoUnit, days);
}

/** How many of the function's secrets are past the day by which they should have been rotated. */
export function reportOverdue(secrets: number): void {
  metrics.singleMetric().addMetric("OverdueSecrets", MetricUnit.Count, secrets);
}

/** Each metric goes out twice: by secret for the dashboard, and summed over all secrets for the alarms. */
function publish(name: string): void {
  metrics.addDimension("SecretName", name);
  metrics.addDimensions({});
  metrics.publishStoredMetrics();
}
