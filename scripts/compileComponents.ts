import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { bundle } from "../build/bundle";

const root = join(__dirname, "..");

/** The components as one CommonJS module, without its dependencies. */
export function componentsScript(): string {
  return bundle("components/index.ts", root, { minify: false, packages: "external", alias: {} }).text;
}

/**
 * The declarations of the components with their comments, by file. Exports have explicit types, so each declaration is
 * generated from its own file in milliseconds. Checking the types of the AWS provider would take seconds.
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
