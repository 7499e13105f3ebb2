import {
  GetSecretValueCommand,
  paginateListSecrets,
  type SecretListEntry,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { isCode, secretsManagerError } from "../../rotation-fn/secret/secretsManagerError";
import { parseSecretValue, type SecretValue } from "../../rotation-fn/secret/secretValue";
import { mapConcurrently } from "../mapConcurrently";
import { objectIn } from "../objectIn";

/** The user and server in a secret's value, without the password. */
export type SecretLogin = Pick<SecretValue, "host" | "port" | "username" | "ssl" | "masterarn">;

/** What a secret contains. */
export type Content =
  | { readonly kind: "postgres"; readonly login: SecretLogin }
  /** PostgreSQL credentials that this system does not accept. */
  | { readonly kind: "invalid"; readonly reason: string }
  /** No PostgreSQL credentials: another engine, text, binary. */
  | { readonly kind: "other"; readonly reason: string }
  | { readonly kind: "unreadable"; readonly reason: string };

/** A secret's metadata, and its content without any credential. */
export interface FoundSecret {
  readonly entry: SecretListEntry;
  readonly content: Content;
}

/** Lists the secrets of the region. @throws RotationError */
export async function listSecrets(client: SecretsManagerClient): Promise<SecretListEntry[]> {
  const secrets: SecretListEntry[] = [];
  try {
    for await (const page of paginateListSecrets({ client, pageSize: 100 }, { IncludePlannedDeletion: true }))
      secrets.push(...(page.SecretList ?? []));
  } catch (error) {
    throw secretsManagerError(error, "secretsmanager:ListSecrets", "all secrets");
  }
  return secrets;
}

/**
 * Reads the value of each secret that the options select. Keeps no password.
 *
 * @param options - Prefix of the names, and a tag `key` or `key=value`.
 */
export async function findSecrets(
  client: SecretsManagerClient,
  secrets: readonly SecretListEntry[],
  { prefix = "", tag }: { readonly prefix?: string | undefined; readonly tag?: string | undefined },
): Promise<FoundSecret[]> {
  const [tagKey, tagValue] = tag?.split(/=(.*)/s) ?? [];
  const selected = secrets.filter(
    ({ Name = "", Tags = [] }) =>
      Name.startsWith(prefix) &&
      (tagKey === undefined || Tags.some(({ Key, Value }) => Key === tagKey && (tagValue ?? Value) === Value)),
  );
  const found = await mapConcurrently(selected, async (entry) => ({ entry, content: await contentOf(client, entry) }));
  return found.sort((a, b) => (a.entry.Name ?? "").localeCompare(b.entry.Name ?? ""));
}

async function contentOf(client: SecretsManagerClient, entry: SecretListEntry): Promise<Content> {
  if (entry.DeletedDate) return { kind: "other", reason: "is scheduled for deletion" };
  let text: string | undefined;
  try {
    text = (await client.send(new GetSecretValueCommand({ SecretId: entry.ARN }))).SecretString;
  } catch (error) {
    // The secret is in the list: it has no value yet.
    if (isCode(error, "ResourceNotFoundException")) return { kind: "other", reason: "has no value" };
    const { message } = secretsManagerError(error, "secretsmanager:GetSecretValue", entry.Name ?? "");
    return { kind: "unreadable", reason: message };
  }
  try {
    const { host, port, username, ssl, masterarn } = parseSecretValue(text, "AWSCURRENT");
    return { kind: "postgres", login: { host, port, username, ssl, masterarn } };
  } catch (error) {
    // The message names keys, and never a value.
    const reason = (error as Error).message.replace("the secret's AWSCURRENT version", "the value");
    const { engine = "postgres", username, password } = objectIn(text);
    const isName = typeof engine === "string" && /^[\w-]{1,40}$/.test(engine);
    if (!/postgres/i.test(String(engine))) return { kind: "other", reason: isName ? `engine ${engine}` : reason };
    return { kind: username === undefined || password === undefined ? "other" : "invalid", reason };
  }
}
