import type { SecretsManager } from "../../emulators/secrets-manager";
import { settingTags } from "../../rotation-fn/secret/settings";
import type { EvaluatedStack } from "./evaluatedStack";
import type { rehearsalScenarios } from "./scenarios";

/** A deliberate fault that the rehearsal must find. */
export interface Breakage {
  readonly summary: string;
  /** The result of the rotation, if it depends on the strategy. */
  readonly outcome?: Readonly<Record<keyof typeof rehearsalScenarios, string>>;
  /** Host names in the database's certificate. @default the right ones */
  readonly certificateNames?: readonly string[];
  readonly secret?: Readonly<Record<string, unknown>>;
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
    summary: "the secret names a port that nothing listens on",
    secret: { port: 1 },
    // With a tag, the value's port would be replaced.
    tags: { [settingTags.database]: "localhost:1" },
  },
  "stored-password": {
    summary: "the secret contains a password that the database never had",
    outcome: {
      "single-user": "the user cannot log in to change its password, and the rotation failed",
      "single-user-with-admin": "the administrator set a new password, and the rotation repaired it",
      "alternating-users":
        "the rotation set the password of the other login, with which clients log in; the stored password stayed refused until the second rotation",
    },
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

/** The stack with the changes of the breakage. @throws Error if the handler does not have the code to change */
export function withBreakage(stack: EvaluatedStack, { handler, tags = {} }: Partial<Breakage> = {}): EvaluatedStack {
  const { lambda, secret } = stack;
  const source = lambda.files["index.js"] ?? "";
  const changed = handler?.(source) ?? source;
  if (handler !== undefined && changed === source) {
    throw new Error("the handler does not have the code that this breakage changes");
  }
  return {
    ...stack,
    lambda: { ...lambda, files: { ...lambda.files, "index.js": changed } },
    secret: { ...secret, tags: secret.tags.map(({ Key, Value }) => ({ Key, Value: tags[Key] ?? Value })) },
  };
}
