import type { SecretsManager } from "../../emulators/secrets-manager";
import { settingTags } from "../../rotation-fn/secret/settings";
import type { Deployment } from "./deployment";

/** Something that is wrong on purpose, to see that the rehearsal finds it. */
export interface Breakage {
  readonly summary: string;
  /** Host names in the database's certificate, in place of its own. */
  readonly certificateNames?: readonly string[];
  /** Changes to the secret's first value. */
  readonly secret?: Readonly<Record<string, unknown>>;
  /** Changes to the secret's tags. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly handler?: (source: string) => string;
  readonly service?: (service: SecretsManager) => void;
}

export const breakages = {
  "tls-name": {
    summary: "the database's certificate names another host",
    certificateNames: ["elsewhere.example.com"],
  },
  "database-port": {
    summary: "the secret names a port on which nothing listens",
    secret: { port: 1 },
    // With a tag, the value's port would be replaced.
    tags: { [settingTags.database]: "localhost:1" },
  },
  "stored-password": {
    summary: "the secret holds a password that the database never had",
    secret: { password: "not-the-password-of-the-database" },
  },
  verifier: {
    summary: "the function makes SCRAM verifiers with a wrong key",
    handler: (source) => source.replace('"Client Key").digest()', '"Wrong Key").digest()'),
  },
  "stage-move": {
    summary: "Secrets Manager refuses to move AWSCURRENT",
    service: (service) =>
      service.setHooks({
        before: ({ operation }) =>
          operation === "UpdateSecretVersionStage"
            ? { kind: "error", type: "InvalidRequestException", message: "The label was not moved." }
            : undefined,
      }),
  },
} as const satisfies Readonly<Record<string, Breakage>>;

/** The deployment with the parts exchanged that the breakage says. @throws Error if there is nothing to exchange. */
export function broken(deployment: Deployment, { handler, tags = {} }: Partial<Breakage> = {}): Deployment {
  const { files, secret } = deployment;
  const source = files["index.js"] ?? "";
  const changed = handler?.(source) ?? source;
  if (handler !== undefined && changed === source) {
    throw new Error("the handler does not have the code that this breakage changes");
  }
  return {
    ...deployment,
    files: { ...files, "index.js": changed },
    secret: { ...secret, tags: secret.tags.map(({ Key, Value }) => ({ Key, Value: tags[Key] ?? Value })) },
  };
}
