import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { PostgresBinaries } from "./postgresBinaries";
import type { Account } from "./postgresProcess";

/** Installation → its copy, for as long as this process lives. */
const copies = new Map<string, string>();

/**
 * The programs where the account can run them. A checkout in root's home is closed to everybody else, and so to the
 * user that root hands PostgreSQL to: the installation is then copied, once, into a folder that is open.
 */
export function inReachOf(account: Account | undefined, binaries: PostgresBinaries): PostgresBinaries {
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
  const folder = mkdtempSync(path.join(tmpdir(), "postgresql-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  cpSync(installation, folder, { recursive: true, verbatimSymlinks: true });
  chmodSync(folder, 0o755);
  return folder;
}
