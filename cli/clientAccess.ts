import type { ErrorCode } from "../rotation-fn/errors";
import type { Strategy } from "../rotation-fn/secret/settings";
import type { LogLine } from "./functionLog";
import type { KeptVersion } from "./secretState";

/** Failures of setSecret without the server's answer: the server may have made the change. */
const possiblyChanged: readonly (ErrorCode | undefined)[] = [
  "DatabaseConnectionLost",
  "AnswerTooLarge",
  "TimeLimit",
  "InternalError",
];

/** The same, unless the message contains a SQLSTATE: then the server has answered, and rolled the change back. */
const possiblyChangedWithoutSqlState: readonly (ErrorCode | undefined)[] = ["DatabaseTimeout", "DatabaseFailed"];

function mayHaveChanged({ code, what = "" }: StepLine): boolean {
  const errorCode = code as ErrorCode | undefined;
  return (
    possiblyChanged.includes(errorCode) ||
    (possiblyChangedWithoutSqlState.includes(errorCode) && !/: [0-9A-Z]{5} /.test(what))
  );
}

type StepLine = Pick<LogLine, "step" | "outcome" | "code" | "what">;

/**
 * Describes in a sentence whether clients can log in while a rotation is incomplete. This depends on the strategy and
 * on the steps that were done. The labels do not show it.
 *
 * @param pending - The rotation's version, which has a date once createSecret has stored its value.
 * @param lines - The log's lines of this rotation, of all its attempts; undefined if the log cannot be read.
 */
export function describeClientAccess(
  strategy: Strategy,
  pending: Pick<KeptVersion, "createdAt"> | undefined,
  lines: readonly StepLine[] = [],
): string {
  const unchanged = "This rotation has not changed the password that clients use.";
  if (strategy === "alternating-users" || pending?.createdAt === undefined) return unchanged;
  const attempts = lines.filter(({ step }) => step === "setSecret");
  if (attempts.some(({ outcome }) => outcome === "done" || outcome === "already done")) {
    return "Clients are refused: setSecret has changed the password of the user in AWSCURRENT.";
  }
  if (attempts.some(mayHaveChanged)) {
    return "Clients may be refused: setSecret got no answer to its change of the password.";
  }
  const last = lines.findLast(({ outcome }) => outcome !== undefined);
  if (last?.code === "LoginRefused") return "Clients are refused, and were before this rotation.";
  if (last?.outcome === "failed") return unchanged;
  return "Clients may be refused: the log does not show whether setSecret has changed the password.";
}

/** The last line that each step has in the log: `createSecret done, setSecret failed`. */
export function stepsSeen(lines: readonly StepLine[] = []): string {
  const last = new Map(lines.flatMap(({ step, outcome }) => (step && outcome ? [[step, outcome] as const] : [])));
  return [...last].map(([step, outcome]) => `${step} ${outcome}`).join(", ") || "no step";
}
