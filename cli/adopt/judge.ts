import { loginsOf, problemsBetween, problemsOfTexts } from "../../components/databaseProblems";
import { settingTags } from "../../rotation-fn/secret/settings";
import { functionNameOf } from "../targets";
import type { FoundSecret, SecretLogin } from "./foundSecret";
import type { RdsServer } from "./servers";

/** One entry of `databases`. */
export interface DatabaseEntry {
  readonly secretArn: string;
  readonly host: string;
  readonly port?: number;
  readonly username: string;
  readonly strategy?: "alternating-users";
  readonly adminSecretArn?: string;
  readonly securityGroupId: string;
  readonly schedule?: {
    readonly days?: number;
    readonly rate?: string;
    readonly cron?: string;
    readonly duration?: string;
  };
}

/** What is known about one secret, and whether this system can rotate it. */
export interface Judgement {
  readonly name: string;
  readonly arn: string;
  /** Who rotates it today. */
  readonly rotatedBy: string;
  readonly nextRotationAt: Date | undefined;
  /** `other`: no credentials of PostgreSQL, or not to be rotated by a stack. */
  readonly verdict: "ready" | "needs action" | "managed" | "adopted" | "other";
  /** What is missing, or why the verdict is not `ready`. */
  readonly missing: readonly string[];
  /** What to know before its first rotation. */
  readonly notes: readonly string[];
  readonly server: RdsServer | undefined;
  readonly database: DatabaseEntry | undefined;
  /** Customer managed keys of the secret. */
  readonly kmsKeyId: string | undefined;
}

/** Judges all secrets together: two secrets for one login exclude each other. */
export function judge(found: readonly FoundSecret[], servers: ReadonlyMap<string, RdsServer> | undefined): Judgement[] {
  const all = found.map((one) => judgeOne(one, servers));
  const owners = new Map<string, string[]>();
  for (const { name, database } of all)
    for (const login of database === undefined ? [] : loginsOf(database))
      owners.set(login, [...(owners.get(login) ?? []), name]);
  return all.map((one) => {
    const others = (one.database === undefined ? [] : loginsOf(one.database)).flatMap((login) =>
      (owners.get(login) ?? [])
        .filter((name) => name !== one.name)
        .map((name) => `${name} is also a secret of ${login}`),
    );
    if (others.length === 0) return one;
    const missing = [
      ...one.missing,
      ...new Set(others.map((text) => `${text}: adopt one of them, and delete the other`)),
    ];
    return { ...one, verdict: "needs action", missing };
  });
}

function judgeOne({ entry, content }: FoundSecret, servers: ReadonlyMap<string, RdsServer> | undefined): Judgement {
  const { Name: name = "", ARN: arn = "", KmsKeyId: kmsKeyId } = entry;
  const nextRotationAt = entry.RotationEnabled ? entry.NextRotationDate : undefined;
  const common = { name, arn, rotatedBy: rotatorOf(entry), nextRotationAt, kmsKeyId };
  const none = { notes: [], server: undefined, database: undefined };
  if (entry.OwningService !== undefined || name.includes("!")) {
    const missing = ["its service rotates it: use it as `adminSecretArn` of other users"];
    return { ...common, ...none, verdict: "managed", missing };
  }
  if (entry.Tags?.some(({ Key }) => Key === settingTags.strategy))
    return { ...common, ...none, verdict: "adopted", missing: [] };
  if (content.kind === "other") return { ...common, ...none, verdict: "other", missing: [content.why] };
  if (content.kind !== "postgres") return { ...common, ...none, verdict: "needs action", missing: [content.why] };

  const { login } = content;
  const server = servers?.get(login.host.toLowerCase());
  const planned = entryOf(arn, login, server, entry);
  const missing = [
    ...[...problemsOfTexts(planned), ...problemsBetween(planned)].map(({ key, message }) => `\`${key}\`: ${message}`),
    ...(server === undefined
      ? [
          `${login.host} is ${servers === undefined ? "not looked up" : "no endpoint"} in RDS: set the network, and \`cidr\` or \`securityGroupId\``,
        ]
      : []),
  ];
  return {
    ...common,
    ...{ verdict: missing.length === 0 ? "ready" : "needs action", missing, notes: notesOf(login, planned), server },
    database: planned,
  };
}

function entryOf(
  secretArn: string,
  login: SecretLogin,
  server: RdsServer | undefined,
  entry: FoundSecret["entry"],
): DatabaseEntry {
  const { host, port, username, masterarn } = login;
  const cloned = username.endsWith("_clone");
  const alternates = masterarn !== undefined || cloned || /MultiUser/i.test(entry.RotationLambdaARN ?? "");
  const admin = masterarn ?? (alternates ? server?.masterSecretArn : undefined);
  return {
    ...{ secretArn, host, ...(port === 5432 ? {} : { port }) },
    username: cloned ? username.replace(/_clone$/, "") : username,
    ...(alternates && { strategy: "alternating-users" as const }),
    ...(admin !== undefined && { adminSecretArn: admin }),
    securityGroupId: server?.securityGroupId ?? "",
    ...scheduleOf(entry),
  };
}

/** The schedule that the secret has, unless it is the default of a stack or longer than a stack allows. */
function scheduleOf({ RotationRules: rules }: FoundSecret["entry"]): Pick<DatabaseEntry, "schedule"> {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression, Duration: duration } = rules ?? {};
  const window = duration === undefined ? {} : { duration };
  if (expression?.startsWith("cron(")) return { schedule: { cron: expression, ...window } };
  if (expression?.startsWith("rate(")) return { schedule: { rate: expression, ...window } };
  return days === undefined || days === 30 || days > 90 ? {} : { schedule: { days, ...window } };
}

function notesOf({ username, ssl }: SecretLogin, { strategy, adminSecretArn }: DatabaseEntry): string[] {
  return [
    ...(strategy === undefined
      ? []
      : [`what ${username.replace(/_clone$/, "")}_clone owns must be moved first: docs/adopting.md`]),
    ...(adminSecretArn === undefined
      ? [`${username} changes its own password: logins can be refused during a rotation`]
      : []),
    ...(ssl ? [] : ['"ssl": false: connections are not encrypted']),
  ];
}

/** AWS's functions have the names of their templates in the Serverless Application Repository, or end in them. */
function rotatorOf({
  OwningService: service,
  RotationEnabled: on,
  RotationLambdaARN: arn,
  Tags = [],
}: FoundSecret["entry"]): string {
  if (service !== undefined) return service;
  const fn = functionNameOf(arn);
  const stack = Tags.find(({ Key }) => Key === "aws:cloudformation:stack-name")?.Value;
  const from = stack === undefined ? "" : ` (CloudFormation or CDK stack ${stack})`;
  if (fn === undefined) return `nobody${from}`;
  const aws = /(Single|Multi)User/i.exec(fn)?.[1]?.toLowerCase();
  return `${on ? "" : "turned off: "}${aws === undefined ? fn : `AWS's ${aws}-user function ${fn}`}${from}`;
}
