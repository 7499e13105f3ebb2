import type { Context } from "aws-lambda";
import { withinTimeLimit } from "./deadline";
import { readEnvironment } from "./environment";
import { asRotationError } from "./errors";
import { parseEvent, type Step } from "./event";
import { logFor } from "./observability/log";
import { countFailure } from "./observability/metrics";
import { isAgeCheck, reportRotationAges } from "./observability/rotationAge";
import { createClient, SecretClient } from "./secret/secretClient";
import { createSecret } from "./steps/createSecret";
import { finishSecret } from "./steps/finishSecret";
import type { Outcome, Rotation } from "./steps/rotation";
import { setSecret } from "./steps/setSecret";
import { testSecret } from "./steps/testSecret";

const steps: Readonly<Record<Step, (rotation: Rotation) => Promise<Outcome>>> = {
  createSecret,
  setSecret,
  testSecret,
  finishSecret,
};

const client = createClient();
/** Read at cold start. If it is invalid, each invocation fails, so that its log contains the error. */
const environment = Promise.resolve(process.env).then(readEnvironment);
environment.catch(() => undefined);

/**
 * The Lambda handler. It runs one step of a rotation for Secrets Manager (`{ Step, SecretId, ClientRequestToken }`), or
 * checks the age of all secrets (`{ "Check": "rotation-age" }`).
 *
 * @throws RotationError after it has logged the error and its remedy. Secrets Manager then retries the whole rotation.
 */
export async function handler(event: unknown, context: Context): Promise<void> {
  const startedAt = Date.now();
  let scope: { check?: string; secret?: string; token?: string; step?: Step } = {};
  try {
    if (isAgeCheck(event)) {
      scope = { check: "rotation-age" };
      return await withinTimeLimit(context, (signal) => reportRotationAges(client, context.invokedFunctionArn, signal));
    }
    const request = parseEvent(event);
    const { step, secretId, token } = request;
    scope = { secret: secretId, token, step };
    const log = logFor(scope);
    const settings = await environment;
    const outcome = await withinTimeLimit(context, (signal) =>
      steps[step]({
        event: request,
        secret: new SecretClient(client, secretId, signal),
        ...settings,
        log,
        remainingMs: () => context.getRemainingTimeInMillis(),
        signal,
      }),
    );
    log.info(`${step} ${outcome}`, { outcome, durationMs: Date.now() - startedAt });
  } catch (thrown) {
    const error = asRotationError(thrown);
    if (scope.secret !== undefined) countFailure(scope.secret);
    const doing = scope.check ?? scope.step ?? "rotation";
    logFor(scope).failure(`${doing} failed`, error, { durationMs: Date.now() - startedAt });
    // Lambda logs the stack of an error, which is only useful for a bug.
    if (error.code !== "InternalError") error.stack = `${error.name}: ${error.message}`;
    throw error;
  }
}
