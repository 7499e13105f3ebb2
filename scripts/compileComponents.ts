import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import ts from "typescript";

const root = join(__dirname, "..");

/** The components as one CommonJS module, without what a consumer installs anyway. */
export function componentsScript(): string {
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: ["components/index.ts"],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    packages: "external",
    charset: "utf8",
    logLevel: "error",
    write: false,
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error("the components gave no module");
  return output.text;
}

/**
 * The components' declarations with their comments, by file. Each is made from its own file alone, which takes
 * milliseconds where a check of Amazon's types takes seconds: what is exported says its types.
 */
export function componentsDeclarations(): Record<string, string> {
  const names = readdirSync(join(root, "components")).filter((name) => /(?<!\.test)\.ts$/.test(name));
  return Object.fromEntries(
    names.map((name) => {
      const { outputText, diagnostics = [] } = ts.transpileDeclaration(
        readFileSync(join(root, "components", name), "utf8"),
        { fileName: name, reportDiagnostics: true, compilerOptions: { isolatedDeclarations: true, declaration: true } },
      );
      const [problem] = diagnostics;
      if (problem !== undefined) {
        throw new Error(`components/${name}: ${ts.flattenDiagnosticMessageText(problem.messageText, "\n")}`);
      }
      return [name.replace(/\.ts$/, ".d.ts"), outputText];
    }),
  );
}
