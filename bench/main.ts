import "../proofs/world/quiet";
import { UsageError } from "../cli/terminal/commandLine";
import { flag } from "../cli/terminal/option";
import { program } from "../cli/terminal/program";
import { terminal } from "../cli/terminal/terminal";
import { writeDocs } from "./docs";
import { describeMachine } from "./machine";
import type { Findings } from "./part";
import { parts } from "./parts";
import { type Stage, setStage } from "./stage";
import { asText } from "./table";

const commandLine = {
  name: "npm run bench --",
  summary: "Measures, as ratios against references of the same run.",
  options: {
    quick: flag("fewer measurements"),
    json: flag("print the figures as one JSON object on the last line; all else goes to stderr"),
    "write-docs": flag("put the tables of the parts into docs/performance.md, and pictures beside it"),
  },
  operands: "[part …]",
  notes: [`Parts, all by default:\n${parts.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join("\n")}`],
};

program(commandLine, async ({ quick, json, "write-docs": write }, names) => {
  const unknown = names.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0) throw new UsageError(`there is no part ${unknown.join(", ")}`);
  const chosen = parts.filter(({ name }) => names.length === 0 || names.includes(name));

  let stage: Promise<Stage> | undefined;
  const shared = (): Promise<Stage> => {
    stage ??= setStage();
    return stage;
  };
  const { say, result, during, colour } = terminal(process, json);
  const machine = describeMachine();
  say(colour.dim(`${machine.date}, ${machine.description}`));
  const found: Record<string, Findings> = {};
  try {
    for (const part of chosen) {
      const startedAt = performance.now();
      const findings = await during(part.title, (progress) => part.measure({ quick, progress, stage: shared }));
      found[part.name] = findings;
      say();
      say(`${colour.bold(part.title)} ${colour.dim(`(${((performance.now() - startedAt) / 1000).toFixed(0)} s)`)}`);
      for (const table of findings.tables) for (const line of `\n${asText(table)}\n`.split("\n")) say(line);
      for (const note of findings.notes) say(colour.dim(note));
    }
  } finally {
    await (await stage)?.stop();
  }
  if (write) say(`wrote ${writeDocs(found, machine).join(", ")}`);
  const figures = Object.entries(found).map(([name, findings]) => [name, findings.figures]);
  result({ ...machine, quick, parts: Object.fromEntries(figures) });
  return true;
});
