import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { program } from "../cli/terminal/program";

const root = join(__dirname, "..");
const commandLine = {
  name: "npm run prepack --",
  summary: "Creates dist/package, the content of the npm package. npm pack runs it.",
  options: {},
};

program(commandLine, async () => {
  const [{ bundle, commandsFile, handlerFile, noticesFile }, { handlerFiles }] = await Promise.all([
    import("../build/bundle.js"),
    import("../components/packagedHandler.js"),
  ]);
  const folder = join(root, "dist/package");
  rmSync(folder, { recursive: true, force: true });
  const commands = commandsFile();
  // The components as one CommonJS module, without its dependencies.
  const components = bundle("components/index.ts", root, { minify: false, packages: "external", alias: {} }).text;
  const files: Record<string, string> = {
    ...{ "index.js": components, "cli.js": commands.text, [noticesFile]: commands.notices },
    ...(await componentsDeclarations()),
  };
  for (const name of handlerFiles) files[`handler/${name}`] = handlerFile(name);
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return true;
});

/**
 * The declarations of the components with their comments, by file. Exports have explicit types, so each declaration is
 * generated from its own file in milliseconds. Checking the types of the AWS provider would take seconds.
 */
async function componentsDeclarations(): Promise<Record<string, string>> {
  const { default: ts } = await import("typescript");
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
