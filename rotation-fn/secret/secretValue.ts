import { RotationError } from "../errors";
import { rewriteConnectionString } from "./connectionStrings";
import { replaceScalars } from "./jsonText";

/**
 * Database credentials in the JSON structure of AWS for PostgreSQL
 * (https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html).
 */
export interface Credentials {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly dbname: string;
  /** False only for `"ssl": false` in the secret. */
  readonly ssl: boolean;
}

/** The credentials in a secret's JSON, and its text, from which the next version is created. */
export interface SecretValue extends Credentials {
  readonly masterarn: string | undefined;
  readonly text: string;
}

/**
 * Parses a secret's JSON.
 *
 * @param text - The secret's string; undefined if it is binary.
 * @param label - Name of the version in messages: its staging label.
 * @param defaults - The server, for an admin secret of RDS, which contains only `username` and `password`.
 * @throws RotationError `InvalidPending` for AWSPENDING, else `InvalidSecret`. It names each invalid key, and never a value.
 */
export function parseSecretValue(
  text: string | undefined,
  label: string,
  defaults?: Omit<Target, "username">,
): SecretValue {
  const json = parseObject(text, label);
  const problems: string[] = [];
  const check = (key: string, ok: boolean, expected: string): void => {
    if (!ok) problems.push(`\`${key}\` ${json[key] === undefined ? "is missing; it" : ""} must be ${expected}`);
  };

  const host = json.host ?? defaults?.host;
  const port = parsePort(json.port ?? defaults?.port ?? 5432);
  const dbname = json.dbname ?? defaults?.dbname ?? "postgres";
  const ssl = json.ssl === undefined ? (defaults?.ssl ?? true) : parseSsl(json.ssl);
  check("engine", json.engine === undefined ? defaults !== undefined : isPostgres(json.engine), '"postgres"');
  check("host", isHost(host), "a host name");
  check("port", Number.isInteger(port) && port > 0 && port < 65536, "a port, 1 to 65535");
  check("username", isName(json.username), "a role's name of at most 63 bytes without control characters");
  check("password", isText(json.password) && !json.password.includes("\0"), "text without NUL characters");
  check("dbname", isName(dbname), "a database's name of at most 63 bytes without control characters");
  check("ssl", typeof ssl === "boolean", "true or false");
  check("masterarn", json.masterarn === undefined || isText(json.masterarn), "the admin secret's ARN");
  if (problems.length > 0) throw invalid(label, `version: ${problems.join("; ").replace(/ {2,}/g, " ")}`);
  return {
    host: host as string,
    port,
    username: json.username as string,
    password: json.password as string,
    dbname: dbname as string,
    ssl: ssl as boolean,
    masterarn: json.masterarn as string | undefined,
    text: text ?? "",
  };
}

/** A version's credentials; undefined if it is not valid credentials JSON. */
export function tryToParse(text: string | undefined): SecretValue | undefined {
  try {
    return parseSecretValue(text, "");
  } catch {
    return undefined;
  }
}

const awsKeys = ["engine", "host", "port", "username", "password", "dbname", "ssl", "masterarn"];

/** The user, server and database of a version's credentials. */
export type Target = Omit<Credentials, "password">;

/**
 * The secret's string for the next version. The user, the password and the server change, also in other keys that are a
 * connection string of the same user. Every other byte stays.
 *
 * @returns `notRewritten`: keys whose text contains the old password, and could not be rewritten for certain.
 */
export function nextValue(value: SecretValue, target: Target, password: string) {
  const next = { ...target, password };
  const changed = (["username", "host", "port", "password"] as const).filter((key) => value[key] !== next[key]);
  const absent = new Set<string>(changed);
  const notRewritten: string[] = [];
  const text = replaceScalars(value.text, (path, json) => {
    const key = changed.find((name) => path.length === 1 && path[0] === name);
    const isText = json.startsWith('"');
    if (key !== undefined) {
      absent.delete(key);
      return JSON.stringify(isText ? String(next[key]) : next[key]);
    }
    if (!isText || (path.length === 1 && awsKeys.includes(path[0] ?? ""))) return json;
    const before: string = JSON.parse(json);
    const after = rewriteConnectionString(before, value, next);
    if (after === undefined) notRewritten.push(path.join("."));
    return after === undefined || after === before ? json : JSON.stringify(after);
  });
  const added = [...absent].map((key) => `,${JSON.stringify(key)}:${JSON.stringify(next[key as keyof typeof next])}`);
  const end = text.slice(0, text.lastIndexOf("}")).trimEnd().length;
  return { text: text.slice(0, end) + added.join("") + text.slice(end), notRewritten };
}

/** The keys in which a pending version differs from the one that would be made of the current version now. */
export function differingKeys(current: SecretValue, target: Target, pending: SecretValue): string[] {
  const keysOfTarget = (["username", "host", "port", "dbname", "ssl"] as const).filter(
    (key) => target[key] !== pending[key],
  );
  const expected = nextValue(current, target, pending.password);
  const [a, b] = [expected, pending].map(({ text }) => JSON.parse(text) as Record<string, unknown>);
  const others = Object.keys({ ...a, ...b }).filter((key) => key === "masterarn" || !awsKeys.includes(key));
  return [...keysOfTarget, ...others.filter((key) => JSON.stringify(a?.[key]) !== JSON.stringify(b?.[key]))];
}

function invalid(label: string, what: string): RotationError {
  return new RotationError(
    label === "AWSPENDING" ? "InvalidPending" : "InvalidSecret",
    `the secret's ${label} ${what}`,
  );
}

function parseObject(text: string | undefined, label: string): Record<string, unknown> {
  if (text === undefined) throw invalid(label, "version is binary; it must be a JSON object");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, with the password.
    const what = text.startsWith("\ufeff")
      ? "begins with a byte order mark, which JSON does not allow"
      : "is not valid JSON";
    throw invalid(label, `version ${what}`);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw invalid(label, "version is not a JSON object");
  return json as Record<string, unknown>;
}

function isPostgres(engine: unknown): boolean {
  // RDS writes "postgres"; AWS's console and Aurora's documentation also use the other two.
  return typeof engine === "string" && ["postgres", "postgresql", "aurora-postgresql"].includes(engine);
}

/** Like AWS's rotation functions, accepts a boolean or its name as a string. */
function parseSsl(ssl: unknown): unknown {
  const name = typeof ssl === "string" ? ssl.toLowerCase() : ssl;
  if (name === "true") return true;
  return name === "false" ? false : name;
}

/** Like AWS's rotation functions, accepts a number or its digits as a string. */
function parsePort(port: unknown): number {
  if (typeof port === "string") return /^\d+$/.test(port) ? Number(port) : Number.NaN;
  return typeof port === "number" ? port : Number.NaN;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0;
}

function isHost(value: unknown): boolean {
  // Not a path, which pg reads as a Unix socket without TLS.
  return isText(value) && value.length <= 255 && /^[A-Za-z0-9._:-]+$/.test(value);
}

function isName(value: unknown): boolean {
  // NAMEDATALEN - 1: PostgreSQL truncates a longer name without an error, and would change another role.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern matches them to refuse them
  return isText(value) && Buffer.byteLength(value) <= 63 && !/[\u0000-\u001f\u007f]/.test(value);
}
