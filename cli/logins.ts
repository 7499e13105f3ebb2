import { createHash } from "node:crypto";
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { signIn } from "../rotation-fn/database/session";
import { asRotationError, type ErrorCode, RotationError } from "../rotation-fn/errors";
import { isCode, secretsManagerError } from "../rotation-fn/secret/secretsManagerError";
import { parseSecretValue, type SecretValue } from "../rotation-fn/secret/secretValue";
import { labelled, type SecretState, type Version } from "./secretState";

/**
 * Whether a version's credentials log in.
 *
 * `unknown`: the question could not be put to the database (no route from this machine, TLS, the value not readable):
 * such a version may be the live one. `no value` and `not a login` never can be.
 */
export type Answer = "logs in" | "refused" | "unknown" | "no value" | "not a login";

export interface Finding {
  readonly answer: Answer;
  readonly username?: string;
  /** `host:port/dbname`. */
  readonly where?: string;
  /** A digest of the value without user and password: two that differ were made different by somebody. */
  readonly otherKeys?: string;
  /** Of `unknown`, `refused` and `not a login`: the catalogue's code, and what happened. */
  readonly code?: ErrorCode;
  readonly what?: string;
}

export interface TriedVersion extends Version {
  /** Undefined where nobody asked. */
  readonly finding?: Finding;
}

/**
 * Asks the database about one version. Never throws, and keeps no credential.
 *
 * @param current - The value of AWSCURRENT: another version of its user is tried at its place, as a rotation does. Not
 *   the pending one, which has to name that place itself.
 */
export async function tryVersion(
  client: SecretsManagerClient,
  secretId: string,
  version: Version,
  current?: SecretValue,
): Promise<Finding> {
  const read = await readValue(client, secretId, version);
  if ("answer" in read) return read;
  const { username, password } = read;
  const elsewhere = current?.username === username && !version.labels.includes("AWSPENDING");
  const tried = elsewhere ? { ...current, password } : read;
  const about = {
    ...{ username, where: `${tried.host}:${tried.port}/${tried.dbname}` },
    otherKeys: digestOf(read),
  };
  try {
    (await signIn(tried, version.labels[0] ?? "a version without a label")).close();
    return { answer: "logs in", ...about };
  } catch (thrown) {
    const { code, message } = asRotationError(thrown);
    return { answer: code === "LoginRefused" ? "refused" : "unknown", ...about, code, what: message };
  }
}

/** The version's value, or why there is none that could be tried. */
async function readValue(
  client: SecretsManagerClient,
  secretId: string,
  version: Version,
): Promise<SecretValue | Finding> {
  try {
    const { SecretString } = await client.send(
      new GetSecretValueCommand({ SecretId: secretId, VersionId: version.id }),
    );
    return parseSecretValue(SecretString, version.labels[0] ?? version.id);
  } catch (thrown) {
    // Versions are deleted by Secrets Manager alone: a listed one that is not found was never given a value.
    if (isCode(thrown, "ResourceNotFoundException")) return { answer: "no value" };
    const { code, message } = secretsManagerError(thrown, "secretsmanager:GetSecretValue", secretId);
    return { answer: thrown instanceof RotationError ? "not a login" : "unknown", code, what: message };
  }
}

function digestOf({ json: { username, password, ...others } }: SecretValue): string {
  const sorted = Object.entries(others).sort(([a], [b]) => a.localeCompare(b));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
}

/**
 * Finds out which versions log in: all that have a label, and where none of those does, the others that are still kept,
 * newest first, up to the first that does.
 */
export async function tryVersions(client: SecretsManagerClient, state: SecretState): Promise<TriedVersion[]> {
  const holder = labelled(state.versions, "AWSCURRENT");
  const value = holder && (await readValue(client, state.arn, holder));
  const current = value && !("answer" in value) ? value : undefined;
  const tried: TriedVersion[] = await Promise.all(
    state.versions.map(async (version) =>
      version.labels.length === 0
        ? version
        : { ...version, finding: await tryVersion(client, state.arn, version, current) },
    ),
  );
  const answers = tried.map(({ finding }) => finding?.answer);
  // Where the database can't be asked, asking it a hundred times more finds out nothing.
  if (answers.includes("logs in") || answers.includes("unknown")) return tried;
  for (const [index, version] of tried.entries()) {
    if (version.finding !== undefined) continue;
    const finding = await tryVersion(client, state.arn, version, current);
    tried[index] = { ...version, finding };
    if (finding.answer === "logs in") break;
  }
  return tried;
}
