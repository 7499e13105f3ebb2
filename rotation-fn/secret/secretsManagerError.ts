import { type ErrorCode, partsOf, RotationError } from "../errors";

/**
 * Secrets Manager's errors by name
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html and each operation's own), and the
 * network's by Node's code.
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
  ECONNREFUSED: "SecretsManagerUnreachable",
  ECONNRESET: "SecretsManagerUnreachable",
  EHOSTUNREACH: "SecretsManagerUnreachable",
  ENETUNREACH: "SecretsManagerUnreachable",
  ENOTFOUND: "SecretsManagerUnreachable",
  EAI_AGAIN: "SecretsManagerUnreachable",
  ETIMEDOUT: "SecretsManagerUnreachable",
  EPIPE: "SecretsManagerUnreachable",
};

/** Converts an error of the SDK. The service's messages contain names of actions, keys and secrets, never values. */
export function secretsManagerError(error: unknown, action: string, secretId: string): RotationError {
  if (error instanceof RotationError) return error;
  const { code, name: ownName, message } = partsOf(error);
  const name = code || ownName;
  return new RotationError(classify(name, message), `${action} for ${secretId}: ${name}: ${message}`, {
    cause: error,
  });
}

export function isCode(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

function classify(name: string, message: string): ErrorCode {
  // The service reports a key that it may not use, or that is disabled, under different names.
  if (name.startsWith("KMS")) return "KeyDenied";
  if (name === "AccessDeniedException" || name === "AccessDenied") {
    if (/\bKMS\b|kms:|customer master key/.test(message)) return "KeyDenied";
    return /explicit deny/.test(message) ? "DeniedByPolicy" : "AccessDenied";
  }
  if (name === "InvalidRequestException" && /delet/i.test(message)) return "SecretNotFound";
  return byName[name] ?? "SecretsManagerFailed";
}
