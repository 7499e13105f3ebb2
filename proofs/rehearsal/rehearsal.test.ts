import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { remedies } from "../../rotation-fn/errors";
import { maskFigures, transcriptInReadme } from "../../scripts/transcript";
import { type Breakage, breakages } from "./breakages";
import { setStage } from "./rehearsal";
import { rehearse } from "./rehearse";
import type { Result } from "./report";
import { scenarios } from "./scenarios";

const root = join(__dirname, "../..");

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the rehearsal as `npm start` does.
 * @param interruption what it has to print for the signal to come, and what is done before that
 */
function npmStart(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  interruption?: { readonly at: string; readonly by: NodeJS.Signals; before?(printed: string): Promise<void> },
): Promise<Ended> {
  const child = spawn(process.execPath, ["--import", "tsx", "proofs/rehearsal/main.ts", ...args], {
    cwd: root,
    env: { ...process.env, ...env },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const before = stdout;
    stdout += text;
    if (interruption === undefined || before.includes(interruption.at) || !stdout.includes(interruption.at)) return;
    Promise.resolve(interruption.before?.(stdout))
      .catch((error: Error) => {
        stderr += error.stack;
      })
      .finally(() => child.kill(interruption.by));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const texts = { stdout: "", stderr: "" };
  child.stdin.end();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  }
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, ...texts })));
}

/** The processes with this text on their command lines. */
function running(text: string): string {
  return spawnSync("pgrep", ["-f", "--", text], { encoding: "utf8" }).stdout.trim();
}

function resultOf({ stdout }: Ended): Result {
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}

describe("the rehearsal", () => {
  it("rotates twice out of the deployed artefact and proves it, as the README shows", async () => {
    const ended = await npmStart([], { NO_COLOR: "1" });
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.equal(maskFigures(ended.stdout), maskFigures(transcriptInReadme()));
  });

  it("ends with one JSON object, progress aside, and with 1 when a proof does not hold", async () => {
    const ended = await npmStart(["--json", "--break", "stored-password"]);
    const { ok, failure } = resultOf(ended);
    assert.deepEqual([ended.code, ok, failure?.code, failure?.step], [1, false, "LoginRefused", "setSecret"]);
    assert.equal(ended.stdout.trimEnd().split("\n").length, 1);
    assert.match(ended.stderr, /createSecret/);
  });

  for (const name of ["single-user-with-admin", "alternating-users"] as const) {
    it(`rotates twice and proves it with ${name}`, async () => {
      const scenario = scenarios[name];
      const stage = setStage({ scenario, breakage: undefined, endpoint: undefined });
      try {
        const { result } = await rehearse({ scenario }, stage);
        assert.deepEqual(
          result.proofs.filter(({ held }) => !held),
          [],
        );
        assert.equal(result.ok, true);
      } finally {
        await stage.stop();
      }
    });
  }

  const found: Readonly<Record<keyof typeof breakages, RegExp>> = {
    "tls-name": /^TlsUntrusted .*elsewhere\.example\.com/,
    "database-port": /^DatabaseUnreachable .*localhost:1\//,
    "stored-password": /^LoginRefused .*passwords of AWSCURRENT and AWSPENDING/,
    verifier: /^LoginRefused .*signing in with AWSPENDING/,
    "stage-move": /^SecretsManagerFailed .*UpdateSecretVersionStage/,
  };
  for (const [name, breakage] of Object.entries(breakages) as [keyof typeof breakages, Breakage][]) {
    it(`fails and says why when ${breakage.summary}`, async () => {
      const scenario = scenarios["single-user"];
      const stage = setStage({ scenario, breakage, endpoint: undefined });
      try {
        const { ok, failure } = (await rehearse({ scenario }, stage)).result;
        assert.equal(ok, false);
        assert.match(`${failure?.code} ${failure?.what}`, found[name]);
        assert.ok(failure?.remedy, "it says what to do");
      } finally {
        await stage.stop();
      }
    });
  }

  const interruptions: [name: string, args: string[], at: string, by: NodeJS.Signals, code: number][] = [
    ["when Ctrl-C is pressed while it starts", [], "Start Secrets Manager", "SIGINT", 130],
    ["when it is ended while the database is made", [], "Evaluate the Pulumi program", "SIGTERM", 143],
    ["when Ctrl-C ends what --keep left running", ["--keep"], "npm run preflight --", "SIGINT", 130],
    ["when the terminal is closed on what --keep left running", ["--keep"], "npm run preflight --", "SIGHUP", 129],
  ];
  for (const [name, args, at, by, code] of interruptions) {
    it(`leaves no process, password or certificate behind ${name}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "interrupted-"));
      // As root, PostgreSQL runs as somebody else.
      chmodSync(folder, 0o755);
      const ended = await npmStart(args, { TMPDIR: folder }, { at, by });
      assert.equal(ended.code, code, ended.stdout + ended.stderr);
      assert.deepEqual(
        readdirSync(folder).filter((file) => /^(pg|lambda|function|rehearsal|trust)-/.test(file)),
        [],
      );
      // A server that was told to stop takes a moment.
      for (let looks = 0; looks < 50 && running(folder) !== ""; looks++) await sleep(50);
      assert.equal(running(folder), "");
      rmSync(folder, { recursive: true });
    });
  }

  it("--keep prints what works when it is pasted, for status, logs and preflight, after a rotation that failed", async () => {
    let pasted: Record<string, Ended> = {};
    await npmStart(
      ["--keep", "--break", "database-port"],
      {},
      {
        ...{ at: "npm run preflight --", by: "SIGTERM" },
        async before(printed) {
          const [, exports = ""] = /^ +(export .+)$/m.exec(printed) ?? [];
          const paste = (command: string): Promise<Ended> =>
            ended(
              spawn("bash", ["-c", `${exports}\n${command}`], { cwd: root, env: { ...process.env, AWS_REGION: "" } }),
            );
          const commands = [...printed.matchAll(/^ +npm run (ops -- (?:status|logs)|preflight --) (.+)$/gm)];
          const runs = commands.map(async ([, name = "", rest]) => [name, await paste(`npm run -s ${name} ${rest}`)]);
          pasted = Object.fromEntries(await Promise.all(runs)) as typeof pasted;
        },
      },
    );
    const { "ops -- status": status, "ops -- logs": logs, "preflight --": preflight } = pasted;
    assert.match(status?.stdout ?? "", /setSecret DatabaseUnreachable: /, JSON.stringify(pasted));
    assert.match(logs?.stdout ?? "", /createSecret done/);
    assert.match(logs?.stdout ?? "", new RegExp(remedies.DatabaseUnreachable.slice(0, 40)));
    assert.match(preflight?.stdout ?? "", /^no +log-in +.*ECONNREFUSED/);
    assert.deepEqual([status?.code, logs?.code, preflight?.code], [1, 0, 1]);
  });

  it("names an option that it does not have", async () => {
    const ended = await npmStart(["--keeep"]);
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /--keeep/);
    assert.doesNotMatch(ended.stderr, /\n\s+at /);
  });

  it("prints its options, and no colours where NO_COLOR is set", async () => {
    const ended = await npmStart(["--help"], { NO_COLOR: "1" });
    assert.equal(ended.code, 0);
    assert.match(ended.stdout, /--keep/);
    assert.ok(!ended.stdout.includes("\u001b["));
  });
});
