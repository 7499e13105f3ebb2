import { writeFileSync } from "node:fs";
import { program } from "../cli/terminal/program";
import { formatFiles } from "./format";

const commandLine = {
  name: "npm run api --",
  summary: "Writes the reviewed files: the schema of the components, and the identities of their resources.",
  options: {},
  notes: ["See CONTRIBUTING.md for the meaning of a difference."],
};

program(commandLine, async () => {
  const [{ evaluateProgram }, { identitiesOf, reviewedStacks, urnsFile }, { schemaFile }, { ProviderProcess }] =
    await Promise.all([
      import("../infra/evaluate.js"),
      import("../infra/urns/identities.js"),
      import("../provider/testing/packageSchema.js"),
      import("../provider/testing/providerProcess.js"),
    ]);
  const urns: Record<string, unknown> = {};
  for (const stack of reviewedStacks) urns[stack] = identitiesOf((await evaluateProgram({ stack })).resources);
  writeFileSync(urnsFile, JSON.stringify(urns));
  const provider = await ProviderProcess.start("127.0.0.1:1");
  writeFileSync(schemaFile, JSON.stringify(await provider.schema(), null, 2));
  await provider.stop();
  formatFiles(schemaFile, urnsFile);
  return true;
});
