import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { PostgresBinaries } from "./postgresBinaries";
import { unprivilegedAccount } from "./postgresProcess";
import { inReachOf } from "./postgresReach";

describe("inReachOf", () => {
  let home: string;
  let binaries: PostgresBinaries;

  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), "reach-"));
    mkdirSync(path.join(home, "native/bin"), { recursive: true });
    for (const program of ["initdb", "postgres"]) {
      writeFileSync(path.join(home, "native/bin", program), "#!/bin/sh\necho here\n", { mode: 0o755 });
    }
    binaries = { initdb: path.join(home, "native/bin/initdb"), postgres: path.join(home, "native/bin/postgres") };
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it("when the programs run as the same user, returns their paths", () => {
    assert.equal(inReachOf(undefined, binaries), binaries);
  });

  it("when the account can run the programs, returns their paths", () => {
    chmodSync(home, 0o755);
    assert.equal(inReachOf(unprivilegedAccount(), binaries), binaries);
  });

  it("when the account cannot read the folder, returns a copy that it can run", function () {
    const account = unprivilegedAccount();
    // Only root runs PostgreSQL as another user.
    if (account === undefined) return this.skip();
    chmodSync(home, 0o700);
    const { postgres } = inReachOf(account, binaries);
    assert.equal(spawnSync(postgres, [], { ...account, encoding: "utf8" }).stdout, "here\n");
  });
});
