import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { atExit } from "../atExit";

/** A temporary folder with the code of a function. */
export interface CodeFolder {
  readonly root: string;
  remove(): void;
}

/** @param files path → content */
export function writeCode(files: Readonly<Record<string, string | Uint8Array>>): CodeFolder {
  // Under the system's own folder: a package.json above it could turn index.js into another kind of module.
  const root = mkdtempSync(join(tmpdir(), "lambda-"));
  const removeRoot = (): void => rmSync(root, { recursive: true, force: true });
  const forget = atExit(removeRoot);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return {
    root,
    remove() {
      forget();
      removeRoot();
    },
  };
}
