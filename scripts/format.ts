import { execFileSync } from "node:child_process";

/** Formats generated files as `npm run format` does. */
export function formatFiles(...files: readonly string[]): void {
  const biome = require.resolve("@biomejs/biome/bin/biome");
  execFileSync(process.execPath, [biome, "format", "--write", ...files], { stdio: "inherit" });
}
