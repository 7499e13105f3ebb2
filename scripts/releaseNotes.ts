import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "../cli/terminal/option";
import { program } from "../cli/terminal/program";
import { version } from "../package.json";

const commandLine = {
  name: "npm run --silent notes --",
  summary: "Prints the notes of a release: its section of CHANGELOG.md.",
  options: { tag: text("<vX.Y.Z>", "the tag; default: the version in package.json") },
};

/**
 * The section of a version, without its heading.
 *
 * @throws Error if the version is not the package's, or has no section.
 */
export function notesOf(tag: string, version: string, changelog: string): string {
  if (tag !== `v${version}`) throw new Error(`the tag is ${tag}, but package.json has version ${version}`);
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((one) => one.split(/\s/)[0] === version);
  const notes = section?.slice(section.indexOf("\n")).trim();
  if (!notes) throw new Error(`CHANGELOG.md has no section "## ${version}", or an empty one`);
  return notes;
}

if (require.main === module) {
  program(commandLine, async ({ tag }) => {
    const changelog = readFileSync(join(__dirname, "../CHANGELOG.md"), "utf8");
    process.stdout.write(`${notesOf(tag ?? `v${version}`, version, changelog)}\n`);
    return true;
  });
}
