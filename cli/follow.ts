import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorCode, RotationError, remedies } from "../rotation-fn/errors";
import { type Step, steps } from "../rotation-fn/event";
import { type Context, failureText, logOf } from "./command";
import type { LogLine } from "./functionLog";
import { tryVersion } from "./logins";
import { labelled, readSecretState, type SecretState } from "./secretState";

/** Why a rotation is not over. */
export interface RotationTrouble {
  readonly step?: string;
  readonly code?: string;
  readonly what: string;
  readonly remedy: string;
}

/** A step that is over, as far as can be seen: `durationMs` only where the log says it. */
export interface StepSeen {
  readonly step: Step;
  readonly durationMs?: number;
}

/** A read that lags behind RotateSecret shows the version without its label: it is lost where several looks agree. */
const looksUntilLost = 8;

const lostHint = "Find out which password is in force, and rotate: `npm run ops -- recover`.";
const recoverHint = "Secrets Manager tries again by itself; `npm run ops -- recover` brings the secret back at once.";

/**
 * Watches a rotation until AWSCURRENT is on its version. What the steps have done is read from the log where there is
 * one, and from what each leaves behind.
 *
 * @returns why it is not over, or undefined
 */
export async function follow(
  context: Context,
  state: SecretState,
  token: string,
  onStep: (step: StepSeen) => void,
): Promise<RotationTrouble | undefined> {
  const { clients, now, pollMs, options } = context;
  const startedAt = now();
  const log = logOf(context, state);
  const seen = new Set<Step>();
  const see = (step: Step, durationMs?: number): void => {
    // Whoever sees a step sees those before it.
    for (const each of steps.slice(0, steps.indexOf(step) + 1)) {
      if (seen.has(each)) continue;
      seen.add(each);
      onStep(each === step && durationMs !== undefined ? { step, durationMs } : { step: each });
    }
  };

  for (let looksWithout = 0; ; ) {
    const lines = await log?.lines(new Date(startedAt.getTime() - 60_000), { token }).catch(() => undefined);
    for (const { step, outcome, durationMs } of lines ?? []) {
      if (isStep(step) && step !== "finishSecret" && outcome !== "failed") see(step, durationMs);
    }
    const { versions } = await readSecretState(clients.secretsManager, state.arn);
    if (labelled(versions, "AWSCURRENT")?.id === token) {
      see("finishSecret", lines?.find(({ step }) => step === "finishSecret")?.durationMs);
      return undefined;
    }
    const failure = lines?.findLast(({ outcome }) => outcome === "failed");
    if (failure) return troubleOf(failure);

    const version = versions.find(({ id }) => id === token);
    looksWithout = version?.labels.includes("AWSPENDING") ? 0 : looksWithout + 1;
    if (looksWithout >= looksUntilLost) {
      return { what: "its version lost AWSPENDING: the rotation was cancelled or overtaken", remedy: lostHint };
    }
    if (lines === undefined && version !== undefined) {
      const { answer } = await tryVersion(clients.secretsManager, state.arn, version);
      if (answer !== "no value" && answer !== "not a login") see("createSecret");
      if (answer === "logs in") see("setSecret");
    }
    if (now().getTime() - startedAt.getTime() > options.timeoutMs) {
      return { ...(await diagnosis(context, state, token)), ...stepAfter(seen) };
    }
    await sleep(pollMs);
  }
}

function troubleOf(line: LogLine): RotationTrouble {
  return {
    ...(line.step && { step: line.step }),
    ...(line.code && { code: line.code }),
    what: line.what ?? failureText(line),
    remedy: line.remedy ?? remedyOf(line.code) ?? recoverHint,
  };
}

/** Without a word of the function: what this machine meets when it does what the function does. */
async function diagnosis(context: Context, state: SecretState, token: string): Promise<RotationTrouble> {
  const { clients, options } = context;
  const seconds = Math.round(options.timeoutMs / 1000);
  const { versions } = await readSecretState(clients.secretsManager, state.arn);
  const candidates = [labelled(versions, "AWSCURRENT"), versions.find(({ id }) => id === token)];
  const findings = await Promise.all(
    candidates.map(async (version) => version && (await tryVersion(clients.secretsManager, state.arn, version))),
  );
  const finding = findings.find((found) => found?.code !== undefined && found.answer !== "refused") ?? findings[0];
  const what = `AWSCURRENT has not moved within ${seconds} s`;
  if (finding?.code === undefined)
    return { what: `${what}, and nothing is wrong that can be seen from here`, remedy: recoverHint };
  return {
    code: finding.code,
    what: `${what}. From this machine: ${finding.what ?? finding.answer}`,
    remedy: remedyOf(finding.code) ?? recoverHint,
  };
}

function stepAfter(seen: ReadonlySet<Step>): { step?: Step } {
  const step = steps.find((each) => !seen.has(each));
  return step === undefined ? {} : { step };
}

/** A refusal by Secrets Manager to begin, in words of what to do. */
export function refusalOf(error: unknown): RotationTrouble {
  const message = error instanceof Error ? error.message : String(error);
  if (/previous rotation isn't complete/i.test(message)) {
    return { what: "a previous rotation isn't complete", remedy: "Bring it to its end first: npm run ops -- recover" };
  }
  if (/No Lambda rotation function/i.test(message)) {
    return { code: "RotationDisabled", what: message, remedy: remedies.RotationDisabled };
  }
  if (/cannot invoke|invoke the specified Lambda/i.test(message)) {
    return {
      code: "InvokeDenied",
      what: message,
      remedy: "Deploy the stack again: it holds the permission to invoke.",
    };
  }
  if (error instanceof RotationError) return { code: error.code, what: message, remedy: error.remedy };
  return { what: message, remedy: recoverHint };
}

function remedyOf(code: string | undefined): string | undefined {
  return code !== undefined && Object.hasOwn(remedies, code) ? remedies[code as ErrorCode] : undefined;
}

function isStep(step: string | undefined): step is Step {
  return (steps as readonly (string | undefined)[]).includes(step);
}
