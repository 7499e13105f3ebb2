import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { program } from "../cli/terminal/program";
import { heldStacks, urnsFile } from "../infra/urns/heldStacks";
import { identitiesOf } from "../infra/urns/identities";
import { schemaFile } from "../provider/testing/packageSchema";
import { ProviderProcess } from "../provider/testing/providerProcess";

const commandLine = {
  name: "npm run api --",
  summary:
    "Writes again what is reviewed before it changes: the components' schema, and the identity of what they make.",
  options: {},
  notes: ["docs/upgrading.md says what a difference means."],
};

program(commandLine, async () => {
  const urns: Record<string, unknown> = {};
  for (const [name, evaluate] of Object.entries(heldStacks)) urns[name] = identitiesOf((await evaluate()).resources);
  writeFileSync(urnsFile, JSON.stringify(urns));
  const provider = await ProviderProcess.start("127.0.0.1:1");
  writeFileSync(schemaFile, JSON.stringify(await provider.schema(), null, 2));
  await provider.stop();
  const biome = require.resolve("@biomejs/biome/bin/biome");
  execFileSync(process.execPath, [biome, "format", "--write", schemaFile, urnsFile], { stdio: "inherit" });
  return true;
});
