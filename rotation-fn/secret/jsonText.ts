/**
 * Replaces strings, numbers and literals in the text of a valid JSON document. Every other byte stays: the order of keys,
 * blanks, duplicate keys, and numbers that JavaScript cannot represent.
 *
 * @param replace - Gets the keys and indexes that lead to the value, and its text; returns the new text.
 */
export function replaceScalars(json: string, replace: (path: readonly string[], text: string) => string): string {
  const open: { readonly isArray: boolean; at: string; expectsKey: boolean }[] = [];
  return json.replace(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g, (token) => {
    const inner = open.at(-1);
    if (token === "{" || token === "[") {
      const isArray = token === "[";
      open.push({ isArray, at: isArray ? "0" : "", expectsKey: !isArray });
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (token === "," && inner !== undefined) {
      if (inner.isArray) inner.at = String(Number(inner.at) + 1);
      else inner.expectsKey = true;
    } else if (inner?.expectsKey) {
      inner.at = JSON.parse(token);
      inner.expectsKey = false;
    } else if (token !== ":") {
      const path = open.map(({ at }) => at);
      return replace(path, token);
    }
    return token;
  });
}
