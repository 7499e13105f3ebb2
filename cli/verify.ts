import { DescribeAlarmsCommand, type MetricAlarm } from "@aws-sdk/client-cloudwatch";
import { GetTopicAttributesCommand } from "@aws-sdk/client-sns";
import { Listr } from "listr2";
import type { Command, Context } from "./command";
import { healthOf } from "./health";
import { tryVersion } from "./logins";
import { asReported } from "./remedies";
import { labeledVersion, readSecretState, type SecretState } from "./secretState";
import { formatTime } from "./terminal/terminal";

/** The result of a check. For `skipped`, `detail` is the reason. */
interface CheckResult {
  readonly outcome: "held" | "skipped" | "failed";
  readonly detail: string;
}

interface Check {
  readonly name: string;
  run(): Promise<CheckResult>;
}

/** The alarms of the stack, by the end of their names. */
export const alarmNames = ["errors", "throttles", "duration", "overdue"] as const;

/** Checks a deployment: rotation is configured and has succeeded, AWSCURRENT logs in, alarms exist. */
export const verify: Command = async (context) => {
  const { terminal, targets } = context;
  const checks = [...targets.secrets.flatMap((secret) => checksOfSecret(context, secret)), ...checksOfAlarms(context)];
  const results: ({ name: string } & CheckResult)[] = [];
  const width = Math.max(...checks.map(({ name }) => name.length)) + 2;
  await new Listr(
    checks.map(({ name, run }) => ({
      title: name,
      async task(_: unknown, task: { title: string; skip(why: string): void }): Promise<void> {
        const outcome = await run().catch((error): CheckResult => {
          const { message, remedy } = asReported(error, context.env);
          return failed([message, remedy].filter(Boolean).join(". "));
        });
        results.push({ name, ...outcome });
        if (outcome.outcome === "failed") throw new Error(outcome.detail);
        if (outcome.outcome === "skipped") task.skip(outcome.detail);
        else task.title = `${name.padEnd(width)}${terminal.color.dim(outcome.detail)}`;
      },
    })),
    { ...terminal.progress, exitOnError: false },
  ).run();
  const of = (wanted: CheckResult["outcome"]) => results.filter(({ outcome }) => outcome === wanted);
  const ok = of("failed").length === 0;
  const { color: c } = terminal;
  terminal.say();
  for (const { name, outcome, detail } of results) {
    if (outcome === "failed") terminal.say(`${c.red("failed")}       ${name}: ${detail}`);
    if (outcome === "skipped") terminal.say(`${c.yellow("not checked")}  ${name}: ${detail}`);
  }
  const unchecked = of("skipped").length > 0 ? `, ${of("skipped").length} not checked` : "";
  const line = `${of("held").length} of ${results.length} checks held${unchecked}.`;
  terminal.say(ok ? c.green(line) : c.red(line));
  terminal.result({ ok, checks: results });
  return ok;
};

function checksOfSecret(context: Context, secret: string): Check[] {
  const { clients, now } = context;
  let read: Promise<SecretState> | undefined;
  const state = () => (read ??= readSecretState(clients.secretsManager, secret));
  const name = secret.replace(/^arn:.*:secret:/, "");
  return [
    check(`${name}: rotation is configured`, async () => {
      const { rotation, functionArn } = await state();
      return rotation === "on"
        ? held(functionArn ?? "")
        : failed(`rotation is ${rotation === "off" ? "off" : "not configured"}`);
    }),
    check(`${name}: a rotation has succeeded`, async () => {
      const { lastRotatedAt, rotation } = await state();
      if (lastRotatedAt) return held(formatTime(lastRotatedAt, now()));
      // Secrets Manager hides the date while rotation is off.
      return rotation === "off" ? skipped("rotation is off") : failed("none yet: npm run ops -- rotate");
    }),
    check(`${name}: its labels are in order`, async () => {
      const { verdict, ok, detail } = healthOf(await state(), now());
      return ["stuck", "changed by hand", "no current version", "being deleted", "overdue"].includes(verdict)
        ? failed(detail)
        : held(ok ? detail : "no rotation is incomplete");
    }),
    check(`${name}: AWSCURRENT logs in`, async () => {
      const current = labeledVersion((await state()).versions, "AWSCURRENT");
      if (current === undefined) return failed("no version has AWSCURRENT");
      const login = await tryVersion(context, secret, current);
      const { answer, code = answer, what = answer, remedy = "" } = login;
      if (answer === "logs in") return held(`as ${login.username} at ${login.address}`);
      return answer === "unknown"
        ? skipped(`this machine cannot log in (${code}: ${what}). ${remedy}`.trimEnd())
        : failed(`${code}: ${what}. ${remedy}`.trimEnd());
    }),
  ];
}

function checksOfAlarms({ clients, targets }: Context): Check[] {
  const { aws } = clients;
  const { functionName, alarmTopicArn } = targets;
  const known = functionName !== undefined && alarmTopicArn !== undefined;
  if (!known || aws === undefined) {
    const why = known
      ? "CloudWatch has no endpoint here (AWS_ENDPOINT_URL)"
      : "pass the stack's outputs: npx pulumi stack output --json | npm run ops -- verify";
    return [check("alarms and their topic", async () => skipped(why))];
  }
  return [
    check("alarms exist and are on", async () => {
      const AlarmNames = alarmNames.map((end) => `${functionName}-${end}`);
      const { MetricAlarms = [] } = await aws.cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames }));
      const alarms = new Map(MetricAlarms.map((alarm) => [alarm.AlarmName, alarm]));
      const missing = alarmNames.filter((end) => !alarms.has(`${functionName}-${end}`));
      if (missing.length > 0) return failed(`missing: ${missing.join(", ")}`);
      const named = (which: (alarm: MetricAlarm) => boolean) =>
        MetricAlarms.filter(which)
          .flatMap(({ AlarmName }) => AlarmName ?? [])
          .join(", ");
      const withoutAction = named((alarm) => !alarm.ActionsEnabled || !alarm.AlarmActions?.includes(alarmTopicArn));
      if (withoutAction !== "") return failed(`without an action: ${withoutAction}`);
      const hasNoData = alarms.get(`${functionName}-overdue`)?.StateValue === "INSUFFICIENT_DATA";
      const note = hasNoData ? "; no age check has run for a day, or since the deployment" : "";
      const inAlarm = named(({ StateValue }) => StateValue === "ALARM");
      return held(`${inAlarm === "" ? "none in alarm" : `in alarm: ${inAlarm}`}${note}`);
    }),
    check("the alarms' topic has a subscriber", async () => {
      const { Attributes = {} } = await aws.sns.send(new GetTopicAttributesCommand({ TopicArn: alarmTopicArn }));
      const confirmed = Number(Attributes.SubscriptionsConfirmed ?? 0);
      if (confirmed > 0) return held(`${confirmed} confirmed subscriptions`);
      const pending = Number(Attributes.SubscriptionsPending ?? 0);
      return failed(pending > 0 ? "its subscriptions are not confirmed yet" : "it has no subscription: set `alarms`");
    }),
  ];
}

const check = (name: string, run: Check["run"]): Check => ({ name, run });
const held = (detail: string): CheckResult => ({ outcome: "held", detail });
const failed = (detail: string): CheckResult => ({ outcome: "failed", detail });
const skipped = (detail: string): CheckResult => ({ outcome: "skipped", detail });
