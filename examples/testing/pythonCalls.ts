/** A call in a Python program: `module.name(…)`. */
export interface PythonCall {
  name: string;
  /** The keyword arguments: name and text. */
  keywords: Record<string, string>;
}

/** The calls of `module`, including those inside arguments. */
export function pythonCalls(program: string, module: string): PythonCall[] {
  return [...program.matchAll(new RegExp(`\\b${module}\\.(\\w+)\\(`, "g"))].map((match) => {
    const start = match.index + match[0].length;
    return { name: match[1] ?? "", keywords: keywordsOf(argumentsFrom(program, start)) };
  });
}

/** The texts of the arguments of one call. */
function argumentsFrom(program: string, start: number): string[] {
  const texts = [""];
  let depth = 0;
  for (const char of program.slice(start).replace(/#.*$/gm, "")) {
    if ("([{".includes(char)) depth++;
    if (")]}".includes(char) && depth-- === 0) return texts;
    if (char === "," && depth === 0) texts.push("");
    else texts[texts.length - 1] += char;
  }
  throw new Error("a call without a closing parenthesis");
}

function keywordsOf(texts: string[]): Record<string, string> {
  return Object.fromEntries(
    texts.flatMap((text) => {
      const [, keyword, value] = /^\s*(\w+)=([\s\S]*)$/.exec(text) ?? [];
      return keyword === undefined ? [] : [[keyword, (value ?? "").trim()]];
    }),
  );
}

/** A name in the notation of Pulumi's Python SDKs. */
export function snakeCased(name: string): string {
  return name.replace(/[A-Z]/g, (letter, at) => (at === 0 ? "" : "_") + letter.toLowerCase());
}
