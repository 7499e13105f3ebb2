import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { textOf } from "../../scripts/terminalPicture";
import { type Breakage, breakages } from "./breakages";
import { npmStart, type ProcessResult } from "./npmStart";
import { Rehearsal } from "./rehearsal";
import { type Result, rehearse } from "./rehearse";
import { rehearsalScenarios } from "./scenarios";

function resultOf({ stdout }: ProcessResult): Result {
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}

async function rehearsed(name: keyof typeof rehearsalScenarios, breakage?: Breakage): Promise<Result> {
  const rehearsal = new Rehearsal(rehearsalScenarios[name], breakage);
  try {
    return await rehearse(rehearsal);
  } finally {
    await rehearsal.stop();
  }
}

/** Replaces the parts of a transcript that differ from run to run: figures, IDs, padding. */
function maskFigures(transcript: string): string {
  return transcript
    .replace(/\b[0-9a-f]{8}\b|\d+(\.\d+)*/g, "#")
    .replace(/# (ms|s)\b/g, "# s")
    .replace(/ {2,}/g, "  ")
    .trim();
}

describe("the rehearsal", () => {
  it("rotates twice with the archive that would be deployed, and prints what the README shows", async () => {
    const ended = await npmStart([], { NO_COLOR: "1" });
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    const inReadme = textOf(readFileSync(join(__dirname, "../../docs/rehearsal.svg"), "utf8"));
    assert.equal(maskFigures(ended.stdout), maskFigures(inReadme));
  });

  it("--json: prints one JSON object on stdout, and exits 1 when a proof does not hold", async () => {
    const ended = await npmStart(["--json", "--break", "stored-password"]);
    const { ok, failure } = resultOf(ended);
    assert.deepEqual([ended.code, ok, failure?.code, failure?.step], [1, false, "LoginRefused", "setSecret"]);
    assert.equal(ended.stdout.trimEnd().split("\n").length, 1);
    assert.match(ended.stderr, /createSecret/);
  });

  for (const name of ["single-user-with-admin", "alternating-users"] as const) {
    it(`rotates twice with ${name}, and every proof holds`, async () => {
      const { ok, proofs } = await rehearsed(name);
      assert.deepEqual(
        proofs.filter(({ held }) => !held),
        [],
      );
      assert.equal(ok, true);
    });
  }

  const expectedFailures: Readonly<Record<keyof typeof breakages, RegExp>> = {
    "tls-name": /^TlsUntrusted .*elsewhere\.example\.com/,
    "database-port": /^DatabaseUnreachable .*localhost:1\//,
    "stored-password": /^LoginRefused .*passwords of AWSCURRENT and AWSPENDING/,
    verifier: /^LoginRefused .*logging in with AWSPENDING/,
    "stage-move": /^SecretsManagerFailed .*UpdateSecretVersionStage/,
  };
  for (const [name, breakage] of Object.entries(breakages) as [keyof typeof breakages, Breakage][]) {
    it(`when ${breakage.summary}, fails with the cause and the remedy`, async () => {
      const { ok, failure } = await rehearsed("single-user", breakage);
      assert.equal(ok, false);
      assert.match(`${failure?.code} ${failure?.what}`, expectedFailures[name]);
      assert.ok(failure?.remedy, "there is no remedy");
    });
  }

  const expectedOutcomes: Readonly<Record<keyof typeof rehearsalScenarios, readonly [code: number, ended: RegExp]>> = {
    "single-user": [1, /the user cannot log in to change its password, and the rotation failed\n0 of 0 proofs held/],
    "single-user-with-admin": [
      0,
      /the administrator set a new password, and the rotation repaired it\nAll \d+ proofs held/,
    ],
    "alternating-users": [1, /with which clients log in; the stored password stayed refused .*\n11 of 12 proofs held/],
  };
  for (const [strategy, [code, pattern]] of Object.entries(expectedOutcomes)) {
    it(`--break stored-password with ${strategy}: prints the result of the rotation`, async () => {
      const ended = await npmStart(["--break", "stored-password", "--strategy", strategy]);
      assert.equal(ended.code, code, ended.stdout + ended.stderr);
      assert.match(ended.stdout, pattern);
      assert.match(ended.stdout, /broken on purpose {2}the secret contains a password that the database never had: /);
    });
  }

  it("when an option does not exist, names it and exits 2", async () => {
    const ended = await npmStart(["--keeep"]);
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /--keeep/);
    assert.doesNotMatch(ended.stderr, /\n\s+at /);
  });

  it("prints its options, and no colors if NO_COLOR is set", async () => {
    const ended = await npmStart(["--help"], { NO_COLOR: "1" });
    assert.equal(ended.code, 0);
    assert.match(ended.stdout, /--keep/);
    assert.ok(!ended.stdout.includes("\u001b["));
  });
});
