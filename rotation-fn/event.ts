import { RotationError } from "./errors";

export const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
export type Step = (typeof steps)[number];

/** One invocation by Secrets Manager: the step, the secret and the version. */
export interface RotationEvent {
  readonly step: Step;
  /** ARN (or name) of the secret. */
  readonly secretId: string;
  /** Version ID of the version that this rotation creates. */
  readonly token: string;
}

/**
 * Parses the event of Secrets Manager, `{ Step, SecretId, ClientRequestToken }`. Other keys are ignored: the service adds
 * some (`RotationToken`).
 *
 * @throws RotationError `InvalidEvent`, which names each invalid key.
 */
export function parseEvent(event: unknown): RotationEvent {
  if (typeof event !== "object" || event === null || Array.isArray(event)) {
    throw new RotationError("InvalidEvent", `the event must be a JSON object, not ${describe(event)}`);
  }
  const { Step, SecretId, ClientRequestToken } = event as Record<string, unknown>;
  const problems = [
    isStep(Step) ? "" : `Step must be one of ${steps.join(", ")}, not ${describe(Step)}`,
    // Secrets Manager's limits: 2,048 characters of an ID, 32 to 64 of a token.
    isText(SecretId, 1, 2048) ? "" : `SecretId must be the secret's ARN or name, not ${describe(SecretId)}`,
    isText(ClientRequestToken, 32, 64)
      ? ""
      : `ClientRequestToken must be a version ID of 32 to 64 characters, not ${describe(ClientRequestToken)}`,
  ].filter(Boolean);
  if (!isStep(Step) || problems.length > 0) throw new RotationError("InvalidEvent", problems.join("; "));
  return { step: Step, secretId: SecretId as string, token: ClientRequestToken as string };
}

function isStep(value: unknown): value is Step {
  return (steps as readonly unknown[]).includes(value);
}

function isText(value: unknown, min: number, max: number): value is string {
  return typeof value === "string" && value.length >= min && value.length <= max && /^[\x21-\x7e]+$/.test(value);
}

/** The type of an invalid value, and the length of a string. Never the value, which may be a password by mistake. */
function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") return value === "" ? "an empty string" : `a string of ${value.length} characters`;
  return `a ${typeof value}`;
}
