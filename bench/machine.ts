import { cpus, totalmem } from "node:os";

/** Where and when something was measured. */
export interface Machine {
  /** Such as 2026-01-31. */
  readonly date: string;
  /** Processor, cores, memory, versions; nothing that names the machine. */
  readonly description: string;
}

export function describeMachine(): Machine {
  const all = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return {
    date: new Date().toISOString().slice(0, 10),
    description: `${all[0]?.model.trim() ?? "unknown processor"}, ${all.length} cores, ${memory} GB, ${process.platform} ${process.arch}, Node.js ${process.versions.node}`,
  };
}
