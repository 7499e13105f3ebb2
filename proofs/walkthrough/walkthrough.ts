import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One command of docs/walkthrough.md, and what it must print. */
interface Step {
  readonly command: string;
  readonly exitCode: number;
  /** Lines in this order, others between them; `…` stands for anything. */
  readonly expected: readonly string[];
}

const root = join(__dirname, "../..");
const page = readFileSync(join(root, "docs/walkthrough.md"), "utf8");

function steps(): Step[] {
  const blocks = page.matchAll(/<!-- run, exit (\d) -->\n```bash\n([\s\S]+?)```\n(?:\n```text\n([\s\S]+?)```)?/g);
  return [...blocks].map(([, exitCode, command = "", text = ""]) => ({
    ...{ command, exitCode: Number(exitCode), expected: text.split("\n").filter(Boolean) },
  }));
}

/** The rehearsal, left running, and where its parts are: read from what it prints, as the page has its reader do. */
async function rehearsal(): Promise<{ child: ChildProcess; env: NodeJS.ProcessEnv }> {
  const child = spawn(process.execPath, ["--import", "tsx", "proofs/rehearsal/main.ts", "--keep"], {
    ...{ cwd: root, stdio: ["ignore", "pipe", "inherit"] },
  });
  let printed = "";
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error(`the rehearsal ended:\n${printed}`)));
    child.stdout?.on("data", (data: Buffer) => {
      printed += data.toString();
      const endpoint = /curl -s (http:\S+)[\s\S]*\n/.exec(printed)?.[1];
      const ca = /sslrootcert=([^"]+)"/.exec(printed)?.[1];
      if (endpoint === undefined || ca === undefined) return;
      const env = {
        SECRETS_MANAGER_ENDPOINT: endpoint,
        NODE_EXTRA_CA_CERTS: ca,
        SECRET: "ananta/dev/control-plane-db",
      };
      resolve({ child, env });
    });
  });
}

/** @returns what is not as the page says, undefined if all is. */
function problemOf(step: Step, env: NodeJS.ProcessEnv): string | undefined {
  const ran = spawnSync("bash", ["-c", step.command], {
    cwd: root,
    env: { ...process.env, ...env, NO_COLOR: "1", FORCE_COLOR: undefined },
    encoding: "utf8",
  });
  const printed = ran.stdout + ran.stderr;
  if (ran.status !== step.exitCode) return `exit code ${ran.status}, not ${step.exitCode}:\n${printed}`;
  const lines = printed.split("\n");
  for (const line of step.expected) {
    const parts = line
      .trim()
      .split("…")
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    const at = lines.findIndex((each) => new RegExp(`^${parts.join(".*")}$`).test(each.trim()));
    if (at < 0) return `it does not print\n${line}\nbut\n${printed}`;
    lines.splice(0, at + 1);
  }
  return undefined;
}

async function main(): Promise<number> {
  const startedAt = Date.now();
  const { child, env } = await rehearsal();
  try {
    for (const step of steps()) {
      const problem = problemOf(step, env);
      const name = step.command.trim().split("\n").at(-1)?.trim().slice(0, 80);
      if (problem !== undefined) {
        process.stderr.write(`✖ ${name}\n${problem}\n`);
        return 1;
      }
      process.stdout.write(`✔ ${name}\n`);
    }
  } finally {
    child.removeAllListeners("exit");
    child.kill("SIGINT");
    await new Promise((resolve) => child.once("exit", resolve));
  }
  process.stdout.write(`docs/walkthrough.md is true, in ${Math.round((Date.now() - startedAt) / 1000)} s.\n`);
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
