import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { remedies } from "../../rotation-fn/errors";
import { type ProcessResult, printed, processResult, root, startRehearsal } from "./npmStart";

/** Runs the rehearsal until it has printed a text, sends a signal, and asserts that it leaves nothing behind. */
async function interrupt(
  args: readonly string[],
  at: string,
  signal: NodeJS.Signals,
  before?: (output: string) => Promise<void>,
): Promise<ProcessResult> {
  const folder = mkdtempSync(join(tmpdir(), "interrupted-"));
  // Under root, PostgreSQL runs as another user.
  chmodSync(folder, 0o755);
  const child = startRehearsal(args, { TMPDIR: folder });
  const ended = processResult(child);
  const output = await printed(child, at);
  await before?.(output);
  child.kill(signal);
  const result = await ended;
  assert.deepEqual(
    readdirSync(folder).filter((file) => !file.startsWith("tsx-")),
    [],
    result.stdout + result.stderr,
  );
  // A server takes a moment to stop.
  const running = (): string => spawnSync("pgrep", ["-f", "--", folder], { encoding: "utf8" }).stdout.trim();
  while (running() !== "") await sleep(50);
  rmSync(folder, { recursive: true });
  return result;
}

describe("the rehearsal, interrupted", () => {
  it("leaves no process, password or certificate behind when Ctrl-C is pressed while it starts", async () => {
    const { code, stderr } = await interrupt([], "Start Secrets Manager", "SIGINT");
    assert.equal(code, 130, stderr);
  });

  it("leaves no process, password or certificate behind when it is ended while the database is created", async () => {
    const { code, stderr } = await interrupt([], "Evaluate the Pulumi program", "SIGTERM");
    assert.equal(code, 143, stderr);
  });

  it("--keep: the printed commands work, and nothing is left when the terminal is closed", async () => {
    let results: Record<string, ProcessResult> = {};
    const args = ["--keep", "--break", "database-port"];
    const kept = await interrupt(args, "npm run preflight --", "SIGHUP", async (output) => {
      const [, exports = ""] = /^ +(export .+)$/m.exec(output) ?? [];
      const env = { ...process.env, AWS_REGION: undefined };
      const runPasted = (command: string): Promise<ProcessResult> =>
        processResult(spawn("bash", ["-c", `${exports}\n${command}`], { cwd: root, env }));
      const commands = [...output.matchAll(/^ +npm run (ops -- (?:status|logs)|preflight --) (.+)$/gm)];
      const runs = commands.map(async ([, name = "", rest]) => [name, await runPasted(`npm run -s ${name} ${rest}`)]);
      results = Object.fromEntries(await Promise.all(runs));
    });
    assert.equal(kept.code, 129, kept.stderr);
    const { "ops -- status": status, "ops -- logs": logs, "preflight --": preflight } = results;
    // The rotation has failed, and each command reports it.
    assert.match(status?.stdout ?? "", /setSecret DatabaseUnreachable: /, JSON.stringify(results));
    assert.match(logs?.stdout ?? "", /createSecret done/);
    assert.ok(logs?.stdout.includes(remedies.DatabaseUnreachable));
    assert.match(preflight?.stdout ?? "", /^no +login +.*ECONNREFUSED/);
    assert.deepEqual([status?.code, logs?.code, preflight?.code], [1, 0, 1]);
  });
});
