import { setTimeout as sleep } from "node:timers/promises";
import {
  DescribeSecretCommand,
  type DescribeSecretCommandOutput,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  paginateListSecretVersionIds,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { RotationError } from "../errors";
import type { PasswordRules } from "./password";
import { isCode, secretsManagerError } from "./secretsManagerError";

const stages = ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"] as const;
export type StagingLabel = (typeof stages)[number];

/** What `DescribeSecret` says, as far as a rotation needs it. */
export interface Description {
  readonly rotationEnabled: boolean;
  /** Version id → its staging labels. */
  readonly stages: Readonly<Record<string, readonly string[]>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** One version's value; `text` is undefined where the secret is binary. */
export interface Version {
  readonly id: string;
  readonly text: string | undefined;
  readonly createdAt: Date;
}

/** Pauses before a read that came too early is tried again, in milliseconds: 1.5 s in all. */
const rereadAfterMs = [50, 150, 400, 900];

/**
 * The client for the region and endpoint of the environment. The SDK retries throttling and 5xx by itself (standard
 * mode, exponential back-off); its time limits make an endpoint that is missing in the VPC an error instead of a hang.
 * Nobody changes its middleware later on, so that each kind of call puts its own together but once.
 */
export function createClient(env: NodeJS.ProcessEnv): SecretsManagerClient {
  return new SecretsManagerClient({
    ...(env.AWS_REGION ? { region: env.AWS_REGION } : {}),
    ...(env.SECRETS_MANAGER_ENDPOINT ? { endpoint: env.SECRETS_MANAGER_ENDPOINT } : {}),
    maxAttempts: 4,
    cacheMiddleware: true,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  });
}

/**
 * One secret in Secrets Manager. Each method is one call, but for reads that the service's eventual consistency makes
 * wait a moment. Every failure is a {@link RotationError}.
 */
export class SecretClient {
  readonly #client: SecretsManagerClient;
  readonly #id: string;

  constructor(client: SecretsManagerClient, secretId: string) {
    this.#client = client;
    this.#id = secretId;
  }

  /** Another secret, through the same client. */
  of(secretId: string): SecretClient {
    return new SecretClient(this.#client, secretId);
  }

  /** @param token - A version that the answer should know: it is waited for as long as {@link rereadAfterMs}. */
  async describe(token?: string): Promise<Description> {
    for (const pause of rereadAfterMs) {
      const description = await this.#describe();
      if (token === undefined || token in description.stages) return description;
      await sleep(pause);
    }
    return this.#describe();
  }

  /** The version with this label (and this id, if given); undefined where there is none, or none with a value. */
  async read(stage: StagingLabel, versionId?: string): Promise<Version | undefined> {
    return this.#read({ VersionStage: stage, ...(versionId === undefined ? {} : { VersionId: versionId }) });
  }

  /**
   * The values of the newest versions that have none of the rotation's labels, newest first, one by one.
   *
   * @param count - How many at most.
   */
  async *unlabelled(count: number): AsyncGenerator<Version> {
    const listed = await this.#call("secretsmanager:ListSecretVersionIds", async () => {
      const pages = paginateListSecretVersionIds(
        { client: this.#client },
        { SecretId: this.#id, IncludeDeprecated: true },
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
      // The key of an old version may be gone: that is no reason not to try the next one.
      const version = VersionId && (await this.#read({ VersionId }).catch(() => undefined));
      if (version) yield version;
    }
  }

  async #describe(): Promise<Description> {
    const answer = await this.#call("secretsmanager:DescribeSecret", () =>
      this.#client.send(new DescribeSecretCommand({ SecretId: this.#id })),
    );
    return describe(answer);
  }

  async #read(which: { VersionStage?: StagingLabel; VersionId?: string }): Promise<Version | undefined> {
    try {
      const answer = await this.#client.send(new GetSecretValueCommand({ SecretId: this.#id, ...which }));
      return {
        id: answer.VersionId ?? "",
        text: answer.SecretString,
        createdAt: answer.CreatedDate ?? new Date(),
      };
    } catch (error) {
      if (isCode(error, "ResourceNotFoundException")) return undefined;
      throw secretsManagerError(error, "secretsmanager:GetSecretValue", this.#id);
    }
  }

  /**
   * Starts to read the pending version of this token at once and gives the function that waits for it: undefined only
   * if it still has no value after {@link rereadAfterMs}. By id and label, so that no other version can be taken for it.
   */
  startReadingPending(token: string): () => Promise<Version | undefined> {
    const first = ignoreUnhandledRejection(this.read("AWSPENDING", token));
    return async () => {
      let version = await first;
      for (const pause of rereadAfterMs) {
        if (version !== undefined) break;
        await sleep(pause);
        version = await this.read("AWSPENDING", token);
      }
      return version;
    };
  }

  /**
   * Describes the secret and reads its current version, together; again where one of the two lags behind the other, or
   * both behind the start of the rotation with this token.
   *
   * @throws RotationError `InconsistentReads` if they do not agree after {@link rereadAfterMs}.
   */
  async describeWithCurrent(token?: string): Promise<{ description: Description; current: Version }> {
    for (const pause of [...rereadAfterMs, undefined]) {
      const [description, current] = await Promise.all([this.#describe(), this.read("AWSCURRENT")]);
      const known = token === undefined || token in description.stages || pause === undefined;
      if (known && current !== undefined && current.id === versionWith(description, "AWSCURRENT"))
        return { description, current };
      if (pause === undefined && current === undefined) {
        throw new RotationError("InvalidSecret", `the secret ${this.#id} has no AWSCURRENT version with a value`);
      }
      if (pause !== undefined) await sleep(pause);
    }
    throw new RotationError("InconsistentReads", `two reads of ${this.#id} disagree on which version is AWSCURRENT`);
  }

  /** A new password, started at once so that it travels beside other reads. */
  randomPassword(rules: PasswordRules): Promise<string> {
    return ignoreUnhandledRejection(
      this.#call("secretsmanager:GetRandomPassword", async () => {
        const { RandomPassword } = await this.#client.send(new GetRandomPasswordCommand(rules));
        if (!RandomPassword) throw new RotationError("SecretsManagerFailed", "GetRandomPassword gave no password");
        return RandomPassword;
      }),
    );
  }

  /**
   * Stores the pending value, once: a version that has a value keeps it, whoever stored it. That makes a replay a
   * no-op without asking first, and no second password can ever take the place of one that may be set already.
   *
   * @returns false where the version had a value before.
   */
  async putPending(token: string, secretString: string): Promise<boolean> {
    try {
      await this.#client.send(
        new PutSecretValueCommand({
          SecretId: this.#id,
          ClientRequestToken: token,
          SecretString: secretString,
          // Without it the service would move AWSCURRENT to a password that no database knows.
          VersionStages: ["AWSPENDING"],
        }),
      );
      return true;
    } catch (error) {
      if (isCode(error, "ResourceExistsException")) return false;
      throw secretsManagerError(error, "secretsmanager:PutSecretValue", this.#id);
    }
  }

  /** Moves AWSCURRENT; the service moves AWSPREVIOUS along, and refuses if `fromVersionId` has lost the label. */
  async promote(toVersionId: string, fromVersionId: string): Promise<void> {
    await this.#call("secretsmanager:UpdateSecretVersionStage", () =>
      this.#client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: this.#id,
          VersionStage: "AWSCURRENT",
          MoveToVersionId: toVersionId,
          RemoveFromVersionId: fromVersionId,
        }),
      ),
    );
  }

  async #call<T>(action: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw secretsManagerError(error, action, this.#id);
    }
  }
}

/** The id of the version that has the label. */
export function versionWith(description: Description, stage: StagingLabel): string | undefined {
  return Object.keys(description.stages).find((id) => description.stages[id]?.includes(stage));
}

/** A promise that may be awaited later, or never: its failure counts only where somebody waits for it. */
export function ignoreUnhandledRejection<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function describe({ RotationEnabled, VersionIdsToStages, Tags }: DescribeSecretCommandOutput): Description {
  return {
    // Absent on servers that stand in for the service, and before the first rotation was configured.
    rotationEnabled: RotationEnabled ?? true,
    stages: VersionIdsToStages ?? {},
    tags: Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [Key, Value ?? ""])),
  };
}
