import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { trustPem } from "../build/rootsOfTrust";

const folder = join(__dirname, "handler");
let read = (name: string): string => {
  const path = join(folder, name);
  if (!existsSync(path)) throw new Error(`the package does not contain the bundled handler (${name}): set \`code\``);
  return readFileSync(path, "utf8");
};

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

/** The files of the archive that are the same in every region. */
export const handlerFiles = ["index.js", "README.md", "THIRD-PARTY-NOTICES.txt"] as const;

/**
 * The archive of the package: the bundled handler and the RDS certificates of the region.
 *
 * @param region - The region whose databases the function connects to.
 * @param databaseCa - CA certificates of databases outside RDS, in PEM format.
 */
export function packagedArchive(region: string, databaseCa?: string): pulumi.asset.AssetArchive {
  return archiveOf({
    ...Object.fromEntries(handlerFiles.map((name) => [name, read(name)])),
    "trust.pem": trustPem(region, databaseCa),
  });
}

/** Replaces how the handler's files are read. In this repository, the handler is bundled on demand. */
export function readHandlerWith(reader: (name: string) => string): void {
  read = reader;
}
