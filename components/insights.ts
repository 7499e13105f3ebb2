/** One saved query on the function's log, in the language of CloudWatch Logs Insights. */
export interface InsightsQuery {
  readonly name: string;
  /** The question that the query answers. */
  readonly question: string;
  readonly query: string;
}

/** The queries that an operator needs. The stack saves them in CloudWatch, and the runbook lists them. */
export const insightsQueries: readonly InsightsQuery[] = [
  {
    name: "failures",
    question: "What failed, why, and what is the remedy?",
    query: `fields @timestamp, secret, step, code, what, remedy
| filter outcome = "failed"
| sort @timestamp desc
| limit 50`,
  },
  {
    name: "failures-by-cause",
    question: "Which causes recur, and for which secrets?",
    query: `filter outcome = "failed"
| stats count(*) as failures, latest(@timestamp) as last by code, secret
| sort failures desc`,
  },
  {
    name: "one-rotation",
    question: "What did one rotation do, step by step? Insert its version ID.",
    query: `fields @timestamp, step, outcome, durationMs, code, what
| filter token = "00000000-0000-0000-0000-000000000000"
| sort @timestamp asc`,
  },
  {
    name: "step-durations",
    question: "Which step is slow?",
    query: `filter outcome in ["done", "already done"]
| stats count(*) as times, avg(durationMs), pct(durationMs, 95), max(durationMs) by step`,
  },
  {
    name: "rotations-by-secret",
    question: "How often did the rotation of each secret succeed and fail, and how long did it take?",
    query: `filter ispresent(Success) or ispresent(Failure)
| stats sum(Success) as succeeded, sum(Failure) as failedSteps, max(Duration) as longestMs by SecretName
| sort failedSteps desc, SecretName asc
| limit 1000`,
  },
  {
    name: "ages",
    question: "How many days ago was each password changed?",
    query: `filter ispresent(DaysSinceRotation)
| stats latest(DaysSinceRotation) as days by SecretName
| sort days desc
| limit 1000`,
  },
  {
    name: "overdue",
    question: "Which secrets are overdue for rotation?",
    query: `fields @timestamp, secret, days
| filter check = "rotation-age" and level = "WARN"
| sort @timestamp desc
| limit 100`,
  },
  {
    name: "warnings",
    question: "Which warnings were logged, such as connections without TLS?",
    query: `fields @timestamp, secret, step, message
| filter level = "WARN"
| sort @timestamp desc
| limit 100`,
  },
  {
    name: "invocations-that-died",
    question: "Which invocations ended without a message of the function (timeout, out of memory, crash)?",
    query: `fields @timestamp, record.requestId, record.status, record.metrics.durationMs, record.metrics.maxMemoryUsedMB
| filter type = "platform.report" and record.status != "success"
| sort @timestamp desc
| limit 50`,
  },
];
