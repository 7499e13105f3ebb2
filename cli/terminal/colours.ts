import pc from "picocolors";
import type { Colors } from "picocolors/types";
import { printable } from "../../rotation-fn/printable";

const styles = ["bold", "dim", "red", "green", "yellow"] as const;

/** The styles that are used. Each takes text that somebody else may have written. */
export type Colours = Pick<Colors, (typeof styles)[number] | "isColorSupported">;

/** Longest line or JSON text, in characters: more than any of ours, less than a screen. */
const limit = 4_000;

/**
 * Colours where a person sees them, the identity elsewhere: on a terminal, unless `NO_COLOR` is set or `TERM` is
 * `dumb`; in a pipe or a log only if `FORCE_COLOR` asks for them (https://no-color.org, https://force-color.org).
 * A CI's log counts as a pipe: what reads the output must not depend on who runs it.
 */
export function coloursFor(
  stream: object & { readonly isTTY?: boolean },
  { NO_COLOR, FORCE_COLOR, TERM }: NodeJS.ProcessEnv = process.env,
): Colours {
  const forced = FORCE_COLOR ? FORCE_COLOR !== "0" : stream.isTTY === true && TERM !== "dumb";
  const colors = pc.createColors(!NO_COLOR && forced);
  const cleaned = styles.map((style) => [style, (text: unknown) => colors[style](shown(String(text)))]);
  return { ...(Object.fromEntries(cleaned) as Colours), isColorSupported: colors.isColorSupported };
}

/** What standard output takes. */
export const colours = coloursFor(process.stdout);

/** A pair of the codes above around text without any other. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the codes
const styled = /(\u001b\[(?:1|2|31|32|33)m)([^\u001b]*)(\u001b\[(?:22|39)m)/;

/**
 * A line as it may be written: no control character, whoever wrote its parts, but the codes of our own styles.
 *
 * @param colours - What the line's stream takes; nothing unless given.
 */
export function shown(line: string, colours?: Colours): string {
  if (!colours?.isColorSupported) return printable(line, limit);
  return line
    .split(styled)
    .map((part, index) => (index % 4 === 1 || index % 4 === 3 ? part : printable(part, limit)))
    .join("");
}

/** The same for each text and key of a value that becomes JSON, in one line. */
export function shownJson(value: object): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === "string") return printable(each, limit);
    if (typeof each !== "object" || each === null || Array.isArray(each)) return each;
    return Object.fromEntries(Object.entries(each).map(([key, inner]) => [printable(key), inner]));
  });
}
