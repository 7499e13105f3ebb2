import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";

const root = join(__dirname, "..");

/** Room → the rooms that it may import from, read from CONTRIBUTING.md. */
function mapOfRooms(): Map<string, readonly string[]> {
  const rows = readFileSync(join(root, "CONTRIBUTING.md"), "utf8").matchAll(/^\| `([\w-]+)` \|.*\| ([^|]*)\|$/gm);
  return new Map(
    [...rows].map(([, room = "", cell = ""]) => [room, [...cell.matchAll(/`([\w-]+)`/g)].map(([, to = ""]) => to)]),
  );
}

/** File → the files that it imports, except tests and the files that only tests use. */
function importsOf(rooms: readonly string[]): Map<string, readonly string[]> {
  const files = rooms.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
      .map((name) => join(room, name))
      .filter((name) => /(?<!\.test|\.d)\.c?ts$/.test(name)),
  );
  const known = new Set(files);
  const resolve = (from: string, to: string): string[] => {
    const path = normalize(join(from, "..", to)).replace(/\.js$/, "");
    return [path, `${path}.ts`, join(path, "index.ts")].filter((name) => known.has(name));
  };
  const sources = files.filter((name) => !name.includes("/testing/"));
  return new Map(
    sources.map((file) => {
      const text = readFileSync(join(root, file), "utf8");
      const found = text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*"(\.[^"]*)"/g);
      return [file, [...found].flatMap(([, to = ""]) => resolve(file, to)).filter((target) => target !== file)];
    }),
  );
}

describe("the map in CONTRIBUTING.md", () => {
  const rooms = mapOfRooms();
  const imports = importsOf([...rooms.keys()]);

  it("has every folder that holds source", () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|dist$|docs$)/.test(entry.name))
      .map(({ name }) => name);
    assert.deepEqual([...rooms.keys()].sort(), folders.sort());
  });

  it("names exactly the rooms from which each room imports", () => {
    for (const [room, allowed] of rooms) {
      const used = new Set<string>();
      for (const [file, targets] of imports) {
        if (!file.startsWith(`${room}/`)) continue;
        for (const target of targets) if (!target.startsWith(`${room}/`)) used.add(target.split("/")[0] ?? "");
      }
      assert.deepEqual([...used].sort(), [...allowed].sort(), room);
    }
  });

  it("has no cycle of rooms, and the imports of the files have no cycle", () => {
    assert.deepEqual(findCycle(rooms), undefined);
    assert.deepEqual(findCycle(imports), undefined);
  });
});

/** Finds a cycle. @returns its path */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const visited = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (visited.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node]);
      if (cycle !== undefined) return cycle;
    }
    visited.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = visit(node, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
