import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asMarkdown, type PartResult } from "./part";

const page = join(__dirname, "../docs/performance.md");

/**
 * Replaces what is between `<!-- bench: name -->` and `<!-- /bench -->` in docs/performance.md.
 *
 * @param source when and where the results were measured
 * @throws Error if the page has no such place for a part
 */
export function writeDocs(results: Readonly<Record<string, PartResult>>, source: string): void {
  let text = readFileSync(page, "utf8");
  for (const [name, { table, note }] of Object.entries(results)) {
    const block = new RegExp(`(<!-- bench: ${name} -->\n)[\\s\\S]*?(<!-- /bench -->)`);
    if (!block.test(text)) throw new Error(`docs/performance.md has no place for the part ${name}.`);
    text = text.replace(
      block,
      (_, open, close) => `${open}\n${asMarkdown(table)}\n\n${note}\n\n<sub>${source}</sub>\n\n${close}`,
    );
  }
  writeFileSync(page, text);
}
