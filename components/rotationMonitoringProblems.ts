import { functionNameProblem, patternProblems } from "./rotationFunctionProblems";
import type { RotationMonitoringArgs } from "./rotationMonitoringArgs";
import { tagProblems } from "./tagProblems";

/** The problems in the arguments of a `RotationMonitoring`, each with a remedy. Only values that are known are checked. */
export function* rotationMonitoringProblems(args: RotationMonitoringArgs): Generator<string, void> {
  const { functionName, topicArn, emails = [], webhooks = [], secretNamePatterns, tags } = args;
  const nameProblem = typeof functionName === "string" ? functionNameProblem(functionName) : undefined;
  if (nameProblem !== undefined) yield `\`functionName\`: ${nameProblem}`;
  if (typeof topicArn === "string" && !/^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+$/.test(topicArn))
    yield "`topicArn`: set the ARN of an SNS topic";
  if (topicArn !== undefined && emails.length + webhooks.length > 0)
    yield "`topicArn` excludes `emails` and `webhooks`: subscribe them to that topic";
  for (const [key, list] of Object.entries({ emails, webhooks }))
    if (new Set(list).size < list.length) yield `\`${key}\`: must not contain duplicates`;
  for (const email of emails)
    if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) yield `\`emails\`: \`${email}\`: set an email address`;
  for (const url of webhooks)
    if (!/^https:/i.test(url) || !URL.canParse(url)) yield `\`webhooks\`: \`${url}\`: set an https:// URL`;
  yield* patternProblems(secretNamePatterns);
  yield* tagProblems(tags);
}
