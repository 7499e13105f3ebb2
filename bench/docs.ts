import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./machine";
import type { Findings } from "./part";
import { asMarkdown } from "./table";

const folder = join(__dirname, "../docs");

/**
 * Puts what was found between the page's `<!-- bench: name -->` and `<!-- /bench -->`; what was written by hand around
 * them stays.
 *
 * @returns the files that were written, as paths in the project
 * @throws Error where the page has no place for a part
 */
export function writeDocs(found: Readonly<Record<string, Findings>>, machine: Machine): string[] {
  const page = join(folder, "performance.md");
  const written = ["docs/performance.md"];
  let text = readFileSync(page, "utf8");
  for (const [name, { tables, notes, pictures = {} }] of Object.entries(found)) {
    const place = new RegExp(`(<!-- bench: ${name} -->\n)[\\s\\S]*?(<!-- /bench -->)`);
    if (!place.test(text)) throw new Error(`docs/performance.md has no place for ${name}`);
    const blocks = [
      ...tables.map(asMarkdown),
      ...Object.entries(pictures).map(([file, svg]) => `![${/aria-label="([^"]*)"/.exec(svg)?.[1] ?? file}](${file})`),
      notes.join("\n"),
      `<sub>${machine.date}, ${machine.description}</sub>`,
    ];
    text = text.replace(place, (_, open, close) => `${open}\n${blocks.filter(Boolean).join("\n\n")}\n\n${close}`);
    for (const [file, svg] of Object.entries(pictures)) {
      writeFileSync(join(folder, file), svg);
      written.push(`docs/${file}`);
    }
  }
  writeFileSync(page, text);
  return written;
}
