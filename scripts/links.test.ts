import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { scripts } from "../package.json";

const root = join(__dirname, "..");
const pages = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: root,
  encoding: "utf8",
})
  .trim()
  .split("\n");
const read = (page: string): string => readFileSync(join(root, page), "utf8");

/** The anchors that GitHub generates from a page's headings. */
function anchorsOf(page: string): string[] {
  const headings = read(page)
    .replace(/^```[\s\S]*?^```/gm, "")
    .matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("the Markdown pages", () => {
  it("each relative link names a file, and a heading of it", () => {
    for (const page of pages) {
      for (const [link, target = "", anchor] of read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)) {
        const path = target === "" ? page : join(dirname(page), target);
        assert.ok(existsSync(join(root, path)), `${page}: ${link}`);
        if (anchor !== undefined) assert.ok(anchorsOf(path).includes(anchor), `${page}: ${link}`);
      }
    }
  });

  it("each path of a file in the repository exists", () => {
    for (const page of pages) {
      for (const [, path = ""] of read(page).matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|json|md))`/g))
        assert.ok(existsSync(join(root, path)), `${page}: ${path}`);
    }
  });

  it("each `npm run` names a script of package.json", () => {
    for (const page of pages) {
      for (const [command, name = ""] of read(page).matchAll(/npm run (?:-s )?([a-z]+)/g))
        assert.ok(name in scripts, `${page}: ${command}`);
    }
  });
});
