import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { trustPem } from "../build/rootsOfTrust";
import { archiveOf } from "./code";

const folder = join(__dirname, "handler");
let read = (name: string): string => {
  const path = join(folder, name);
  if (!existsSync(path)) throw new Error(`the bundled handler is missing (${name}): give \`code\``);
  return readFileSync(path, "utf8");
};

/** Files of the handler's archive that are the same in every region. */
export const handlerFiles = ["index.js", "README.md", "THIRD-PARTY-NOTICES.txt"] as const;

/**
 * The archive that the package brings along: the bundled handler, and the certificates of the region's databases.
 *
 * @param region - The region whose databases the function connects to.
 * @param databaseCa - Certificates of databases that are not RDS, as PEM.
 */
export function packagedArchive(region: string, databaseCa?: string): pulumi.asset.AssetArchive {
  return archiveOf({
    ...Object.fromEntries(handlerFiles.map((name) => [name, read(name)])),
    "trust.pem": trustPem(region, databaseCa),
  });
}

/** Takes the handler from elsewhere: in the repository it is bundled when it is needed. */
export function readHandlerWith(reader: (name: string) => string): void {
  read = reader;
}
