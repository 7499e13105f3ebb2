import pc from "picocolors";
import type { Colors } from "picocolors/types";
import { printable } from "../../rotation-fn/printable";

const styles = ["bold", "dim", "red", "green", "yellow"] as const;

/** The styles of the output. Each escapes the text that it is given. */
export type TerminalColors = Pick<Colors, (typeof styles)[number] | "isColorSupported">;

/** Longest line or JSON text, in characters. */
const limit = 4_000;

/**
 * Colors on a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`. In a pipe or a log, only with `FORCE_COLOR`
 * (https://no-color.org, https://force-color.org). A CI's log counts as a pipe, so that programs that read the output
 * get the same text everywhere.
 */
export function colorsFor(
  stream: object & { readonly isTTY?: boolean },
  { NO_COLOR, FORCE_COLOR, TERM }: NodeJS.ProcessEnv = process.env,
): TerminalColors {
  const wantsColor = FORCE_COLOR ? FORCE_COLOR !== "0" : stream.isTTY === true && TERM !== "dumb";
  const colors = pc.createColors(!NO_COLOR && wantsColor);
  const escapingStyles = styles.map((style) => [style, (text: unknown) => colors[style](escapeLine(String(text)))]);
  return { ...(Object.fromEntries(escapingStyles) as TerminalColors), isColorSupported: colors.isColorSupported };
}

/** Colors of standard output. */
export const colors = colorsFor(process.stdout);

/** A text in one of the styles: the code that starts it, the text, and the code that ends it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern matches the codes
const styledText = /(\u001b\[(?:1|2|31|32|33)m)([^\u001b]*)(\u001b\[(?:22|39)m)/;

/**
 * Escapes every control character in a line, except the codes of the program's own styles.
 *
 * @param colors - Colors of the line's stream. @default none
 */
export function escapeLine(line: string, colors?: TerminalColors): string {
  if (!colors?.isColorSupported) return printable(line, limit);
  return line
    .split(styledText)
    .map((part, index) => (index % 4 === 1 || index % 4 === 3 ? part : printable(part, limit)))
    .join("");
}

/** JSON in one line, with each text and key escaped in the same way. */
export function escapedJson(value: object): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === "string") return printable(each, limit);
    if (typeof each !== "object" || each === null || Array.isArray(each)) return each;
    return Object.fromEntries(Object.entries(each).map(([key, inner]) => [printable(key), inner]));
  });
}
