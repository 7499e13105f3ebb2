import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atExit } from "../../emulators/atExit";

let trusted: string | undefined;

/**
 * Makes the logins of this process trust an authority. The function and the commands read it once. Therefore all
 * servers of a process must have certificates of the same authority.
 */
export function trust(ca: string): void {
  if (trusted === ca) return;
  trusted = ca;
  const folder = mkdtempSync(join(tmpdir(), "ca-"));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "ca.pem");
  writeFileSync(file, ca);
  process.env.NODE_EXTRA_CA_CERTS = file;
}
