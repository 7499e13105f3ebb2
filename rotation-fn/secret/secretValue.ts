import { type ErrorCode, RotationError } from "../errors";

/**
 * A database credential as the secret holds it: JSON with the keys that AWS uses for PostgreSQL
 * (https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html).
 */
export interface Credentials {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly dbname: string;
  /** False only where the secret says `"ssl": false`: the one way to an unencrypted connection. */
  readonly ssl: boolean;
}

/** A secret's JSON: the credentials in it, and the object as it was, from which the next version is made. */
export interface SecretValue extends Credentials {
  readonly masterarn: string | undefined;
  readonly json: Readonly<Record<string, unknown>>;
}

/**
 * Reads a secret's JSON.
 *
 * @param text - The secret's string, undefined where it is binary.
 * @param label - Which version it is, for the message: `AWSCURRENT`.
 * @param defaults - Where to connect if the JSON does not say: an admin secret made by RDS has only `username` and
 *   `password`.
 * @param code - Of the error.
 * @throws RotationError naming every key that is wrong, and never a value.
 */
export function parseSecretValue(
  text: string | undefined,
  label: string,
  defaults?: Omit<Target, "username">,
  code: "InvalidPending" | "InvalidSecret" = "InvalidSecret",
): SecretValue {
  const json = parseObject(text, label, code);
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
  check("password", typeof json.password === "string" && isPassword(json.password), "text without NUL characters");
  check("dbname", isName(dbname), "a database's name of at most 63 bytes without control characters");
  check("ssl", ssl !== undefined, "true or false");
  check("masterarn", json.masterarn === undefined || isText(json.masterarn), "the admin secret's ARN");
  if (problems.length > 0) {
    throw new RotationError(code, `the secret's ${label} version: ${problems.join("; ").replace(/ {2,}/g, " ")}`);
  }
  return {
    host: host as string,
    port,
    username: json.username as string,
    password: json.password as string,
    dbname: dbname as string,
    ssl: ssl as boolean,
    masterarn: json.masterarn as string | undefined,
    json,
  };
}

/** Reads the JSON of a pending version. @throws RotationError `InvalidPending` */
export function parsePending(text: string | undefined): SecretValue {
  return parseSecretValue(text, "AWSPENDING", undefined, "InvalidPending");
}

/** Whom and what a version's credentials are for. */
export type Target = Omit<Credentials, "password">;

/** The keys in which two versions are for different users or databases. */
export function differingKeys(a: Target, b: Target): string[] {
  return (["username", "host", "port", "dbname", "ssl"] as const).filter((key) => a[key] !== b[key]);
}

/** The other keys in which two versions differ, but for the password. */
export function differingOtherKeys({ json: a }: SecretValue, { json: b }: SecretValue): string[] {
  const target = ["username", "password", "host", "port", "dbname", "ssl"];
  const keys = Object.keys({ ...a, ...b }).filter((key) => !target.includes(key));
  return keys.filter((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]));
}

/** The secret's string for the next version: every key as it was, but for the password and what the target changes. */
export function nextSecretString(value: SecretValue, target: Target, password: string): string {
  const changed = (["username", "host", "port"] as const).filter((key) => value[key] !== target[key]);
  return JSON.stringify({ ...value.json, ...Object.fromEntries(changed.map((key) => [key, target[key]])), password });
}

function parseObject(text: string | undefined, label: string, code: ErrorCode): Record<string, unknown> {
  const fail = (what: string): never => {
    throw new RotationError(code, `the secret's ${label} version ${what}`);
  };
  if (text === undefined) return fail("is binary; it must be a JSON object");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, password and all.
    return fail("is not valid JSON");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) return fail("is not a JSON object");
  return json as Record<string, unknown>;
}

function isPostgres(engine: unknown): boolean {
  // RDS writes "postgres"; AWS's console and Aurora's documentation also have the other two.
  return typeof engine === "string" && ["postgres", "postgresql", "aurora-postgresql"].includes(engine);
}

/** AWS's rotation functions take a boolean or its spelling as a string: so do these. */
function parseSsl(ssl: unknown): boolean | undefined {
  if (typeof ssl === "boolean") return ssl;
  if (typeof ssl !== "string") return undefined;
  return { true: true, false: false }[ssl.toLowerCase()];
}

/** A number, or one in digits, as AWS's own functions take it. */
function parsePort(port: unknown): number {
  if (typeof port === "string") return /^\d+$/.test(port) ? Number(port) : Number.NaN;
  return typeof port === "number" ? port : Number.NaN;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0;
}

function isHost(value: unknown): boolean {
  // Never a path: pg takes one for a Unix socket, where there is no TLS.
  return isText(value) && value.length <= 255 && /^[A-Za-z0-9._:-]+$/.test(value);
}

function isName(value: unknown): boolean {
  // NAMEDATALEN - 1: PostgreSQL would cut a longer name without an error, and change another role.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  return isText(value) && Buffer.byteLength(value) <= 63 && !/[\u0000-\u001f\u007f]/.test(value);
}

function isPassword(value: string): boolean {
  return value.length > 0 && !value.includes("\0");
}
