import * as pulumi from "@pulumi/pulumi";

/** The texts of an archive, by file name. @throws Error if `code` is not an archive */
export async function archiveTexts(code: unknown): Promise<Record<string, string>> {
  if (!pulumi.asset.Archive.isInstance(code)) throw new Error("not an archive");
  const assets: Record<string, pulumi.asset.Asset> = await Reflect.get(code, "assets");
  const texts: Record<string, string> = {};
  for (const [name, asset] of Object.entries(assets)) texts[name] = String(await Reflect.get(asset, "text"));
  return texts;
}
