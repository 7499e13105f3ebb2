import "../proofs/world/quiet";
import { cpus, totalmem } from "node:os";
import { UsageError } from "../cli/terminal/commandLine";
import { flag } from "../cli/terminal/option";
import { program } from "../cli/terminal/program";
import { terminal } from "../cli/terminal/terminal";
import { writeDocs } from "./docs";
import { asMarkdown, type PartResult } from "./part";
import { parts } from "./parts";
import { type BenchWorld, startBenchWorld } from "./world";

const commandLine = {
  name: "npm run bench --",
  summary: "Measures the function and the stack, as ratios to references of the same run.",
  options: {
    quick: flag("fewer repetitions"),
    json: flag("print the figures as one JSON object on the last line; everything else goes to stderr"),
    "write-docs": flag("write the results to docs/performance.md"),
  },
  operands: "[part …]",
  notes: [`Parts, all by default:\n${parts.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join("\n")}`],
};

program(commandLine, async ({ quick, json, "write-docs": write }, names) => {
  const unknown = names.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0) throw new UsageError(`there is no part ${unknown.join(", ")}`);
  const chosen = parts.filter(({ name }) => names.length === 0 || names.includes(name));

  let benchWorld: Promise<BenchWorld> | undefined;
  const world = (): Promise<BenchWorld> => {
    benchWorld ??= startBenchWorld({ settings: { max_connections: 200 } });
    return benchWorld;
  };
  const { say, result, during, color } = terminal(process, json);
  const date = new Date().toISOString().slice(0, 10);
  const description = describeMachine();
  const source = `${date}, ${description}`;
  say(color.dim(source));
  const results: Record<string, PartResult> = {};
  try {
    for (const part of chosen) {
      const measured = await during(part.title, (progress) => part.measure({ quick, progress, world }));
      results[part.name] = measured;
      for (const line of ["", asMarkdown(measured.table), "", measured.note].join("\n").split("\n")) say(line);
    }
  } finally {
    await (await benchWorld)?.stop();
  }
  if (write) writeDocs(results, source);
  const figures = Object.entries(results).map(([name, { figures }]) => [name, figures]);
  result({ date, description, quick, parts: Object.fromEntries(figures) });
  return true;
});

/** Processor, cores, memory and versions. No host name. */
function describeMachine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${model}, ${processors.length} cores, ${gigabytes} GB, ${process.platform} ${process.arch}, Node.js ${process.versions.node}`;
}
