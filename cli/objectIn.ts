/** The object in a JSON text; an empty one if there is none. */
export function objectIn(text: string | undefined): Record<string, unknown> {
  try {
    return Object(JSON.parse(text ?? ""));
  } catch {
    return {};
  }
}
