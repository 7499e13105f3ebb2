/** One question to the function's log, in CloudWatch Logs Insights' language. */
export interface InsightsQuery {
  readonly name: string;
  /** What it answers. */
  readonly question: string;
  readonly query: string;
}

/** The questions that come up on call. The stack keeps them as saved queries; the runbook lists them. */
export const insightsQueries: readonly InsightsQuery[] = [
  {
    name: "failures",
    question: "What failed, why, and what is to be done?",
    query: `fields @timestamp, secret, step, code, what, remedy
| filter outcome = "failed"
| sort @timestamp desc
| limit 50`,
  },
  {
    name: "failures-by-cause",
    question: "Which causes come back, and for which secrets?",
    query: `filter outcome = "failed"
| stats count(*) as failures, latest(@timestamp) as last by code, secret
| sort failures desc`,
  },
  {
    name: "one-rotation",
    question: "What did one rotation do, step by step? Put its version's id in.",
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
    name: "overdue",
    question: "Which secrets should have been rotated?",
    query: `fields @timestamp, secret, days
| filter check = "rotation-age" and level = "WARN"
| sort @timestamp desc
| limit 100`,
  },
  {
    name: "warnings",
    question: "What is allowed and should not be so for ever, such as connections without TLS?",
    query: `fields @timestamp, secret, step, message
| filter level = "WARN"
| sort @timestamp desc
| limit 100`,
  },
  {
    name: "invocations-that-died",
    question: "Which invocations ended without a word of the function: time limit, memory, crash?",
    query: `fields @timestamp, record.requestId, record.status, record.metrics.durationMs, record.metrics.maxMemoryUsedMB
| filter type = "platform.report" and record.status != "success"
| sort @timestamp desc
| limit 50`,
  },
];
