import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = "/sys/fs/cgroup";

/** A control group: the kernel ends what does not fit into it. */
export interface MemoryLimit {
  /** Has `start` run with a `process.execPath` whose processes are in the group from their first instruction on. */
  within<T>(start: () => Promise<T>): Promise<T>;
  /** Bytes that the group had in use at most; 0 where the kernel does not say. */
  peakBytes(): number;
  /** Only once no process is in it any more. */
  remove(): void;
}

/** @returns undefined where there are no control groups (not Linux), or none may be made (not root). */
export function limitMemory(bytes: number): MemoryLimit | undefined {
  const isOld = existsSync(join(root, "memory/memory.limit_in_bytes"));
  const folder = join(root, isOld ? "memory" : "", `bench-${process.pid}-${bytes}`);
  try {
    mkdirSync(folder);
  } catch {
    return undefined;
  }
  try {
    writeFileSync(join(folder, isOld ? "memory.limit_in_bytes" : "memory.max"), String(bytes));
    // Nothing is put on disk to make room, where that can be said.
    for (const file of ["memory.swap.max", "memory.swappiness"]) {
      if (existsSync(join(folder, file))) writeFileSync(join(folder, file), "0");
    }
  } catch {
    rmdirSync(folder);
    return undefined;
  }
  const scripts = mkdtempSync(join(tmpdir(), "bench-"));
  const node = process.execPath;
  const script = join(scripts, "node");
  // What a process has before it joins a group is not counted there.
  writeFileSync(script, `#!/bin/sh\necho $$ > ${folder}/cgroup.procs\nexec "${node}" "$@"\n`, { mode: 0o755 });
  return {
    async within(start) {
      process.execPath = script;
      try {
        return await start();
      } finally {
        process.execPath = node;
      }
    },
    peakBytes() {
      const file = join(folder, isOld ? "memory.max_usage_in_bytes" : "memory.peak");
      return existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
    },
    remove() {
      rmdirSync(folder);
      rmSync(scripts, { recursive: true });
    },
  };
}
