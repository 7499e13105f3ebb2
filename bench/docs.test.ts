import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { asMarkdown } from "./part";
import { parts } from "./parts";
import { growthOf } from "./stack";

describe("docs/performance.md", () => {
  const page = readFileSync(join(__dirname, "../docs/performance.md"), "utf8");

  it("has one place for each part of the benchmark, and no other places", () => {
    const places = [...page.matchAll(/<!-- bench: (\S+) -->[\s\S]*?<!-- \/bench -->/g)].map(([, name]) => name);
    assert.deepEqual(places.sort(), parts.map(({ name }) => name).sort());
  });
});

describe("asMarkdown", () => {
  it("when cells differ in length, pads them: text to the left, figures to the right", () => {
    const rows = [
      ["one", 4],
      ["thousand", 4000],
    ];
    assert.equal(
      asMarkdown({ head: ["size", "ms"], rows }),
      "| size     |    ms |\n| -------- | ----: |\n| one      |     4 |\n| thousand | 4,000 |",
    );
  });
});

describe("growthOf", () => {
  const size = (databases: number, resources: number, policyBytes: number) => ({
    ...{ databases, resources, policyBytes },
    evaluateMs: 1,
  });

  it("when policies do not grow or are shorter, says that a database adds no policy text", () => {
    for (const bytes of [5251, 5215]) {
      assert.match(growthOf([size(1, 48, 5251), size(1001, 4048, bytes)]), /adds 4\.0 resources and no policy text/);
    }
  });

  it("when policies grow, says by how many bytes a database", () => {
    assert.match(growthOf([size(1, 48, 5000), size(11, 88, 6200)]), /adds 4\.0 resources and 120 bytes of policy text/);
  });
});
