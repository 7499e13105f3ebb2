import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Package {
  name: string;
  version: string;
  license: string;
  text: string;
}

const line = "-".repeat(80);

/**
 * The licenses of packages. Each text is contained once, with the names of its packages. The same packages give the
 * same bytes on every machine.
 *
 * @param folders - The folders of the installed packages.
 * @param bundle - Name of the file that contains their code.
 * @throws Error for a package without a license text: check its license by hand.
 */
export function thirdPartyNotices(folders: readonly string[], bundle = "index.js"): string {
  const read = folders.map(readPackage).sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const packages = read.map((one) => ({ ...one, text: one.text || textOfSibling(one, read) }));
  const texts = [...new Set(packages.map(({ text }) => text))];
  const parts = texts.map((text) => {
    const names = packages.filter((one) => one.text === text).map((one) => `${idOf(one)} (${one.license})`);
    return `${line}\n${[...new Set(names)].join("\n")}\n${line}\n\n${text}\n`;
  });
  return [`${bundle} contains code of these packages.\n`, ...parts].join("\n");
}

function idOf({ name, version }: Package): string {
  return `${name}@${version}`;
}

/** Some packages of a scope, which come from one repository, have no license text of their own. */
function textOfSibling({ name, license }: Package, all: readonly Package[]): string {
  const scope = name.split("/")[0];
  const sibling = all.find((one) => one.text && one.license === license && one.name.startsWith(`${scope}/`));
  if (!name.startsWith("@") || sibling === undefined)
    throw new Error(`${name} has no license file, and no license in its README`);
  return sibling.text;
}

function readPackage(folder: string): Package {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const names = readdirSync(folder).sort();
  const textsOf = (pattern: RegExp): string[] =>
    names.filter((file) => pattern.test(file)).map((file) => readFileSync(join(folder, file), "utf8"));
  const texts = textsOf(/^(licen[cs]e|copying|notice)/i);
  // Some packages have their license only in the README.
  const [readme = ""] = texts.length === 0 ? textsOf(/^readme/i) : [];
  const [, section = ""] = /^#+ licen[cs]e\s*$([\s\S]+?)(?=^#|(?![\s\S]))/im.exec(readme) ?? [];
  const plain = [...texts, section].map((one) => one.replace(/\r\n?/g, "\n").replace(/[ \t]+$/gm, ""));
  const text = plain
    .map((one) => one.trim())
    .join("\n\n")
    .trim();
  return { name, version, license: String(license), text };
}
