import type { SecretListEntry } from "@aws-sdk/client-secrets-manager";
import { loginsOf, placeOf, problemsBetween, problemsOfTexts } from "../../components/databaseProblems";
import { settingTags } from "../../rotation-fn/secret/settings";
import { functionNameOf } from "../targets";
import { type DatabaseEntry, entryOf, scheduleProblem } from "./databaseEntry";
import type { FoundSecret, SecretLogin } from "./foundSecret";
import { kmsKeyOf } from "./keys";
import type { RdsServer } from "./servers";

/** The facts about one secret, and whether this system can rotate it. */
export interface Assessment {
  readonly name: string;
  readonly arn: string;
  /** The function or service that rotates it today. */
  readonly rotatedBy: string;
  readonly nextRotationAt: Date | undefined;
  /** `other`: it has no PostgreSQL credentials, or a stack must not rotate it. */
  readonly verdict: "ready" | "needs action" | "managed" | "adopted" | "other";
  /** The missing configuration, or the reason why the verdict is not `ready`. */
  readonly missing: readonly string[];
  /** What to know before its first rotation. */
  readonly notes: readonly string[];
  readonly server: RdsServer | undefined;
  readonly database: DatabaseEntry | undefined;
  /** ARNs of the customer managed keys of the secret and of its administrator's secret. */
  readonly kmsKeyArns: readonly string[];
}

/** The secrets and database servers of the region. */
export interface RegionInventory {
  /** All secrets of the region. */
  readonly secrets: readonly SecretListEntry[];
  /** The servers in RDS by endpoint; undefined if they could not be looked up. */
  readonly servers: ReadonlyMap<string, RdsServer> | undefined;
}

/** Assesses all secrets together, because two secrets of one login exclude each other. */
export function assessSecrets(found: readonly FoundSecret[], inventory: RegionInventory): Assessment[] {
  const all = found.map((one) => {
    const assessment = assessSecret(one, inventory);
    return { assessment, logins: loginsOf(assessment.database ?? adoptedLogin(one)) };
  });
  const owners = new Map<string, string[]>();
  for (const { assessment, logins } of all)
    for (const login of logins) owners.set(login, [...(owners.get(login) ?? []), assessment.name]);
  return all.map(({ assessment: one, logins }) => {
    const others = (one.database === undefined ? [] : logins).flatMap((login) =>
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

/** The login of a secret that a stack rotates. */
function adoptedLogin({ entry: { Tags = [] }, content }: FoundSecret): Parameters<typeof loginsOf>[0] {
  const strategy = Tags.find(({ Key }) => Key === settingTags.strategy)?.Value;
  if (strategy === undefined || content.kind !== "postgres") return {};
  const { host, port, username } = content.login;
  return { host, port, strategy, username: strategy === "single-user" ? username : username.replace(/_clone$/, "") };
}

function assessSecret({ entry, content }: FoundSecret, { secrets, servers }: RegionInventory): Assessment {
  const { Name: name = "", ARN: arn = "" } = entry;
  const nextRotationAt = entry.RotationEnabled ? entry.NextRotationDate : undefined;
  const common = { name, arn, rotatedBy: rotatedByText(entry), nextRotationAt };
  const emptyAssessment = { notes: [], server: undefined, database: undefined, kmsKeyArns: [] };
  if (entry.OwningService !== undefined || /^[\w-]+!/.test(name)) {
    const missing = ["its service rotates it: use it as `adminSecretArn` of other users"];
    return { ...common, ...emptyAssessment, verdict: "managed", missing };
  }
  if (isReplica(entry))
    return { ...common, ...emptyAssessment, verdict: "managed", missing: [`adopt it in ${entry.PrimaryRegion}`] };
  if (entry.Tags?.some(({ Key }) => Key === settingTags.strategy))
    return { ...common, ...emptyAssessment, verdict: "adopted", missing: [] };
  if (content.kind === "other") return { ...common, ...emptyAssessment, verdict: "other", missing: [content.reason] };
  if (content.kind !== "postgres")
    return { ...common, ...emptyAssessment, verdict: "needs action", missing: [content.reason] };

  const { login } = content;
  const server = servers?.get(login.host.toLowerCase());
  const database = entryOf(entry, login, server, secrets);
  const admin = secrets.find(({ ARN }) => ARN === database.adminSecretArn);
  const usedSecrets = admin === undefined ? [entry] : [entry, admin];
  const missing = [
    ...[...problemsOfTexts(database), ...problemsBetween(database)].map(({ key, message }) => `\`${key}\`: ${message}`),
    ...administratorProblems(database, admin),
    ...usedSecrets.flatMap((one) => keyProblems(one)),
    ...serverProblems(login, server, servers !== undefined),
  ];
  return {
    ...common,
    ...{ verdict: missing.length === 0 ? "ready" : "needs action", missing, server, database },
    notes: [
      ...notesOf(login, database),
      ...usedSecrets.flatMap(keyNotes),
      ...scheduleNotes(entry),
      ...(server?.notes ?? []),
    ],
    kmsKeyArns: usedSecrets.flatMap((one) => kmsKeyOf(one).arn ?? []),
  };
}

function isReplica({ ARN: arn = "", PrimaryRegion: primary }: SecretListEntry): boolean {
  return primary !== undefined && primary !== arn.split(":")[3];
}

function administratorProblems(
  { secretArn, adminSecretArn }: DatabaseEntry,
  admin: SecretListEntry | undefined,
): string[] {
  if (adminSecretArn === undefined || !adminSecretArn.startsWith("arn:")) return [];
  if (placeOf(adminSecretArn) !== placeOf(secretArn))
    return ["`adminSecretArn`: is in another region or account: store the administrator in a secret of this one"];
  if (admin === undefined) return [`\`adminSecretArn\`: ${adminSecretArn} does not exist`];
  return admin.DeletedDate ? [`\`adminSecretArn\`: ${admin.Name} is scheduled for deletion`] : [];
}

function keyProblems(secret: SecretListEntry): string[] {
  const { arn } = kmsKeyOf(secret);
  if (arn === undefined || placeOf(arn) === placeOf(secret.ARN ?? "")) return [];
  return [`${secret.Name} is encrypted with a key of another region or account: encrypt it with a key of this one`];
}

function keyNotes(secret: SecretListEntry): string[] {
  const { alias } = kmsKeyOf(secret);
  if (alias === undefined) return [];
  return [`${secret.Name} is encrypted with ${alias}: add the ARN of its key to \`additionalKmsKeyArns\``];
}

function serverProblems({ host, username }: SecretLogin, server: RdsServer | undefined, lookedUp: boolean): string[] {
  if (server === undefined)
    return [
      `${host} is not ${lookedUp ? "an endpoint" : "looked up"} in RDS: set the network, and \`cidr\` or \`securityGroupId\``,
    ];
  return [
    ...(server.readOnly === undefined ? [] : [`\`host\`: ${server.readOnly}`]),
    ...(server.masterSecretArn !== undefined && username === server.masterUsername
      ? [`RDS rotates the password of ${username}: let clients read ${server.masterSecretArn}`]
      : []),
  ];
}

function scheduleNotes(secret: SecretListEntry): string[] {
  const problem = scheduleProblem(secret);
  return problem === undefined ? [] : [`its schedule is replaced by the stack's: ${problem}`];
}

function notesOf({ username, ssl }: SecretLogin, { strategy, adminSecretArn }: DatabaseEntry): string[] {
  return [
    ...(strategy === undefined
      ? []
      : [`what ${username.replace(/_clone$/, "")}_clone owns must be moved first: docs/adopting.md`]),
    ...(strategy === undefined && adminSecretArn === undefined
      ? [`${username} changes its own password: logins can be refused during a rotation`]
      : []),
    ...(ssl ? [] : ['"ssl": false: connections are not encrypted']),
  ];
}

/** AWS's functions have the names of their templates in the Serverless Application Repository, or end in them. */
function rotatedByText(entry: SecretListEntry): string {
  const { OwningService: service, RotationEnabled: on, RotationLambdaARN: arn, Tags = [] } = entry;
  if (service !== undefined) return service;
  if (isReplica(entry)) return `its primary secret in ${entry.PrimaryRegion}`;
  const fn = functionNameOf(arn);
  const stack = Tags.find(({ Key }) => Key === "aws:cloudformation:stack-name")?.Value;
  const from = stack === undefined ? "" : ` (CloudFormation or CDK stack ${stack})`;
  if (fn === undefined) return `nobody${from}`;
  const aws = /(Single|Multi)User/i.exec(fn)?.[1]?.toLowerCase();
  return `${on ? "" : "turned off: "}${aws === undefined ? fn : `AWS's ${aws}-user function ${fn}`}${from}`;
}
