/** The colors of a terminal's codes, as the attributes of a `tspan`. */
const styles: Readonly<Record<string, string>> = {
  "1": 'font-weight="bold"',
  "2": 'fill="#8b949e"',
  "31": 'fill="#ff7b72"',
  "32": 'fill="#3fb950"',
  "33": 'fill="#d29922"',
};
const [lineHeight, characterWidth, margin] = [18, 7.3, 16];

// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern matches the codes
const code = /\u001b\[(\d+)m/;

/** Draws the output of a program in a terminal, with its colors. @returns SVG */
export function pictureOf(output: string): string {
  const lines = output.trimEnd().split("\n");
  const longest = Math.max(...lines.map((line) => line.split(code).filter(isText).join("").length));
  const [width, height] = [Math.ceil(longest * characterWidth), lines.length * lineHeight].map((n) => n + 2 * margin);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="12" fill="#e6edf3">`,
    "<title>Output in a terminal</title>",
    '<rect width="100%" height="100%" rx="8" fill="#0d1117"/>',
    ...lines.map(
      (line, index) =>
        `<text x="${margin}" y="${margin + (index + 0.75) * lineHeight}" xml:space="preserve">${markup(line)}</text>`,
    ),
    "</svg>\n",
  ].join("\n");
}

/** The text in a picture of {@link pictureOf}. */
export function textOf(picture: string): string {
  return [...picture.matchAll(/<text [^>]*>(.*)<\/text>/g)]
    .map(([, line = ""]) =>
      line
        .replace(/<[^>]*>/g, "")
        .replace(/&lt;/g, "<")
        .replace(/&amp;/g, "&"),
    )
    .join("\n");
}

/** `split(code)` returns texts at even indices, and numbers of codes at odd ones. */
function isText(_: string, index: number): boolean {
  return index % 2 === 0;
}

function markup(line: string): string {
  const parts = line.split(code);
  return parts
    .filter(isText)
    .map((text, index) => {
      const style = styles[parts[2 * index - 1] ?? ""];
      const escaped = text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
      return style === undefined ? escaped : `<tspan ${style}>${escaped}</tspan>`;
    })
    .join("");
}
