import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Listr } from "listr2";
import { program, stopOnSignal } from "../../cli/terminal/program";
import { terminal } from "../../cli/terminal/terminal";
import { printed, processResult, root, startRehearsal } from "../rehearsal/npmStart";

/** One command of a page, and what it must print. */
interface Step {
  readonly command: string;
  readonly exitCode: number;
  /** Lines in this order, possibly with others between them. `…` matches any text. */
  readonly expected: readonly string[];
}

const commandLine = {
  name: "npm run walkthrough --",
  summary: "Runs each command of docs/auditing.md and docs/walkthrough.md, and compares what it prints with the page.",
  options: {},
};

/** In this order: the walkthrough breaks rotations. */
const pages = ["docs/auditing.md", "docs/walkthrough.md"];

function stepsOf(page: string): Step[] {
  const blocks = readFileSync(join(root, page), "utf8").matchAll(
    /<!-- run, exit (\d) -->\n```bash\n([\s\S]+?)```\n(?:\n```text\n([\s\S]+?)```)?/g,
  );
  return [...blocks].map(([, exitCode, command = "", text = ""]) => ({
    ...{ command, exitCode: Number(exitCode), expected: text.split("\n").filter(Boolean) },
  }));
}

/** @returns the difference from the page, if there is one */
async function problemOf(step: Step, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const options = { cwd: root, env: { ...process.env, ...env, NO_COLOR: "1", FORCE_COLOR: undefined } };
  const { code, stdout, stderr } = await processResult(spawn("bash", ["-c", step.command], options));
  const printed = stdout + stderr;
  if (code !== step.exitCode) return `exit code ${code}, not ${step.exitCode}:\n${printed}`;
  const lines = printed.split("\n");
  for (const line of step.expected) {
    const parts = line
      .trim()
      // A step's duration comes from the log, whose last lines may arrive after AWSCURRENT has moved.
      .replace(/\s+…( ms)?$/, "…")
      .split("…")
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    const at = lines.findIndex((each) => new RegExp(`^${parts.join(".*")}$`).test(each.trim()));
    if (at < 0) return `it does not print\n${line}\nbut\n${printed}`;
    lines.splice(0, at + 1);
  }
  return undefined;
}

program(commandLine, async () => {
  const { say, progress } = terminal(process, false);
  const startedAt = Date.now();
  const child = startRehearsal(["--keep"]);
  child.stderr.pipe(process.stderr);
  const ended = processResult(child);
  const stop = async (): Promise<void> => {
    child.kill("SIGINT");
    await ended;
  };
  stopOnSignal(stop);
  const [, variables = ""] = /^ +export (.+)$/m.exec(await printed(child, "npm run preflight --")) ?? [];
  const env = Object.fromEntries(variables.split(" ").map((variable) => variable.split("=", 2)));
  const tasks = pages.flatMap(stepsOf).map((step) => ({
    title: step.command.trim().split("\n").at(-1)?.trim().slice(0, 80) ?? "",
    async task(): Promise<void> {
      const problem = await problemOf(step, env);
      if (problem !== undefined) throw new Error(problem);
    },
  }));
  try {
    await new Listr(tasks, progress).run();
  } finally {
    await stop();
  }
  say(`${pages.join(" and ")} match the output, in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
  return true;
});
