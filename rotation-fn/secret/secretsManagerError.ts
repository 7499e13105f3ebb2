import type { ErrorCode } from "../errors";
import { RotationError } from "../errors";

/**
 * Secrets Manager's errors by name
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html and each operation's own).
 */
const byName: Readonly<Record<string, ErrorCode>> = {
  ResourceNotFoundException: "SecretNotFound",
  DecryptionFailure: "KeyDenied",
  EncryptionFailure: "KeyDenied",
  ThrottlingException: "Throttled",
  TooManyRequestsException: "Throttled",
  RequestLimitExceeded: "Throttled",
  LimitExceededException: "Throttled",
  InternalServiceError: "SecretsManagerFailed",
  TimeoutError: "SecretsManagerUnreachable",
};

const unreachable = [
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EPIPE",
];

/** Converts an error of the SDK. The service's messages contain names of actions, keys and secrets, never values. */
export function secretsManagerError(error: unknown, action: string, secretId: string): RotationError {
  if (error instanceof RotationError) return error;
  const { name, message, code } = parts(error);
  return new RotationError(classify(name, message, code), `${action} for ${secretId}: ${name}: ${message}`, {
    cause: error,
  });
}

export function isCode(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

function classify(name: string, message: string, code: string): ErrorCode {
  // The service reports a key that it may not use, or that is disabled, under different names.
  if (name.startsWith("KMS")) return "KeyDenied";
  if (name === "AccessDeniedException" || name === "AccessDenied") {
    if (/\bKMS\b|kms:|customer master key/.test(message)) return "KeyDenied";
    return /explicit deny/.test(message) ? "DeniedByPolicy" : "AccessDenied";
  }
  if (name === "InvalidRequestException" && /delet/i.test(message)) return "SecretNotFound";
  if (unreachable.includes(code)) return "SecretsManagerUnreachable";
  return byName[name] ?? "SecretsManagerFailed";
}

function parts(error: unknown): { name: string; message: string; code: string } {
  if (!(error instanceof Error)) return { name: typeof error, message: "", code: "" };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return { name: code || error.name, message: error.message, code };
}
