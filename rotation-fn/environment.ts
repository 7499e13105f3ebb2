import type { PasswordForm } from "./database/changeStatement";
import { RotationError } from "./errors";
import { passwordRules } from "./secret/password";

export type Environment = Readonly<ReturnType<typeof readEnvironment>>;

/**
 * The environment variables of a rotation: see README.md in this folder. The SDK reads `AWS_*`.
 *
 * @throws RotationError `InvalidEnvironment`.
 */
export function readEnvironment(env: NodeJS.ProcessEnv) {
  return {
    rules: passwordRules(env),
    passwordForm: passwordForm(env),
    /** The database that an administrator connects to, never the rotated user's. */
    adminDatabase: env.ADMIN_DATABASE || "postgres",
  };
}

/** URL of the Secrets Manager API; undefined for the region's default. */
export const secretsManagerEndpoint = process.env.SECRETS_MANAGER_ENDPOINT || undefined;
/** Names in log lines and metrics. */
export const serviceName = process.env.POWERTOOLS_SERVICE_NAME || "secrets-rotation";
export const metricsNamespace = process.env.POWERTOOLS_METRICS_NAMESPACE || "SecretsManagerRotation";
/** Whether each metric also has the secret's name as a dimension. CloudWatch charges for each secret's metrics. */
export const metricsPerSecret = process.env.METRICS_PER_SECRET === "true";

/** `PASSWORD_FORM`: `plaintext` is for a server that checks passwords. */
function passwordForm({ PASSWORD_FORM: form = "verifier" }: NodeJS.ProcessEnv): PasswordForm {
  if (form === "verifier" || form === "plaintext") return form;
  throw new RotationError("InvalidEnvironment", "PASSWORD_FORM must be verifier or plaintext");
}
