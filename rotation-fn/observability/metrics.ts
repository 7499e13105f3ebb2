import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { metricsNamespace, metricsPerSecret, serviceName } from "../environment";

const metrics = new Metrics({
  namespace: metricsNamespace,
  serviceName,
});

/**
 * A secret's name from its ARN, `arn:…:secret:<name>-<six random characters>`. Any other text is a name.
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
 */
export function secretName(secretId: string): string {
  return /^arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:(.+)-[A-Za-z0-9]{6}$/.exec(secretId)?.[1] ?? secretId;
}

/** Counts a completed rotation. `durationMs` is the time from the creation of the pending version to its promotion. */
export function countSuccess(secretId: string, durationMs: number): void {
  metrics.addMetric("Success", MetricUnit.Count, 1);
  metrics.addMetric("Duration", MetricUnit.Milliseconds, durationMs);
  publish(secretName(secretId));
}

/** Counts a failed step. Secrets Manager retries, so that one failed rotation counts several times. */
export function countFailure(secretId: string): void {
  metrics.addMetric("Failure", MetricUnit.Count, 1);
  publish(secretName(secretId));
}

/** Reports the days since a secret was rotated. The maximum over all secrets is the age of the oldest password. */
export function reportAge(name: string, days: number): void {
  metrics.addMetric("DaysSinceRotation", MetricUnit.NoUnit, days);
  publish(name);
}

/** Reports the number of the function's secrets whose rotation is overdue. */
export function reportOverdue(secrets: number): void {
  metrics.singleMetric().addMetric("OverdueSecrets", MetricUnit.Count, secrets);
}

/** Publishes a metric of the function. The line has the secret's name, so that queries of the log can group by it. */
function publish(name: string): void {
  if (metricsPerSecret) {
    metrics.addDimension("SecretName", name);
    metrics.addDimensions({});
  } else {
    metrics.addMetadata("SecretName", name);
  }
  metrics.publishStoredMetrics();
}
