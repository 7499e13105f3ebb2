import assert from "node:assert/strict";
import { notesOf } from "./releaseNotes";

const changelog =
  "# Changelog\n\n## Unreleased\n\n- next\n\n## 1.2.0 (2026-11-01)\n\n- added\n\n- fixed\n\n## 1.1.0\n\n- old\n";

describe("notesOf", () => {
  it("returns the section of the version alone", () =>
    assert.equal(notesOf("v1.2.0", "1.2.0", changelog), "- added\n\n- fixed"));

  it("when the tag is not the package's version, throws", () =>
    assert.throws(
      () => notesOf("v1.2.1", "1.2.0", changelog),
      /the tag is v1\.2\.1, but package\.json has version 1\.2\.0/,
    ));

  it("when the version has no section, throws", () => {
    assert.throws(() => notesOf("v1.3.0", "1.3.0", changelog), /CHANGELOG\.md has no section "## 1\.3\.0"/);
    assert.throws(() => notesOf("v1.2", "1.2", changelog), /no section/);
  });
});
