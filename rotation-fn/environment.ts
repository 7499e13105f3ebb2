import type { PasswordForm } from "./database/changeStatement";
import { RotationError } from "./errors";
import { type PasswordRules, passwordRules } from "./secret/password";

/** The function's variables, see README.md beside this file. `AWS_*` is read by the SDK, too. */
export interface Environment {
  readonly region: string | undefined;
  /** URL of the Secrets Manager API; undefined: the region's. */
  readonly endpoint: string | undefined;
  readonly rules: PasswordRules;
  readonly passwordForm: PasswordForm;
  /** Where an administrator signs in: a database of its own, never the rotated user's. */
  readonly adminDatabase: string;
}

/** @throws RotationError `InvalidEnvironment`. */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  return {
    region: env.AWS_REGION,
    endpoint: env.SECRETS_MANAGER_ENDPOINT || undefined,
    rules: passwordRules(env),
    passwordForm: passwordForm(env),
    adminDatabase: env.ADMIN_DATABASE || "postgres",
  };
}

/** What log lines and metrics are marked with. */
export const serviceName = process.env.POWERTOOLS_SERVICE_NAME || "secrets-rotation";
export const metricsNamespace = process.env.POWERTOOLS_METRICS_NAMESPACE || "SecretsManagerRotation";

/** `PASSWORD_FORM`: `plaintext` is for a server that checks the passwords it is given. */
function passwordForm({ PASSWORD_FORM: form = "verifier" }: NodeJS.ProcessEnv): PasswordForm {
  if (form === "verifier" || form === "plaintext") return form;
  throw new RotationError("InvalidEnvironment", "PASSWORD_FORM must be verifier or plaintext");
}
