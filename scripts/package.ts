import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { program } from "../cli/terminal/program";

const commandLine = {
  name: "npm run prepack --",
  summary: "Creates dist/package, the content of the npm package. npm pack runs it.",
  options: {},
};

program(commandLine, async () => {
  const [{ commandsFile, handlerFile, noticesFile }, { handlerFiles }, { componentsDeclarations, componentsScript }] =
    await Promise.all([
      import("../build/bundle.js"),
      import("../components/packagedHandler.js"),
      import("./compileComponents.js"),
    ]);
  const folder = join(__dirname, "../dist/package");
  rmSync(folder, { recursive: true, force: true });
  const commands = commandsFile();
  const files: Record<string, string> = {
    ...{ "index.js": componentsScript(), "cli.js": commands.text, [noticesFile]: commands.notices },
    ...componentsDeclarations(),
  };
  for (const name of handlerFiles) files[`handler/${name}`] = handlerFile(name);
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return true;
});
