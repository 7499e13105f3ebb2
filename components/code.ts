import * as pulumi from "@pulumi/pulumi";

/**
 * An archive out of file names and texts. It holds the texts themselves: no path of the machine that made it gets into
 * the stack's state, so the same texts mean "no change" from any folder.
 */
export function archiveOf(files: Record<string, string>): pulumi.asset.AssetArchive {
  const names = Object.keys(files).sort();
  return new pulumi.asset.AssetArchive(
    Object.fromEntries(names.map((name) => [name, new pulumi.asset.StringAsset(files[name] ?? "")])),
  );
}
