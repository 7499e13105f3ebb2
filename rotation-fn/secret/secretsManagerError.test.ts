import assert from "node:assert/strict";
import { type ErrorCode, RotationError } from "../errors";
import { isCode, secretsManagerError } from "./secretsManagerError";

const named = (name: string, message = "", more: object = {}): Error =>
  Object.assign(new Error(message), { name, ...more });
const network = (code: string): Error => named("Error", `connect ${code}`, { code });

const table: readonly (readonly [error: unknown, ErrorCode])[] = [
  [named("ResourceNotFoundException"), "SecretNotFound"],
  [named("InvalidRequestException", "because it was marked for deletion"), "SecretNotFound"],
  [named("InvalidRequestException", "You can't perform this operation"), "SecretsManagerFailed"],
  [named("ValidationException", "it was deleted"), "SecretsManagerFailed"],
  [named("AccessDeniedException", "is not authorized to perform: secretsmanager:PutSecretValue"), "AccessDenied"],
  [named("AccessDenied", "is not authorized to perform: secretsmanager:PutSecretValue"), "AccessDenied"],
  [named("AccessDeniedException", "with an explicit deny in a resource-based policy"), "DeniedByPolicy"],
  [named("AccessDeniedException", "Access to KMS is not allowed"), "KeyDenied"],
  [named("AccessDeniedException", "is not authorized to perform: kms:Decrypt with an explicit deny"), "KeyDenied"],
  [named("AccessDeniedException", "The ciphertext refers to a customer master key that does not exist"), "KeyDenied"],
  [named("KMSInvalidStateException", "the key is pending deletion"), "KeyDenied"],
  [named("SomethingElse", "Access to KMS is not allowed"), "SecretsManagerFailed"],
  [named("DecryptionFailure"), "KeyDenied"],
  [named("EncryptionFailure"), "KeyDenied"],
  [named("ThrottlingException", "Rate exceeded"), "Throttled"],
  [named("TooManyRequestsException"), "Throttled"],
  [named("RequestLimitExceeded"), "Throttled"],
  [named("LimitExceededException"), "Throttled"],
  [named("InternalServiceError"), "SecretsManagerFailed"],
  [named("TimeoutError", "socket hang up"), "SecretsManagerUnreachable"],
  ...["ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EPIPE"].map(
    (code) => [network(code), "SecretsManagerUnreachable"] as const,
  ),
  [network("EOTHER"), "SecretsManagerFailed"],
  [named("Error", "", { code: 5 }), "SecretsManagerFailed"],
  ["a text", "SecretsManagerFailed"],
];

describe("secretsManagerError", () => {
  for (const [error, code] of table) {
    const [what, message] = error instanceof Error ? [error.name, error.message] : [typeof error, ""];
    it(`of ${what} "${message}" has the code ${code}`, () => {
      const converted = secretsManagerError(error, "secretsmanager:PutSecretValue", "app");
      assert.equal(converted.code, code);
      const own = (error as { code?: unknown }).code;
      const name = typeof own === "string" ? own : what;
      assert.equal(converted.message, `secretsmanager:PutSecretValue for app: ${name}: ${message}`);
      assert.equal(converted.cause, error);
    });
  }

  it("of an endpoint with several addresses, has what happened at each", () => {
    const refused = ["10.0.1.4", "10.0.2.4"].map((at) => named("Error", `connect ${at}`, { code: "ECONNREFUSED" }));
    const error = Object.assign(new AggregateError(refused), { code: "ECONNREFUSED" });
    const { code, message } = secretsManagerError(error, "secretsmanager:GetSecretValue", "app");
    assert.equal(code, "SecretsManagerUnreachable");
    assert.equal(message, "secretsmanager:GetSecretValue for app: ECONNREFUSED: connect 10.0.1.4; connect 10.0.2.4");
  });

  it("returns a RotationError as it is", () => {
    const error = new RotationError("InvalidSecret", "x");
    assert.equal(secretsManagerError(error, "a", "b"), error);
  });
});

describe("isCode", () => {
  it("compares the name of an error, and nothing else", () => {
    assert.equal(isCode(named("A"), "A"), true);
    assert.equal(isCode(named("B"), "A"), false);
    assert.equal(isCode({ name: "A" }, "A"), false);
  });
});
