import {
  GetSecretValueCommand,
  paginateListSecrets,
  type SecretListEntry,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { secretsManagerError } from "../../rotation-fn/secret/secretsManagerError";
import { parseSecretValue } from "../../rotation-fn/secret/secretValue";

/** The user and server in a secret's value, without the password. */
export interface SecretLogin {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly ssl: boolean;
  /** ARN of the administrator's secret that AWS's function for alternating users reads. */
  readonly masterarn: string | undefined;
}

/** What a secret contains. */
export type Content =
  | { readonly kind: "postgres"; readonly login: SecretLogin }
  /** A secret of PostgreSQL that this system refuses as it is. */
  | { readonly kind: "invalid"; readonly why: string }
  /** No PostgreSQL credentials: another engine, text, binary. */
  | { readonly kind: "other"; readonly why: string }
  | { readonly kind: "unreadable"; readonly why: string };

/** A secret's metadata, and its content without any credential. */
export interface FoundSecret {
  readonly entry: SecretListEntry;
  readonly content: Content;
}

/** Reads at the same time. */
const atOnce = 10;

/**
 * Lists the secrets of the region, and looks into each value. No value is kept.
 *
 * @param filter - Prefix of the names, and a tag `key` or `key=value`.
 * @throws RotationError if the secrets cannot be listed
 */
export async function findSecrets(
  client: SecretsManagerClient,
  filter: { readonly prefix?: string | undefined; readonly tag?: string | undefined },
): Promise<FoundSecret[]> {
  const [tagKey, tagValue] = filter.tag?.split(/=(.*)/s) ?? [];
  const Filters = [
    ...(filter.prefix ? [{ Key: "name" as const, Values: [filter.prefix] }] : []),
    ...(tagKey ? [{ Key: "tag-key" as const, Values: [tagKey] }] : []),
  ];
  const entries: SecretListEntry[] = [];
  try {
    for await (const page of paginateListSecrets(
      { client, pageSize: 100 },
      { IncludePlannedDeletion: true, ...(Filters.length > 0 && { Filters }) },
    ))
      entries.push(...(page.SecretList ?? []));
  } catch (error) {
    throw secretsManagerError(error, "secretsmanager:ListSecrets", "all secrets");
  }
  // The filters of Secrets Manager compare prefixes.
  const wanted = entries.filter(
    ({ Tags = [] }) =>
      tagKey === undefined || Tags.some(({ Key, Value }) => Key === tagKey && (tagValue ?? Value) === Value),
  );
  const found: FoundSecret[] = [];
  for (let i = 0; i < wanted.length; i += atOnce) {
    const some = wanted.slice(i, i + atOnce);
    found.push(...(await Promise.all(some.map(async (entry) => ({ entry, content: await contentOf(client, entry) })))));
  }
  return found.sort((a, b) => (a.entry.Name ?? "").localeCompare(b.entry.Name ?? ""));
}

async function contentOf(client: SecretsManagerClient, entry: SecretListEntry): Promise<Content> {
  if (entry.DeletedDate) return { kind: "other", why: "is scheduled for deletion" };
  let text: string | undefined;
  try {
    text = (await client.send(new GetSecretValueCommand({ SecretId: entry.ARN }))).SecretString;
  } catch (error) {
    const { message } = secretsManagerError(error, "secretsmanager:GetSecretValue", entry.Name ?? "");
    return { kind: "unreadable", why: message };
  }
  try {
    const { host, port, username, ssl, masterarn } = parseSecretValue(text, "AWSCURRENT");
    return { kind: "postgres", login: { host, port, username, ssl, masterarn } };
  } catch (error) {
    // The message names keys, and never a value.
    const why = (error as Error).message.replace("the secret's AWSCURRENT version", "the value");
    return { kind: isMeantForPostgres(text) ? "invalid" : "other", why: engineOf(text) ?? why };
  }
}

function isMeantForPostgres(text: string | undefined): boolean {
  const json = objectIn(text);
  const engine = json?.engine === undefined ? "postgres" : String(json.engine);
  return json?.username !== undefined && json.password !== undefined && /postgres/i.test(engine);
}

/** `engine mysql`, if the value names an engine other than PostgreSQL. */
function engineOf(text: string | undefined): string | undefined {
  const engine = objectIn(text)?.engine;
  return typeof engine === "string" && /^[\w-]{1,40}$/.test(engine) && !/postgres/i.test(engine)
    ? `engine ${engine}`
    : undefined;
}

function objectIn(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text ?? "");
    return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
