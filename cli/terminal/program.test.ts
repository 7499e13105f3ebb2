import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../..");
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a file, or TypeScript given as text. @param interruption - the output after which to send the signal */
function run(
  args: readonly string[],
  interruption?: { readonly at: string; readonly by: NodeJS.Signals | "close" },
): Promise<Ended> {
  const child = spawn(process.execPath, ["--import", "tsx", ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      const before = texts[name];
      texts[name] += text;
      if (interruption === undefined || before !== "" || !texts.stdout.includes(interruption.at)) return;
      if (interruption.by === "close") child.stdout.destroy();
      else child.kill(interruption.by);
    });
  }
  return new Promise((resolve) => child.on("exit", (code) => resolve({ code, ...texts })));
}

/** A program whose main function has this text. */
const programOf = (main: string): string[] => [
  "--eval",
  `const { program, stopOnSignal } = require("./cli/terminal/program.ts");
   const { flag } = require("./cli/terminal/option.ts");
   program({ name: "npm run example --", summary: "Does something.", options: { json: flag("as JSON") } }, async () => { ${main} });`,
];

describe("program", () => {
  const endings: [how: string, main: string, code: number, stderr: RegExp][] = [
    ["main returns true", "return true", 0, /^$/],
    ["main returns false", "return false", 1, /^$/],
    [
      "main throws",
      'throw Object.assign(new Error("no\\u001b[2J"), { remedy: "do this" })',
      1,
      /^no\\u001b\[2J\ndo this\n$/,
    ],
  ];
  for (const [how, main, code, stderr] of endings) {
    it(`exits ${code} when ${how}`, async () => {
      const ended = await run(programOf(main));
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, stderr);
    });
  }

  it("exits 2 when the command line is invalid, and names --help", async () => {
    const ended = await run([...programOf("return true"), "--", "example", "--nonsense", "--json"]);
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /^Unknown option '--nonsense'\nTry npm run example -- --help\n$/);
    assert.deepEqual(JSON.parse(ended.stdout), { ok: false, error: { what: "Unknown option '--nonsense'" } });
  });

  const signals: [NodeJS.Signals | "close", number][] = [
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["close", 129],
  ];
  for (const [by, code] of signals) {
    it(`stops what it runs, and exits ${code}, when ${by === "close" ? "the output is closed" : `it gets ${by}`}`, async () => {
      const main = `stopOnSignal(async () => { await new Promise((r) => setTimeout(r, 100)); process.stderr.write("stopped"); });
        setInterval(() => process.stdout.write("running\\n"), 20); await new Promise(() => undefined);`;
      const ended = await run(programOf(main), { at: "running", by });
      assert.equal(ended.code, code);
      assert.match(ended.stderr, /stopped/);
    });
  }

  it("when the signal comes twice, does not wait", async () => {
    const main = `stopOnSignal(() => new Promise(() => undefined)); process.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
      setInterval(() => process.stdout.write("running\\n"), 20); await new Promise(() => undefined);`;
    assert.equal((await run(programOf(main), { at: "running", by: "SIGINT" })).code, 130);
  });
});

describe("the programs of package.json", () => {
  const programs = Object.entries(scripts).flatMap(([name, script]) => {
    const [, file, ...words] = /^node --import tsx (\S+)(?: (\w+))?$/.exec(script) ?? [];
    return file === undefined ? [] : [{ name, args: [file, ...words.filter((word) => word !== undefined)] }];
  });

  it("are run by node itself, because the tsx command kills a program 30 ms after Ctrl-C", () => {
    assert.deepEqual(
      Object.entries(scripts).filter(
        ([, script]) => /\btsx\b/.test(script) && !/^node --import tsx \S+( \w+)?$/.test(script),
      ),
      [],
    );
    assert.ok(programs.length >= 11);
  });

  for (const { name, args } of programs) {
    it(`npm run ${name}: when -h is given, prints its help and does nothing`, async () => {
      const { code, stdout, stderr } = await run([...args, "-h"]);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^usage: npm (run|start)/m);
      assert.match(stdout, /^exit code: 0 /m);
    });
  }
});
