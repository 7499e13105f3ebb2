import { createHash } from "node:crypto";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { signIn } from "../rotation-fn/database/session";
import { asRotationError, type ErrorCode, RotationError } from "../rotation-fn/errors";
import { isCode, secretsManagerError } from "../rotation-fn/secret/secretsManagerError";
import { nextValue, parseSecretValue, type SecretValue } from "../rotation-fn/secret/secretValue";
import type { Context } from "./command";
import { asReported } from "./remedies";
import { type KeptVersion, labeledVersion, type SecretState } from "./secretState";

/**
 * Whether a version's credentials log in.
 *
 * `unknown`: the login could not be tried (no route from this machine, TLS, value not readable). The database may have
 * this version's password. With `no value` and `not credentials`, it cannot have it.
 */
export type Answer = "logs in" | "refused" | "unknown" | "no value" | "not credentials";

export interface LoginResult {
  readonly answer: Answer;
  readonly username?: string;
  /** `host:port/dbname`. */
  readonly address?: string;
  /**
   * Digest of the value without user and password. If the digests of two versions differ, a value was changed by hand.
   */
  readonly otherKeys?: string;
  /** For `unknown`, `refused` and `not credentials`: the error code and message. */
  readonly code?: ErrorCode;
  readonly what?: string;
  /** For this machine. */
  readonly remedy?: string | undefined;
}

export interface TriedVersion extends KeptVersion {
  /** Undefined if the version was not tried. */
  readonly login?: LoginResult;
}

/**
 * Tries to log in with one version. Never throws, and keeps no credential.
 *
 * @param current - The value of AWSCURRENT. As in a rotation, another version of the same user is tried on its server,
 *   except the pending one, which must name the server itself.
 */
export async function tryVersion(
  context: Context,
  secretId: string,
  version: KeptVersion,
  current?: SecretValue,
): Promise<LoginResult> {
  const read = await readValue(context, secretId, version);
  if ("answer" in read) return read;
  const { username, password } = read;
  const usesCurrentServer = current?.username === username && !version.labels.includes("AWSPENDING");
  const tried = usesCurrentServer ? { ...current, password } : read;
  const common = {
    ...{ username, address: `${tried.host}:${tried.port}/${tried.dbname}` },
    otherKeys: digestOf(read),
  };
  try {
    (await signIn(tried, version.labels[0] ?? "a version without a label", { signal: undefined })).close();
    return { answer: "logs in", ...common };
  } catch (thrown) {
    const error = asRotationError(thrown);
    const { code, message: what } = error;
    const answer = code === "LoginRefused" ? "refused" : "unknown";
    return { answer, ...common, code, what, remedy: asReported(error, context.env).remedy };
  }
}

async function readValue(
  { clients, env }: Context,
  secretId: string,
  version: KeptVersion,
): Promise<SecretValue | LoginResult> {
  try {
    const request = { SecretId: secretId, VersionId: version.id };
    const { SecretString } = await clients.secretsManager.send(new GetSecretValueCommand(request));
    return parseSecretValue(SecretString, version.labels[0] ?? version.id);
  } catch (thrown) {
    // Users cannot delete a version. A listed version that is not found has never had a value.
    if (isCode(thrown, "ResourceNotFoundException")) return { answer: "no value" };
    const error = secretsManagerError(thrown, "secretsmanager:GetSecretValue", secretId);
    const { code, message: what } = error;
    const answer = thrown instanceof RotationError ? "not credentials" : "unknown";
    return { answer, code, what, remedy: asReported(error, env).remedy };
  }
}

/** A digest of everything except the credentials, which connection strings in other keys contain, too. */
function digestOf(value: SecretValue): string {
  const { text } = nextValue(value, { ...value, username: "user" }, "password");
  const sorted = Object.entries(JSON.parse(text)).sort(([a], [b]) => a.localeCompare(b));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
}

/**
 * Tries to log in with all labeled versions. If none works, tries the other kept versions, newest first, until one
 * works.
 */
export async function tryVersions(context: Context, state: SecretState): Promise<TriedVersion[]> {
  const holder = labeledVersion(state.versions, "AWSCURRENT");
  const value = holder && (await readValue(context, state.arn, holder));
  const current = value && !("answer" in value) ? value : undefined;
  const tried: TriedVersion[] = await Promise.all(
    state.versions.map(async (version) =>
      version.labels.length === 0
        ? version
        : { ...version, login: await tryVersion(context, state.arn, version, current) },
    ),
  );
  const answers = tried.map(({ login }) => login?.answer);
  // If the database is unreachable, more attempts are useless.
  if (answers.includes("logs in") || answers.includes("unknown")) return tried;
  for (const [index, version] of tried.entries()) {
    if (version.login !== undefined) continue;
    const login = await tryVersion(context, state.arn, version, current);
    tried[index] = { ...version, login };
    if (login.answer === "logs in") break;
  }
  return tried;
}
