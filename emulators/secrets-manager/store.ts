import { randomBytes } from "node:crypto";
import { markedForDeletion, noSuchSecret } from "./errors";
import type { Secret } from "./secret";
import type { Input, OperationName } from "./shapes";

/** Operations of the API that need only the state. @throws ServiceError */
export type StoreOperations = {
  [Name in OperationName]: (store: SecretStore, input: Input<Name>) => object;
};

/** The region of all secrets in the emulator. */
export const homeRegion = "us-east-1";

/** Returns the time. Tests replace it. */
export type Clock = () => Date;

/** The secrets of one account in one region. */
export class SecretStore {
  /** Called when a value is stored by hand during a rotation. */
  onRotationAbandoned: (secret: Secret) => void = () => undefined;

  constructor(
    readonly clock: Clock,
    /** By name. */
    readonly secrets: Map<string, Secret> = new Map(),
  ) {}

  /**
   * Copies the state before a change of one secret. The other secrets remain the same objects, because a copy of all
   * secrets before each write would be slow.
   */
  snapshot(changing?: unknown): SecretStore {
    const secrets = new Map(this.secrets);
    const secret = typeof changing === "string" ? this.lookUp(changing) : undefined;
    if (secret !== undefined) secrets.set(secret.name, structuredClone(secret));
    return new SecretStore(this.clock, secrets);
  }

  add(name: string): Secret {
    const now = this.clock();
    const secret: Secret = {
      arn: this.arnFor(name),
      name,
      replicas: new Map(),
      versions: new Map(),
      createdAt: now,
      changedAt: now,
    };
    this.secrets.set(name, secret);
    return secret;
  }

  /** An ARN that ends in six random characters, as in the service. */
  arnFor(name: string): string {
    return `arn:aws:secretsmanager:${homeRegion}:000000000000:secret:${name}-${randomBytes(3).toString("hex")}`;
  }

  /**
   * Finds a secret by name, ARN, or ARN without its random end, also if it is deleted.
   *
   * @throws ServiceError ResourceNotFoundException
   */
  find(id: string): Secret {
    const secret = this.lookUp(id);
    if (secret === undefined) throw noSuchSecret();
    return secret;
  }

  /** Like `find`. @throws ServiceError InvalidRequestException if the secret is marked for deletion */
  findActive(id: string): Secret {
    const secret = this.find(id);
    if (secret.deletion !== undefined) throw markedForDeletion();
    return secret;
  }

  /** Like `find`, for an operation that may find nothing. */
  lookUp(id: string): Secret | undefined {
    const secret =
      this.secrets.get(id) ?? [...this.secrets.values()].find(({ arn }) => arn === id || arn.slice(0, -7) === id);
    return secret !== undefined && !this.removeIfDeleted(secret) ? secret : undefined;
  }

  /** Removes a secret whose recovery window has ended. @returns whether it was removed */
  private removeIfDeleted(secret: Secret): boolean {
    const gone = secret.deletion !== undefined && secret.deletion.due <= this.clock();
    if (gone) this.secrets.delete(secret.name);
    return gone;
  }
}
