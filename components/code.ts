import * as pulumi from "@pulumi/pulumi";

/**
 * Creates an archive from file names and texts. The archive contains the texts and no path of the build machine, so the
 * same texts show no change from any folder.
 */
export function archiveOf(files: Record<string, string>): pulumi.asset.AssetArchive {
  // Pulumi rejects an empty asset.
  const present = Object.entries(files).filter(([, text]) => text !== "");
  const assets = present.sort().map(([name, text]) => [name, new pulumi.asset.StringAsset(text)] as const);
  return new pulumi.asset.AssetArchive(Object.fromEntries(assets));
}
