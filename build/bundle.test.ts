import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { evaluateProgram } from "../infra/evaluate";
import { bundle, rotationFunctionFiles } from "./bundle";

const root = join(__dirname, "..");

describe("the function's archive", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "bundle-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("has the same bytes when the source lies in another folder", () => {
    cpSync(join(root, "rotation-fn"), join(folder, "rotation-fn"), { recursive: true });
    cpSync(join(root, "tsconfig.json"), join(folder, "tsconfig.json"));
    cpSync(join(root, "package.json"), join(folder, "package.json"));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    assert.ok(bundle("rotation-fn/index.ts", folder) === bundle(), "the bundle depends on where it is made");
  });

  it("is a CommonJS module that loads on its own and exports the handler", () => {
    for (const [name, text] of Object.entries(rotationFunctionFiles("us-east-1")))
      writeFileSync(join(folder, name), text);
    const { stdout, stderr } = spawnSync(process.execPath, ["-p", 'typeof require("./index.js").handler'], {
      cwd: folder,
      encoding: "utf8",
      env: { AWS_REGION: "us-east-1", SECRETS_MANAGER_ENDPOINT: "http://127.0.0.1:1" },
    });
    assert.equal(stdout.trim(), "function", stderr);
  });

  it("stays within 450 KB", () => {
    assert.ok(Buffer.byteLength(bundle()) <= 450 * 1024);
  });

  it("is deployed as texts, without a path", async () => {
    const { code } = (await evaluateProgram()).find("aws:lambda/function:Function").inputs;
    assert.ok(pulumi.asset.Archive.isInstance(code));
    const assets = await new pulumi.asset.AssetArchive(Reflect.get(code, "assets")).assets;
    const files = rotationFunctionFiles("us-east-1");
    assert.deepEqual(Object.keys(assets), Object.keys(files).sort());
    for (const [name, asset] of Object.entries(assets)) {
      assert.ok((await Reflect.get(asset, "text")) === files[name], name);
      assert.equal(Reflect.get(asset, "path"), undefined);
    }
  });
});
