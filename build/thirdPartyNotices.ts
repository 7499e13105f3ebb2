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
 * @throws Error for a package without a license text: check its license by hand.
 */
export function thirdPartyNotices(folders: readonly string[]): string {
  const packages = folders.map(readPackage).sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const texts = [...new Set(packages.map(({ text }) => text))];
  const parts = texts.map((text) => {
    const names = packages.filter((one) => one.text === text).map((one) => `${idOf(one)} (${one.license})`);
    return `${line}\n${[...new Set(names)].join("\n")}\n${line}\n\n${text}\n`;
  });
  return ["index.js contains code of these packages.\n", ...parts].join("\n");
}

function idOf({ name, version }: Package): string {
  return `${name}@${version}`;
}

function readPackage(folder: string): Package {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const names = readdirSync(folder).sort();
  const texts = names
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .map((file) => readFileSync(join(folder, file), "utf8"));
  if (texts.length === 0) {
    // Some packages have their license only in the README.
    const readme = names.find((file) => /^readme/i.test(file));
    const [, section] =
      /^#+ licen[cs]e\s*$([\s\S]+?)(?=^#|(?![\s\S]))/im.exec(
        readme === undefined ? "" : readFileSync(join(folder, readme), "utf8"),
      ) ?? [];
    if (section === undefined) throw new Error(`${name} has no license file, and no license in its README`);
    texts.push(section);
  }
  const text = texts
    .map((one) =>
      one
        .replace(/\r\n?/g, "\n")
        .replace(/[ \t]+$/gm, "")
        .trim(),
    )
    .join("\n\n");
  return { name, version, license: String(license), text };
}
