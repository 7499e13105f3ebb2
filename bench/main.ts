import "../proofs/mocha/setup";
import { parseArgs } from "node:util";
import { writeDocs } from "./docs";
import { describeMachine } from "./machine";
import { asMarkdown, type PartContext, type PartResult } from "./part";
import { parts } from "./parts";
import { type BenchWorld, startBenchWorld } from "./world";

const usage = `npm run bench -- [options] [part ...]

Measures the function and the stack, as ratios to references of the same run. Parts, all by default:
${parts.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join("\n")}

  --quick        fewer repetitions
  --json         print one JSON object as the last line of stdout; everything else goes to stderr
  --write-docs   write the results to docs/performance.md
  --help         print this help

Exit code: 0 if every part was measured, 1 otherwise.`;

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
  if (unknown.length > 0) throw new Error(`Unknown part: ${unknown.join(", ")}.\n\n${usage}`);
  const chosen = parts.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

  let world: Promise<BenchWorld> | undefined;
  const context: PartContext = {
    quick: values.quick,
    progress,
    world() {
      world ??= startBenchWorld({ maxConnections: 200 });
      return world;
    },
  };
  const print = values.json ? console.error : console.log;
  const machine = describeMachine();
  print(`${machine.date}, ${machine.description}`);
  const results: Record<string, PartResult> = {};
  function printJson(more: { error?: string } = {}): void {
    const figures = Object.entries(results).map(([name, result]) => [name, result.figures]);
    if (values.json)
      console.log(JSON.stringify({ ...machine, quick: values.quick, parts: Object.fromEntries(figures), ...more }));
  }
  try {
    for (const part of chosen) {
      const result = await part.measure(context);
      results[part.name] = result;
      progress("");
      print(`\n${part.title}\n\n${asMarkdown(result.table)}\n\n${result.note}`);
    }
  } catch (error) {
    printJson({ error: messageOf(error) });
    throw error;
  } finally {
    progress("");
    await (await world)?.stop();
  }
  if (values["write-docs"]) writeDocs(results, machine);
  printJson();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Overwrites one line of the terminal; an empty text clears it. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

main().then(
  // Pulumi's runtime keeps timers, which would keep the process alive.
  () => process.exit(),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exit(1);
  },
);
