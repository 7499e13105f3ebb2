import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atExit } from "./atExit";

/** A folder of this process, which is removed at the latest when the process ends. */
export type TemporaryFolder = ReturnType<typeof temporaryFolder>;

export function temporaryFolder(prefix: string) {
  const path = mkdtempSync(join(tmpdir(), prefix));
  const forget = atExit(remove);
  function remove(): void {
    forget();
    // Retried: a process that was killed a moment ago may still be writing.
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
  return { path, remove };
}
