/**
 * Text that somebody else wrote (a server's message, a role's name), fit for a log line, a terminal or JSON: control
 * characters, line separators and the marks that reorder text become `\uXXXX`, and what is longer than the limit
 * is cut. Without it, a server could clear the reader's screen, retitle the window or forge a line of the log.
 *
 * @param limit - Longest text that is shown whole, in characters.
 */
export function printable(text: string, limit = 1_000): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}… (${text.length} characters)` : text;
  return cut.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}\u{feff}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
