import * as pulumi from "@pulumi/pulumi";

/**
 * An archive out of file names and texts. It holds the texts themselves: no path of the machine that made it gets into
 * the stack's state, so the same texts mean "no change" from any folder.
 */
export function archiveOf(files: Record<string, string>): pulumi.asset.AssetArchive {
  // Pulumi takes no asset that is empty: such a file is left out.
  const present = Object.entries(files).filter(([, text]) => text !== "");
  const assets = present.sort().map(([name, text]) => [name, new pulumi.asset.StringAsset(text)] as const);
  return new pulumi.asset.AssetArchive(Object.fromEntries(assets));
}
