import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let trusted: string | undefined;

/**
 * Has this process's own log-ins trust an authority. The function and the commands read it once: all servers of a
 * process have to come from the same one.
 */
export function trust(ca: string): void {
  if (trusted === ca) return;
  trusted = ca;
  const file = join(mkdtempSync(join(tmpdir(), "ca-")), "ca.pem");
  writeFileSync(file, ca);
  process.env.NODE_EXTRA_CA_CERTS = file;
}
