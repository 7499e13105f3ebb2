import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { executableBinDir } from "./executableBinDir";
import { unprivilegedAccount } from "./postgresProcess";

describe("executableBinDir", () => {
  let home: string;
  let binDir: string;

  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), "reach-"));
    binDir = path.join(home, "native/bin");
    mkdirSync(binDir, { recursive: true });
    for (const program of ["initdb", "postgres"]) {
      writeFileSync(path.join(binDir, program), "#!/bin/sh\necho here\n", { mode: 0o755 });
    }
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it("when the programs run as the same user, returns their folder", () => {
    assert.equal(executableBinDir(undefined, binDir), binDir);
  });

  it("when the account can run the programs, returns their folder", () => {
    chmodSync(home, 0o755);
    assert.equal(executableBinDir(unprivilegedAccount(), binDir), binDir);
  });

  it("when the account cannot read the folder, returns a copy that it can run", function () {
    const account = unprivilegedAccount();
    // Only root runs PostgreSQL as another user.
    if (account === undefined) return this.skip();
    chmodSync(home, 0o700);
    const copy = executableBinDir(account, binDir);
    assert.equal(spawnSync(path.join(copy, "postgres"), [], { ...account, encoding: "utf8" }).stdout, "here\n");
  });
});
