import { usageOf, withUsage } from "./measuredHandler";
import { limitMemory } from "./memoryLimit";
import type { Bench, Part } from "./part";
import type { Stage } from "./stage";
import type { Cell } from "./table";

const MB = 2 ** 20;

/**
 * us-east-1, arm64, read in November 2026 at https://aws.amazon.com/lambda/pricing/; time is rounded up to milliseconds
 * for each invocation, and a cold start is part of it.
 */
const dollarsPerGbSecond = 0.0000133334;
const dollarsPerRequest = 0.2 / 1e6;
/** "At 1,769 MB, a function has the equivalent of one vCPU": docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const mbPerProcessor = 1769;
/** A round trip within a region. */
const networkMs = 1;

export const memory: Part = {
  name: "memory",
  title: "Memory",
  async measure(bench) {
    const stage = await bench.stage();
    const rotations = bench.quick ? 10 : 50;
    const free = await run(stage, bench, rotations, 256);
    const tight = await run(stage, bench, rotations, 128);
    const limited = await run(stage, bench, rotations, 128, 128);
    // The proof that the limit is one: what is too little ends the process.
    const starved = await run(stage, bench, 1, 128, 16);
    const row = (name: string, { peakBytes, chargedBytes, outcome }: Run): Cell[] => [
      name,
      ...[peakBytes, chargedBytes].map((bytes) => (bytes === 0 ? "–" : `${(bytes / MB).toFixed(1)} MB`)),
      outcome,
    ];
    return {
      tables: [
        {
          head: [
            `the function's process over ${rotations} rotations`,
            "peak resident",
            "charged to the group",
            "outcome",
          ],
          rows: [
            row("heap as Lambda sizes it for 256 MB", free),
            row("heap as Lambda sizes it for 128 MB", tight),
            row("the same, held to 128 MB by a control group", limited),
            row("for comparison, held to 16 MB", starved),
          ],
        },
        costs(free),
      ],
      notes: [
        "The resident size counts what is mapped in of Node.js itself and of the system's libraries; the group is charged only for what no other process had in memory already. Without control groups (not Linux, or not root) the last two rows say so.",
        `The cost is of one cold rotation: the processor time that was measured (cold ${free.coldCpuMs.toFixed(0)} ms, of that ${free.startCpuMs.toFixed(0)} ms to start) over the share of a processor that the size gets (1,769 MB: one, https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html), and 20 round trips of ${networkMs} ms; prices of us-east-1 for arm64 (https://aws.amazon.com/lambda/pricing/). A model: the steps of a real rotation find the process warm only where the service keeps to one.`,
      ],
      figures: { free, tight, limited, starved },
    };
  },
};

interface Run {
  readonly outcome: string;
  /** Peak of the process's resident size, and of what the control group was charged for. */
  readonly peakBytes: number;
  readonly chargedBytes: number;
  /** Processor time of starting the process, of that and the first rotation, and of one rotation when warm. */
  readonly startCpuMs: number;
  readonly coldCpuMs: number;
  readonly warmCpuMs: number;
}

async function run(stage: Stage, bench: Bench, rotations: number, memorySize: number, limitMb?: number): Promise<Run> {
  const nothing = { peakBytes: 0, chargedBytes: 0, startCpuMs: 0, coldCpuMs: 0, warmCpuMs: 0 };
  const limit = limitMb === undefined ? undefined : limitMemory(limitMb * MB);
  if (limitMb !== undefined && limit === undefined) return { ...nothing, outcome: "not tried: no control groups" };
  const secret = await stage.addSecret();
  const fn = stage.addFunction({ ...withUsage(stage.deployed), memorySize });
  try {
    const start = await (limit === undefined ? usageOf(fn) : limit.within(() => usageOf(fn)));
    bench.progress(`memory: ${memorySize} MB${limitMb ? `, held to ${limitMb} MB` : ""}`);
    await stage.rotate(secret, fn.arn);
    const cold = await usageOf(fn);
    for (let round = 1; round < rotations; round += 1) await stage.rotate(secret, fn.arn);
    const end = await usageOf(fn);
    return {
      outcome: `${rotations} succeeded`,
      peakBytes: end.peakBytes,
      chargedBytes: limit?.peakBytes() ?? 0,
      startCpuMs: start.cpuMs,
      coldCpuMs: cold.cpuMs,
      warmCpuMs: (end.cpuMs - cold.cpuMs) / Math.max(1, rotations - 1),
    };
  } catch (error) {
    return { ...nothing, outcome: `failed: ${/signal: killed/.test(String(error)) ? "killed by the kernel" : error}` };
  } finally {
    await fn.lambda.stop();
    limit?.remove();
  }
}

/** What the sizes cost, and what is got for it. */
function costs({ coldCpuMs }: Run) {
  const rows = [128, 256, 512, 1024, 1769].map((size): Cell[] => {
    const share = size / mbPerProcessor;
    const ms = coldCpuMs / share + 20 * networkMs;
    const dollars = 4 * dollarsPerRequest + (size / 1024) * (ms / 1000) * dollarsPerGbSecond;
    return [
      `${size} MB`,
      share.toFixed(2),
      `${(ms / 1000).toFixed(2)} s`,
      `$${(dollars * 1000).toFixed(4)}`,
      `$${(dollars * 1000 * 365).toFixed(2)}`,
    ];
  });
  return {
    head: ["memory size", "processors", "a cold rotation", "1,000 rotations", "1,000 databases daily, a year"],
    rows,
  };
}
