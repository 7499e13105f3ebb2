import { writeFileSync } from "node:fs";
import { heldStacks, urnsFile } from "../infra/urns/heldStacks";
import { identitiesOf } from "../infra/urns/identities";
import { schemaFile } from "../provider/testing/packageSchema";
import { ProviderProcess } from "../provider/testing/providerProcess";

/**
 * Writes anew what is reviewed before it changes: the components' schema, and the identity of what they make.
 * docs/upgrading.md says what a difference means.
 */
async function main(): Promise<void> {
  const urns: Record<string, unknown> = {};
  for (const [name, evaluate] of Object.entries(heldStacks)) urns[name] = identitiesOf((await evaluate()).resources);
  writeFileSync(urnsFile, JSON.stringify(urns));
  const provider = await ProviderProcess.start("127.0.0.1:1");
  writeFileSync(schemaFile, JSON.stringify(await provider.schema(), null, 2));
  await provider.stop();
}

void main();
