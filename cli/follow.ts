import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorCode, remedies } from "../rotation-fn/errors";
import { type Step, steps } from "../rotation-fn/event";
import { describeClientAccess } from "./clientAccess";
import { type Context, failureText, logOf } from "./command";
import type { LogLine } from "./functionLog";
import { tryVersion } from "./logins";
import { asReported } from "./remedies";
import { labeledVersion, readSecretState, type SecretState } from "./secretState";

/** Why a rotation is not complete. */
export interface RotationTrouble {
  readonly step?: string;
  readonly code?: string;
  readonly what: string;
  /** Whether clients are refused; undefined if the rotation did not start. */
  readonly clients?: string;
  readonly remedy: string;
}

/** After so many reads without AWSPENDING, the label counts as lost. A few reads may lag behind RotateSecret. */
const maxReadsWithoutPending = 8;

const lostPendingRemedy = "Run `npm run ops -- recover`: it finds out which password logs in, and rotates.";
const incompleteRotationRemedy =
  "If it is running (`npm run ops -- status`), wait a minute. Otherwise run this first: npm run ops -- recover";
const defaultRemedy = "Wait for Secrets Manager's retry, or run `npm run ops -- recover` if clients are refused.";

/**
 * Follows a rotation until AWSCURRENT is on its version. Detects the steps by the function's log, or, without a log, by
 * their effects.
 *
 * @param onStep - Called when a step is done, with its duration if the log contains it.
 * @returns why the rotation is not complete, or undefined
 */
export async function followRotation(
  context: Context,
  state: SecretState,
  token: string,
  onStep: (step: Step, durationMs?: number) => void,
): Promise<RotationTrouble | undefined> {
  const { clients, now, pollMs, options } = context;
  const startedAt = now();
  const log = logOf(context, state);
  const doneSteps = new Set<Step>();
  const reportStep = (step: Step, durationMs?: number): void => {
    // A step implies all earlier steps.
    for (const each of steps.slice(0, steps.indexOf(step) + 1)) {
      if (doneSteps.has(each)) continue;
      doneSteps.add(each);
      onStep(each, each === step ? durationMs : undefined);
    }
  };

  for (let readsWithoutPending = 0; ; ) {
    const lines = await log?.(new Date(startedAt.getTime() - 60_000), { token }).catch(() => undefined);
    for (const { step, outcome, durationMs } of lines ?? []) {
      if (isStep(step) && step !== "finishSecret" && outcome !== "failed") reportStep(step, durationMs);
    }
    const { versions } = await readSecretState(clients.secretsManager, state.arn);
    if (labeledVersion(versions, "AWSCURRENT")?.id === token) {
      reportStep("finishSecret", lines?.find(({ step }) => step === "finishSecret")?.durationMs);
      return undefined;
    }
    const failure = lines?.findLast(({ outcome }) => outcome === "failed");
    const version = versions.find(({ id }) => id === token);
    const done = lines ?? [...doneSteps].map((step) => ({ step, outcome: "done" }));
    const clientAccess = describeClientAccess(state.strategy, version, done);
    if (failure) return { ...troubleOf(failure), clients: clientAccess };
    readsWithoutPending = version?.labels.includes("AWSPENDING") ? 0 : readsWithoutPending + 1;
    if (readsWithoutPending >= maxReadsWithoutPending) {
      return {
        what: "its version lost AWSPENDING, as when a rotation is canceled or a value is stored during it",
        clients: clientAccess,
        remedy: lostPendingRemedy,
      };
    }
    if (lines === undefined && version !== undefined) {
      const { answer } = await tryVersion(context, state.arn, version);
      if (answer !== "no value" && answer !== "not credentials") reportStep("createSecret");
      if (answer === "logs in") reportStep("setSecret");
    }
    if (now().getTime() - startedAt.getTime() > options.timeoutMs) {
      return { ...(await diagnoseTimeout(context, state, token, doneSteps)), clients: clientAccess };
    }
    await sleep(pollMs);
  }
}

function troubleOf(line: LogLine): RotationTrouble {
  return {
    ...(line.step && { step: line.step }),
    ...(line.code && { code: line.code }),
    what: line.what ?? failureText(line),
    remedy: line.remedy ?? remedyOf(line.code) ?? defaultRemedy,
  };
}

/** Describes the steps until the time limit, and the error that this machine gets with the same credentials. */
async function diagnoseTimeout(
  context: Context,
  state: SecretState,
  token: string,
  seen: ReadonlySet<Step>,
): Promise<RotationTrouble> {
  const { clients, options } = context;
  const seconds = Math.round(options.timeoutMs / 1000);
  const { versions } = await readSecretState(clients.secretsManager, state.arn);
  const candidates = [labeledVersion(versions, "AWSCURRENT"), versions.find(({ id }) => id === token)];
  const findings = await Promise.all(
    candidates.map(async (version) => version && (await tryVersion(context, state.arn, version))),
  );
  const finding = findings.find((found) => found?.code !== undefined && found.answer !== "refused") ?? findings[0];
  const what = `AWSCURRENT has not moved within ${seconds} s; completed steps: ${[...seen].join(", ") || "none"}`;
  if (finding?.code === undefined)
    return { what: `${what}. A login from this machine finds no error`, remedy: defaultRemedy };
  return {
    what: `${what}. A login from this machine fails with ${finding.code}: ${finding.what ?? finding.answer}`,
    remedy: `If the function fails in the same way: ${finding.remedy ?? remedies[finding.code]}`,
  };
}

/** Why Secrets Manager refused to start the rotation, and what to do. */
export function refusalOf(error: unknown, env: NodeJS.ProcessEnv): RotationTrouble {
  const { message, code, remedy } = asReported(error, env);
  if (/previous rotation isn't complete/i.test(message)) {
    return { what: "a previous rotation isn't complete", remedy: incompleteRotationRemedy };
  }
  if (/No Lambda rotation function/i.test(message)) {
    return { code: "RotationDisabled", what: message, remedy: remedies.RotationDisabled };
  }
  if (/cannot invoke|invoke the specified Lambda/i.test(message)) {
    return {
      code: "InvokeDenied",
      what: message,
      remedy: "Run `npx pulumi up --refresh`: it restores the permission to invoke the function.",
    };
  }
  return { ...(code && { code }), what: message, remedy: remedy ?? defaultRemedy };
}

/** Why a rotation that was started cannot be followed. It may still complete. */
export function followFailureOf(error: unknown, env: NodeJS.ProcessEnv): RotationTrouble {
  const { message, code } = asReported(error, env);
  return {
    ...(code && { code }),
    what: `the rotation was started, and cannot be followed: ${message}`,
    remedy: "`npm run ops -- status` shows whether it is complete.",
  };
}

function remedyOf(code: string | undefined): string | undefined {
  return code !== undefined && Object.hasOwn(remedies, code) ? remedies[code as ErrorCode] : undefined;
}

function isStep(step: string | undefined): step is Step {
  return (steps as readonly (string | undefined)[]).includes(step);
}
