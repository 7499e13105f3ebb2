import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { program } from "../cli/terminal/program";
import { identitiesOf } from "../infra/urns/identities";
import { reviewedStacks, urnsFile } from "../infra/urns/reviewedStacks";
import { schemaFile } from "../provider/testing/packageSchema";
import { ProviderProcess } from "../provider/testing/providerProcess";

const commandLine = {
  name: "npm run api --",
  summary: "Writes the reviewed files: the schema of the components, and the identities of their resources.",
  options: {},
  notes: ["See docs/upgrading.md for the meaning of a difference."],
};

program(commandLine, async () => {
  const urns: Record<string, unknown> = {};
  for (const [name, evaluate] of Object.entries(reviewedStacks))
    urns[name] = identitiesOf((await evaluate()).resources);
  writeFileSync(urnsFile, JSON.stringify(urns));
  const provider = await ProviderProcess.start("127.0.0.1:1");
  writeFileSync(schemaFile, JSON.stringify(await provider.schema(), null, 2));
  await provider.stop();
  const biome = require.resolve("@biomejs/biome/bin/biome");
  execFileSync(process.execPath, [biome, "format", "--write", schemaFile, urnsFile], { stdio: "inherit" });
  return true;
});
