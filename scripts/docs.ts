import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { program } from "../cli/terminal/program";

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
  writeFileSync(join(__dirname, "../docs/configuration.md"), configurationReference());
  const resources = join(__dirname, "../docs/resources.md");
  writeFileSync(resources, await withCostTable(readFileSync(resources, "utf8")));
  const policy = `${JSON.stringify(deployerPolicy("prod"), null, 2)}\n`;
  writeFileSync(join(__dirname, "../docs/deployer-policy.json"), policy);
  const output = execFileSync("npm", ["start", "--silent"], {
    cwd: join(__dirname, ".."),
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: "1" },
  });
  writeFileSync(join(__dirname, "../docs/rehearsal.svg"), pictureOf(output));
  return true;
});
