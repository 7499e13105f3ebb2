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

  it("leaves the programs where they are when they run as the user itself", () => {
    assert.equal(inReachOf(undefined, binaries), binaries);
  });

  it("leaves them where they are when the account can run them", () => {
    chmodSync(home, 0o755);
    assert.equal(inReachOf(unprivilegedAccount(), binaries), binaries);
  });

  it("gives the account a copy that it can run, when the folder is closed to it", function () {
    const account = unprivilegedAccount();
    // Only root hands PostgreSQL to somebody else.
    if (account === undefined) return this.skip();
    chmodSync(home, 0o700);
    const { postgres } = inReachOf(account, binaries);
    assert.equal(spawnSync(postgres, [], { ...account, encoding: "utf8" }).stdout, "here\n");
  });
});
