import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deployedSecret } from "../proofs/world/deployedSecret";

describe("ops, ended by a signal", () => {
  for (const [signal, code] of [
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`${signal}: exits ${code} and leaves no certificates behind`, async () => {
      const secret = await deployedSecret({}, "rotated once");
      const folder = mkdtempSync(join(tmpdir(), "signals-"));
      const left = (): string[] => readdirSync(folder).filter((file) => !file.startsWith("tsx-"));
      const child = spawn(
        process.execPath,
        ["--import", "tsx", join(__dirname, "main.ts"), "logs", "--follow", "--secret", secret.name],
        { env: { ...process.env, ...secret.deployment.env, TMPDIR: folder }, stdio: ["ignore", "pipe", "inherit"] },
      );
      let made: string[] = [];
      child.stdout.once("data", () => {
        made = left();
        child.kill(signal);
      });
      assert.equal(await new Promise((resolve) => child.once("exit", resolve)), code);
      assert.match(made.join(), /^trust-\w+$/);
      assert.deepEqual(left(), []);
      rmSync(folder, { recursive: true });
    });
  }
});
