import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { program } from "../cli/terminal/program";

const commandLine = {
  name: "npm run docs --",
  summary: "Generates docs/configuration.md and docs/rehearsal.svg, the picture of the rehearsal in the README.",
  options: {},
};

program(commandLine, async () => {
  const [{ configurationReference }, { drawTranscript }] = await Promise.all([
    import("./configurationReference.js"),
    import("./transcript.js"),
  ]);
  writeFileSync(join(__dirname, "../docs/configuration.md"), configurationReference());
  drawTranscript();
  return true;
});
