import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { buildSync } from "esbuild";
import { evaluateProgram } from "../infra/evaluate";
import { bundle, bundleOptions, handlerFile, noticesFile, rotationFunctionFiles } from "./bundle";
import { thirdPartyNotices } from "./thirdPartyNotices";

const root = join(__dirname, "..");

describe("the function's archive", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "bundle-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("source in another folder: the same bytes", () => {
    cpSync(join(root, "rotation-fn"), join(folder, "rotation-fn"), { recursive: true });
    cpSync(join(root, "tsconfig.json"), join(folder, "tsconfig.json"));
    cpSync(join(root, "package.json"), join(folder, "package.json"));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const { text, packages } = bundle("rotation-fn/index.ts", folder);
    assert.ok(text === bundle().text, "the bundle depends on the folder of the source");
    assert.equal(thirdPartyNotices(packages), handlerFile(noticesFile));
  });

  it("index.js: a CommonJS module that loads without other packages and exports the handler", () => {
    for (const [name, text] of Object.entries(rotationFunctionFiles("us-east-1")))
      writeFileSync(join(folder, name), text);
    const { stdout, stderr } = spawnSync(process.execPath, ["-p", 'typeof require("./index.js").handler'], {
      cwd: folder,
      encoding: "utf8",
      env: { AWS_REGION: "us-east-1", SECRETS_MANAGER_ENDPOINT: "http://127.0.0.1:1" },
    });
    assert.equal(stdout.trim(), "function", stderr);
  });

  it("bundle: at most 450 KB", () => {
    assert.ok(Buffer.byteLength(bundle().text) <= 450 * 1024);
  });

  it("notices: name, version and license of each bundled package", () => {
    const notices = rotationFunctionFiles("us-east-1")[noticesFile] ?? "";
    const { outputs = {} } = buildSync({ ...bundleOptions(), write: false, metafile: true }).metafile;
    const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
    const packages = new Set(
      inputs
        .filter(([path, { bytesInOutput }]) => path.includes("node_modules/") && bytesInOutput > 0)
        .map(([path]) => path.split("node_modules/").at(-1)?.split("/"))
        .map(([first = "", second] = []) => (first.startsWith("@") ? `${first}/${second}` : first)),
    );
    assert.ok(packages.has("pg") && packages.has("@aws-sdk/client-secrets-manager") && packages.size > 20);
    for (const name of packages) {
      const manifest = readFileSync(join(root, "node_modules", name, "package.json"), "utf8");
      const { version, license } = JSON.parse(manifest);
      assert.ok(notices.includes(`\n${name}@${version} (${license})\n`), name);
    }
    assert.match(notices, /Copyright \(c\) 2010 - 2021 Brian Carlson/);
    assert.match(notices, /Copyright \(c\) 2014 Brian M\. Carlson/, "pg-types has its license in its README");
    const parts = notices.split(/^-{80}$/m);
    assert.equal(new Set(parts).size, parts.length, "each license text is contained once");
    assert.ok(!notices.includes(root));
  });

  it("deployed archive: contains the texts, without a path", async () => {
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
