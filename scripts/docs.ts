import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { program } from "../cli/terminal/program";
import { formatFiles } from "./format";

const commandLine = {
  name: "npm run docs --",
  summary:
    "Generates docs/configuration.md, docs/deployer-policy.json, the costs in docs/resources.md, and docs/rehearsal.svg, the picture in the README.",
  options: {},
};

program(commandLine, async () => {
  const [{ configurationReference }, { withCostTable }, { deployerPolicy }, { pictureOf }] = await Promise.all([
    import("./configurationReference.js"),
    import("./costTable.js"),
    import("./deployerPolicy.js"),
    import("./terminalPicture.js"),
  ]);
  const docs = join(__dirname, "../docs");
  const output = execFileSync("npm", ["start", "--silent"], {
    cwd: join(__dirname, ".."),
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: "1" },
  });
  const generated = {
    "configuration.md": configurationReference(),
    "resources.md": await withCostTable(readFileSync(join(docs, "resources.md"), "utf8")),
    "deployer-policy.json": JSON.stringify(deployerPolicy("prod")),
    "rehearsal.svg": pictureOf(output),
  };
  for (const [name, text] of Object.entries(generated)) writeFileSync(join(docs, name), text);
  formatFiles(join(docs, "deployer-policy.json"));
  return true;
});
