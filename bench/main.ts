import "../proofs/mocha/setup";
import { parseArgs } from "node:util";
import { colours } from "../cli/terminal/colours";
import { writeDocs } from "./docs";
import { describeMachine } from "./machine";
import type { Bench, Findings } from "./part";
import { parts } from "./parts";
import { type Stage, setStage } from "./stage";
import { asText } from "./table";

const usage = `npm run bench -- [options] [part …]

Measures, as ratios against references of the same run. Parts, all by default:
${parts.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join("\n")}

  --quick        fewer measurements
  --json         prints one JSON object as the last line, and nothing else to stdout
  --write-docs   puts the tables of the parts into docs/performance.md, and pictures beside it
  --help         prints this`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      "write-docs": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(usage);
  const unknown = positionals.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(", ")}.\n\n${usage}`);
  const chosen = parts.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

  let stage: Promise<Stage> | undefined;
  const bench: Bench = {
    quick: values.quick,
    progress,
    stage() {
      stage ??= setStage();
      return stage;
    },
  };
  const say = values.json ? console.error : console.log;
  const machine = describeMachine();
  say(colours.dim(`${machine.date}, ${machine.description}`));
  const found: Record<string, Findings> = {};
  try {
    for (const part of chosen) {
      const startedAt = performance.now();
      const findings = await part.measure(bench);
      found[part.name] = findings;
      progress("");
      say(
        `\n${colours.bold(part.title)} ${colours.dim(`(${((performance.now() - startedAt) / 1000).toFixed(0)} s)`)}\n`,
      );
      for (const table of findings.tables) say(`${asText(table)}\n`);
      for (const note of findings.notes) say(colours.dim(note));
    }
  } finally {
    progress("");
    await (await stage)?.stop();
  }
  if (values["write-docs"]) say(`\nwrote ${writeDocs(found, machine).join(", ")}`);
  if (values.json) {
    const figures = Object.entries(found).map(([name, findings]) => [name, findings.figures]);
    console.log(JSON.stringify({ ...machine, quick: values.quick, parts: Object.fromEntries(figures) }));
  }
}

/** One line that is written over, and taken away by an empty text. Only for people who watch. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

main().then(
  // Pulumi's runtime keeps timers of its own.
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
