import { spawnSync } from "node:child_process";
import { chmodSync, cpSync } from "node:fs";
import path from "node:path";
import { temporaryFolder } from "../temporaryFolder";
import type { SystemAccount } from "./postgresProcess";

/** Installation → its copy, until this process ends. */
const copies = new Map<string, string>();

/**
 * Returns a folder in which the account can run the programs. If the account cannot read `binDir`, as in root's home,
 * copies the installation once to a readable folder.
 */
export function executableBinDir(account: SystemAccount | undefined, binDir: string): string {
  if (account === undefined) return binDir;
  const { error } = spawnSync(path.join(binDir, "postgres"), ["--version"], account);
  if ((error as NodeJS.ErrnoException | undefined)?.code !== "EACCES") return binDir;

  const installation = path.dirname(binDir);
  const copy = copies.get(installation) ?? copyOf(installation);
  copies.set(installation, copy);
  return path.join(copy, path.basename(binDir));
}

function copyOf(installation: string): string {
  const { path: folder } = temporaryFolder("postgresql-");
  cpSync(installation, folder, { recursive: true, verbatimSymlinks: true });
  chmodSync(folder, 0o755);
  return folder;
}
