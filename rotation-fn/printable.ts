/**
 * Makes untrusted text (a server's message, a role's name) safe for a log line, a terminal or JSON. Control characters,
 * line separators and characters that reorder text become `\uXXXX`; text beyond the limit is cut. Otherwise a server could
 * clear the reader's screen, change the window's title or forge a log line.
 *
 * @param limit - Maximum length, in characters.
 */
export function printable(text: string, limit = 1_000): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}… (${text.length} characters)` : text;
  return cut.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}\u{feff}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
