import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atExit } from "./atExit";

/** A folder of this process. The end of the process removes it, if `remove` was not called. */
export type TemporaryFolder = ReturnType<typeof temporaryFolder>;

export function temporaryFolder(prefix: string) {
  const path = mkdtempSync(join(tmpdir(), prefix));
  const removeCleanup = atExit(remove);
  function remove(): void {
    removeCleanup();
    // Retries, because a process that was just killed may still write.
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
  return { path, remove };
}
