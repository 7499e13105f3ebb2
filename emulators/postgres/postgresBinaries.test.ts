import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { findPostgresBinaries, linkLibraries } from "./postgresBinaries";

describe("linkLibraries", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "links-"));
    mkdirSync(path.join(folder, "native/lib"), { recursive: true });
    writeFileSync(path.join(folder, "native/lib/libx.so.1.2"), "library");
    writeFileSync(
      path.join(folder, "native/pg-symlinks.json"),
      JSON.stringify([{ source: "native/lib/libx.so.1.2", target: "native/lib/libx.so.1" }]),
    );
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it("when links are missing, creates relative links", () => {
    linkLibraries(folder);

    assert.equal(readlinkSync(path.join(folder, "native/lib/libx.so.1")), "libx.so.1.2");
    assert.equal(readFileSync(path.join(folder, "native/lib/libx.so.1"), "utf8"), "library");
  });

  it("when links exist, does not change them", () => {
    linkLibraries(folder);

    assert.doesNotThrow(() => linkLibraries(folder));
  });

  it("when a link cannot be created, throws and says what to do", () => {
    rmSync(path.join(folder, "native/lib"), { recursive: true });

    assert.throws(() => linkLibraries(folder), /links between .* are missing.*npm rebuild/);
  });
});

describe("findPostgresBinaries", () => {
  it("when a folder contains no PostgreSQL, throws and names it", () => {
    assert.throws(() => findPostgresBinaries("/nowhere"), /no PostgreSQL in \/nowhere: initdb is missing/);
  });
});
