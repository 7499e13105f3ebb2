import { isIPv4 } from "node:net";
import { adminSecretTag, databaseTag, usernameTag } from "../rotation-fn/secret/settings";
import { cloneOf } from "../rotation-fn/secret/usernames";
import { Strategy } from "./strategy";

/** A problem of one argument, and what to do. */
export interface Problem {
  key: string;
  message: string;
}

/** Maximum length of a tag value. The settings of a secret are tags. */
export const maxTagLength: number = 256;
/** Maximum number of tags of a resource. */
export const maxTags: number = 50;
/**
 * Destinations of one function: its security group has a rule for each, and one for Secrets Manager. A group holds 60
 * rules in one direction (default quota of Amazon VPC).
 */
export const maxDestinations = 59;

/** PostgreSQL truncates longer names without an error. */
const maxNameBytes = 63;

type TextKey = "secretName" | "secretArn" | "adminSecretArn" | "host" | "dbname" | "username";

/** The arguments that a database's secret is made of. Only strings are checked: other values may be known later. */
export type DatabaseArguments = Partial<Record<TextKey | "port" | "strategy" | "memberOf", unknown>>;

const arnExample = "arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf";

/** What is wrong with one text, by key; undefined if nothing is. */
export const textProblems: Readonly<Record<TextKey, (text: string) => string | undefined>> = {
  secretName: (text: string) =>
    /^[\w/+=.@!-]{1,512}$/.test(text)
      ? managerOf(text) && `AWS services give the names of their own secrets a \`!\`: set a name without \`!\``
      : "set 1 to 512 letters, digits and /_+=.@!-",
  secretArn: (text: string) => {
    const manager = managerOf(nameInArn(text));
    return (
      secretArnProblem(text) ??
      (manager &&
        `the service \`${manager}\` manages and rotates this secret: remove the database, or set the secret as \`adminSecretArn\` of another user`)
    );
  },
  adminSecretArn: (text: string) =>
    secretArnProblem(text) ??
    (adminSecretTag.write(text).length > maxTagLength ? `set an ARN of at most ${maxTagLength} characters` : undefined),
  host: hostProblem,
  dbname: nameProblem,
  username: (text: string) =>
    nameProblem(text) ??
    (usernameTag.write(text).length > maxTagLength ? `set at most ${maxTagLength} characters` : undefined) ??
    reservedProblem(text) ??
    (text.startsWith("pg_") ? "PostgreSQL reserves names with the prefix `pg_`: set a login role" : undefined),
};

/** What is wrong with the name of a role in `memberOf`. */
export function roleProblem(role: string): string | undefined {
  if (!/^[\p{L}\p{N}_.:/=+@-]+$/u.test(role)) return "set a role name of letters, digits and _.:/=+@-";
  return nameProblem(role) ?? reservedProblem(role);
}

/** PostgreSQL reads these two as keywords, even in quotes (`RoleSpec` in its grammar). */
function reservedProblem(role: string): string | undefined {
  return ["public", "none"].includes(role) ? "PostgreSQL reserves this name: set the name of a role" : undefined;
}

/** What is wrong with a TCP port. A value that is known later is not checked. */
export function portProblem(port: unknown): string | undefined {
  if (typeof port !== "number" && typeof port !== "string") return undefined;
  if (!Number.isInteger(port)) return "set a whole number from 1 to 65535";
  return Number(port) >= 1 && Number(port) <= 65535 ? undefined : "set 1 to 65535";
}

/** What is wrong with a PostgreSQL name. */
export function nameProblem(name: string): string | undefined {
  if (name === "") return "set a text";
  if (Buffer.byteLength(name) > maxNameBytes) return `set at most ${maxNameBytes} bytes`;
  return /\p{Cc}/u.test(name) ? "set a name without control characters" : undefined;
}

/** The service that manages a secret: RDS names its secrets `rds!…`, and other services do the same. */
function managerOf(secretName: string): string | undefined {
  return /^([\w-]+)!/.exec(secretName)?.[1];
}

function secretArnProblem(text: string): string | undefined {
  // Policies compare the ARN: it needs its six random characters, and must not be a pattern.
  return /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@!-]+-[A-Za-z0-9]{6}$/.test(text)
    ? undefined
    : `set an ARN such as ${arnExample}`;
}

/** Name of the secret of an ARN, which ends in the name, a hyphen and six random characters. */
export function nameInArn(arn: string): string {
  return arn
    .split(":")
    .slice(6)
    .join(":")
    .replace(/-[A-Za-z0-9]{6}$/, "");
}

/** Partition, region and account of an ARN, which a stack's secrets and keys have in common. */
export function placeOf(arn: string): string {
  const [, partition, , region, account] = arn.split(":");
  return [partition, region, account].join(":");
}

/** Endpoints of RDS: `….us-east-1.rds.amazonaws.com`, and in China `….rds.cn-north-1.amazonaws.com.cn`. */
const rdsHost = /\.rds\.([\w-]+\.)?(amazonaws\.(com|com\.cn|eu)|c2s\.ic\.gov|sc2s\.sgov\.gov)$/i;

function hostProblem(host: string): string | undefined {
  if (/^\[?[\da-f]*:[\da-f]*:[\da-f:.]*(%\w+)?\]?(:\d+)?$/i.test(host))
    return "is an IPv6 address: the function connects by IPv4 and checks the name in the certificate: set a host name";
  if (/^[\w.-]+\.$/.test(host)) return `ends in a dot, and certificates have no such name: set ${host.slice(0, -1)}`;
  if (!/^\w([\w.-]*\w)?$/.test(host)) return "set a host name without protocol and port";
  const longest = maxTagLength - databaseTag.write("", 65535).length;
  if (host.length > longest) return `set at most ${longest} characters`;
  if (!host.split(".").every((label) => /^(?!-)[\w-]{1,63}(?<!-)$/.test(label)))
    return "is not a host name: each part between dots has 1 to 63 characters, and no hyphen at its ends";
  if (/^[\d.]+$/.test(host) && !isIPv4(host)) return "is not an IPv4 address: set a host name";
  if (!rdsHost.test(host)) return undefined;
  if (/\.proxy-/i.test(host))
    return "is the endpoint of an RDS Proxy, which does not forward the function's session settings: set the endpoint of the database itself";
  if (/\.cluster-ro-/i.test(host))
    return `is a reader endpoint, which accepts no changes: set ${host.replace(/\.cluster-ro-/i, ".cluster-")}`;
  if (/\.cluster-custom-/i.test(host))
    return "is a custom endpoint, which may lead to a reader: set the cluster's writer endpoint";
  return undefined;
}

/** The problems of the single arguments of a database that are texts. */
export function problemsOfTexts(given: DatabaseArguments): Problem[] {
  return Object.entries(textProblems).flatMap(([key, problemOf]) => {
    const value = given[key as TextKey];
    const message = typeof value === "string" ? problemOf(value) : undefined;
    return message ? [{ key, message }] : [];
  });
}

/** The problems between the arguments of one database, each with a remedy. */
export function problemsBetween(given: DatabaseArguments): Problem[] {
  const { secretName, secretArn, host, username, strategy, adminSecretArn, memberOf } = given;
  const problems: Problem[] = [];
  const add = (key: keyof DatabaseArguments, message: string): void => void problems.push({ key, message });
  if ((secretName === undefined) === (secretArn === undefined))
    add("secretName", "set either `secretName` or `secretArn`");
  const names: ["host" | "username", string][] = [
    ["host", "the host of the user that the administrator may change"],
    ["username", "the user that the administrator may change"],
  ];
  for (const [key, meaning] of names) {
    if (given[key] !== undefined) continue;
    if (secretArn === undefined) add(key, "is missing");
    else if (adminSecretArn !== undefined) add(key, `is missing: with \`adminSecretArn\`, set ${meaning}`);
    else if (host !== username) add(key, "is missing: set both `host` and `username`, or neither");
  }
  const alternating = strategy === Strategy.AlternatingUsers;
  if (alternating && adminSecretArn === undefined)
    add("adminSecretArn", "is missing: `alternating-users` needs an administrator");
  if (alternating && typeof username === "string") {
    const longest = maxNameBytes - cloneOf("").length;
    if (Buffer.byteLength(username) > longest)
      add("username", `set at most ${longest} bytes for \`alternating-users\`: the function adds \`_clone\``);
    if (username.endsWith(cloneOf("")))
      add("username", "ends in `_clone`: set the name without `_clone`, which the function adds");
  }
  if (memberOf !== undefined && adminSecretArn === undefined)
    add("memberOf", "needs `adminSecretArn`: only an administrator creates users. Remove it, or set `adminSecretArn`");
  if (Array.isArray(memberOf) && typeof username === "string")
    for (const role of alternating ? [username, cloneOf(username)] : [username])
      if (memberOf.includes(role)) add("memberOf", `must not contain ${role}: a role cannot be a member of itself`);
  if (typeof adminSecretArn === "string" && (adminSecretArn === secretArn || nameInArn(adminSecretArn) === secretName))
    add("adminSecretArn", "must not be the rotated secret itself");
  if (secretArn !== undefined && given.dbname !== undefined)
    add("dbname", "applies only to a secret that the stack creates: remove it");
  return problems;
}

/** The logins whose passwords a database's secret changes, if host and user are known: `user@host:port`. */
export function loginsOf({ host, port, username, strategy }: DatabaseArguments): string[] {
  if (typeof host !== "string" || typeof username !== "string") return [];
  const users = strategy === Strategy.AlternatingUsers ? [username, cloneOf(username)] : [username];
  return users.map((user) => `${user}@${host.toLowerCase()}:${port ?? 5432}`);
}

/** The number of setting tags of a secret. */
export function settingCount({ adminSecretArn, memberOf, username, host }: DatabaseArguments): number {
  return 1 + [adminSecretArn, memberOf, username, host].filter((one) => one !== undefined).length;
}
