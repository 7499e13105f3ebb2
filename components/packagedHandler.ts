import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { trustPem } from "../build/rootsOfTrust";
import { archiveOf } from "./code";

const folder = join(__dirname, "handler");
let read = (name: string): string => {
  const path = join(folder, name);
  if (!existsSync(path)) throw new Error(`the package does not contain the bundled handler (${name}): set \`code\``);
  return readFileSync(path, "utf8");
};

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
