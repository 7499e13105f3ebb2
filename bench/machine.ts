import { cpus, totalmem } from "node:os";

/** When and where a measurement was made. */
export interface Machine {
  /** Such as 2026-01-31. */
  readonly date: string;
  /** Processor, cores, memory and versions. No host name. */
  readonly description: string;
}

export function describeMachine(): Machine {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return {
    date: new Date().toISOString().slice(0, 10),
    description: `${model}, ${processors.length} cores, ${gigabytes} GB, ${process.platform} ${process.arch}, Node.js ${process.versions.node}`,
  };
}
