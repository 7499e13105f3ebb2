import { setTimeout as sleep } from "node:timers/promises";
import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  paginateListSecretVersionIds,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
  type UpdateSecretVersionStageCommandInput,
} from "@aws-sdk/client-secrets-manager";
import { secretsManagerEndpoint } from "../environment";
import { RotationError } from "../errors";
import type { PasswordRules } from "./password";
import { isCode, secretsManagerError } from "./secretsManagerError";

const stages = ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"] as const;
export type StagingLabel = (typeof stages)[number];

/** The parts of `DescribeSecret` that a rotation needs. */
export interface Description {
  readonly rotationEnabled: boolean;
  /** Version ID → its staging labels. */
  readonly stages: Readonly<Record<string, readonly string[]>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** One version's value; `text` is undefined if the secret is binary. */
export interface Version {
  readonly id: string;
  readonly text: string | undefined;
  readonly createdAt: Date;
}

/** Pauses before an inconsistent read is repeated, in milliseconds: 1.5 s in total. */
const rereadAfterMs = [50, 150, 400, 900];

/**
 * Creates the client. The SDK reads region and credentials from the environment, and retries throttling and 5xx
 * (standard mode, exponential backoff). With its time limits, a missing VPC endpoint is an error instead of a hang.
 * `cacheMiddleware` is safe because the middleware stack is never modified after construction.
 */
export function createClient(): SecretsManagerClient {
  return new SecretsManagerClient({
    ...(secretsManagerEndpoint !== undefined && { endpoint: secretsManagerEndpoint }),
    maxAttempts: 4,
    cacheMiddleware: true,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  });
}

/**
 * One secret in Secrets Manager. Each method is one call, except reads that are repeated because of the service's eventual
 * consistency. Each failure is a {@link RotationError}.
 */
export class SecretClient {
  readonly #client: SecretsManagerClient;
  readonly #id: string;
  /** Of each call: the SDK sends nothing, and repeats nothing, after the signal was aborted. */
  readonly #options: { readonly abortSignal?: AbortSignal };

  constructor(client: SecretsManagerClient, secretId: string, signal?: AbortSignal) {
    this.#client = client;
    this.#id = secretId;
    this.#options = signal === undefined ? {} : { abortSignal: signal };
  }

  /** Another secret, with the same client. */
  of(secretId: string): SecretClient {
    return new SecretClient(this.#client, secretId, this.#options.abortSignal);
  }

  /** @param token - Version ID that the answer should contain; waits for it as long as {@link rereadAfterMs}. */
  async describe(token?: string): Promise<Description> {
    return rereadUntil(
      () => this.#describe(),
      (description) => shows(description, token),
    );
  }

  /** The version with this staging label, this ID, or both; undefined if there is none, or it has no value. */
  async read(VersionStage: StagingLabel | undefined, VersionId?: string): Promise<Version | undefined> {
    const answer = await this.#callUnless("ResourceNotFoundException", "secretsmanager:GetSecretValue", () =>
      this.#client.send(new GetSecretValueCommand({ SecretId: this.#id, VersionStage, VersionId }), this.#options),
    );
    return (
      answer && {
        id: answer.VersionId ?? "",
        text: answer.SecretString,
        createdAt: answer.CreatedDate ?? new Date(),
      }
    );
  }

  /**
   * Yields the values of versions without any of the rotation's staging labels, newest first.
   *
   * @param count - Maximum number of versions.
   */
  async *unlabelled(count: number): AsyncGenerator<Version> {
    const listed = await this.#call("secretsmanager:ListSecretVersionIds", async () => {
      const pages = paginateListSecretVersionIds(
        { client: this.#client },
        { SecretId: this.#id, IncludeDeprecated: true },
        this.#options,
      );
      const versions = [];
      for await (const { Versions = [] } of pages) versions.push(...Versions);
      return versions;
    });
    const newest = listed
      .filter(({ VersionStages = [] }) => !VersionStages.some((label) => (stages as readonly string[]).includes(label)))
      .sort((a, b) => (b.CreatedDate?.getTime() ?? 0) - (a.CreatedDate?.getTime() ?? 0))
      .slice(0, count);
    for (const { VersionId } of newest) {
      // The KMS key of an old version may be deleted; the next version may be readable.
      const version = VersionId && (await this.read(undefined, VersionId).catch(() => undefined));
      if (version) yield version;
    }
  }

  async #describe(): Promise<Description> {
    const { RotationEnabled, VersionIdsToStages, Tags } = await this.#call("secretsmanager:DescribeSecret", () =>
      this.#client.send(new DescribeSecretCommand({ SecretId: this.#id }), this.#options),
    );
    return {
      // Absent from emulators, and before the first rotation is configured.
      rotationEnabled: RotationEnabled ?? true,
      stages: VersionIdsToStages ?? {},
      tags: Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [Key, Value ?? ""])),
    };
  }

  /**
   * Reads the pending version of this token, by version ID and staging label, in parallel with other reads. The result is
   * undefined only if it still has no value after {@link rereadAfterMs}.
   */
  startReadingPending(token: string): Promise<Version | undefined> {
    return ignoreUnhandledRejection(
      rereadUntil(
        () => this.read("AWSPENDING", token),
        (version) => version !== undefined,
      ),
    );
  }

  /**
   * Describes the secret and reads its current version in parallel. Repeats both if they disagree, or do not show the
   * version of this token yet.
   *
   * @throws RotationError `InconsistentReads` if they still disagree after {@link rereadAfterMs}.
   */
  async describeWithCurrent(token?: string): Promise<{ description: Description; current: Version }> {
    const [description, current] = await rereadUntil(
      () => Promise.all([this.#describe(), this.read("AWSCURRENT")]),
      ([described, read]) =>
        read?.id === versionWith(described, "AWSCURRENT") && read !== undefined && shows(described, token),
    );
    if (current === undefined)
      throw new RotationError("InvalidSecret", `the secret ${this.#id} has no AWSCURRENT version with a value`);
    if (current.id !== versionWith(description, "AWSCURRENT"))
      throw new RotationError("InconsistentReads", `two reads of ${this.#id} disagree on which version is AWSCURRENT`);
    return { description, current };
  }

  /** A new password. The call starts immediately, in parallel with other reads. */
  randomPassword(rules: PasswordRules): Promise<string> {
    return ignoreUnhandledRejection(
      this.#call("secretsmanager:GetRandomPassword", async () => {
        const { RandomPassword } = await this.#client.send(new GetRandomPasswordCommand(rules), this.#options);
        if (!RandomPassword) throw new RotationError("SecretsManagerFailed", "GetRandomPassword returned no password");
        return RandomPassword;
      }),
    );
  }

  /**
   * Stores the pending value. A version that already has a value keeps it, so that a repetition changes nothing, and cannot
   * replace a password that the database may already have.
   *
   * @returns false if the version already had a value.
   */
  async putPending(token: string, secretString: string): Promise<boolean> {
    const answer = await this.#callUnless("ResourceExistsException", "secretsmanager:PutSecretValue", () =>
      this.#client.send(
        new PutSecretValueCommand({
          SecretId: this.#id,
          ClientRequestToken: token,
          SecretString: secretString,
          // Without it, the service would move AWSCURRENT to a password that the database does not have.
          VersionStages: ["AWSPENDING"],
        }),
        this.#options,
      ),
    );
    return answer !== undefined;
  }

  /** Moves AWSCURRENT. The service also moves AWSPREVIOUS, and refuses if `fromVersionId` does not have the label. */
  async promote(toVersionId: string, fromVersionId: string): Promise<void> {
    const change = { MoveToVersionId: toVersionId, RemoveFromVersionId: fromVersionId };
    await this.#changeLabel({ VersionStage: "AWSCURRENT", ...change });
  }

  /** Takes AWSPENDING off the version, so that the next rotation makes another one. */
  async giveUpPending(token: string): Promise<void> {
    await this.#changeLabel({ VersionStage: "AWSPENDING", RemoveFromVersionId: token });
  }

  async #changeLabel(change: Omit<UpdateSecretVersionStageCommandInput, "SecretId">): Promise<void> {
    await this.#call("secretsmanager:UpdateSecretVersionStage", () =>
      this.#client.send(new UpdateSecretVersionStageCommand({ SecretId: this.#id, ...change }), this.#options),
    );
  }

  /** @returns undefined if the service answers with this error */
  async #callUnless<T>(expected: string, action: string, send: () => Promise<T>): Promise<T | undefined> {
    return this.#call(action, () =>
      send().catch((error) => {
        if (isCode(error, expected)) return undefined;
        throw error;
      }),
    );
  }

  async #call<T>(action: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      this.#options.abortSignal?.throwIfAborted();
      throw secretsManagerError(error, action, this.#id);
    }
  }
}

/** Repeats a read until it is complete, because reads may lag behind writes. @returns the last result if none is */
export async function rereadUntil<T>(read: () => Promise<T>, isComplete: (result: T) => boolean): Promise<T> {
  for (const pause of rereadAfterMs) {
    const result = await read();
    if (isComplete(result)) return result;
    await sleep(pause);
  }
  return read();
}

function shows({ stages }: Description, token: string | undefined): boolean {
  return token === undefined || token in stages;
}

/** The ID of the version with the staging label. */
export function versionWith(description: Description, stage: StagingLabel): string | undefined {
  return Object.keys(description.stages).find((id) => description.stages[id]?.includes(stage));
}

/** Returns the promise, whose rejection is reported only to code that awaits it. */
function ignoreUnhandledRejection<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
