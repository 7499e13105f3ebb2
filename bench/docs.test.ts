import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parts } from "./parts";

describe("docs/performance.md", () => {
  const page = readFileSync(join(__dirname, "../docs/performance.md"), "utf8");

  it("has a place for each part, and none for others", () => {
    const places = [...page.matchAll(/<!-- bench: (\S+) -->[\s\S]*?<!-- \/bench -->/g)].map(([, name]) => name);
    assert.deepEqual(places.sort(), parts.map(({ name }) => name).sort());
  });
});
