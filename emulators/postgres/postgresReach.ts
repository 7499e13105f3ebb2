import { spawnSync } from "node:child_process";
import { chmodSync, cpSync } from "node:fs";
import path from "node:path";
import { temporaryFolder } from "../temporaryFolder";
import type { PostgresBinaries } from "./postgresBinaries";
import type { SystemAccount } from "./postgresProcess";

/** Installation → its copy, until this process ends. */
const copies = new Map<string, string>();

/**
 * Paths of the programs at which the account can run them. Other users cannot read a checkout in root's home: in that case,
 * the installation is copied once to a readable folder.
 */
export function inReachOf(account: SystemAccount | undefined, binaries: PostgresBinaries): PostgresBinaries {
  if (account === undefined) return binaries;
  const { error } = spawnSync(binaries.postgres, ["--version"], account);
  if ((error as NodeJS.ErrnoException | undefined)?.code !== "EACCES") return binaries;

  const installation = path.dirname(path.dirname(binaries.postgres));
  const copy = copies.get(installation) ?? copyOf(installation);
  copies.set(installation, copy);
  const moved = (program: string): string => path.join(copy, path.relative(installation, program));
  return { initdb: moved(binaries.initdb), postgres: moved(binaries.postgres) };
}

function copyOf(installation: string): string {
  const { path: folder } = temporaryFolder("postgresql-");
  cpSync(installation, folder, { recursive: true, verbatimSymlinks: true });
  chmodSync(folder, 0o755);
  return folder;
}
