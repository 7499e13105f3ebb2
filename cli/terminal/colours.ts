import pc from "picocolors";
import type { Colors } from "picocolors/types";

/**
 * Colours where a person sees them, the identity elsewhere: on a terminal, unless `NO_COLOR` is set or `TERM` is
 * `dumb`; in a pipe or a log only if `FORCE_COLOR` asks for them (https://no-color.org, https://force-color.org).
 * A CI's log counts as a pipe: what reads the output must not depend on who runs it.
 */
export function coloursFor(
  stream: object & { readonly isTTY?: boolean },
  { NO_COLOR, FORCE_COLOR, TERM }: NodeJS.ProcessEnv = process.env,
): Colors {
  const forced = FORCE_COLOR ? FORCE_COLOR !== "0" : stream.isTTY === true && TERM !== "dumb";
  return pc.createColors(!NO_COLOR && forced);
}

/** What standard output takes. */
export const colours = coloursFor(process.stdout);
