import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { answerCall, answerOutputs } from "../emulators/pulumi/aws";
import { serveEngine } from "../emulators/pulumi/grpcEngine";
import { RecordingMonitor } from "../emulators/pulumi/recordedStack";
import { asPulumiConfig, projectFile, stackConfig } from "./evaluate";
import { shippedStack } from "./testing/shippedStack";

const root = join(__dirname, "..");

describe("the program under Pulumi's own launcher", () => {
  it("registers the same resources as with the recorder", async () => {
    const expected = await shippedStack("dev");

    const { exitCode, log, monitor } = await launch("dev", stackConfig("dev"));

    assert.deepEqual(log, expected.warnings);
    assert.equal(exitCode, 0);
    assert.deepEqual(monitor.recorded.map(({ urn }) => urn).sort(), expected.resources.map(({ urn }) => urn).sort());
    for (const resource of expected.resources) {
      const launched = monitor.recorded.find(({ urn }) => urn === resource.urn);
      assert.deepEqual(launched?.dependencies.sort(), [...resource.dependencies].sort(), resource.urn);
      assert.deepEqual(launched?.ignoreChanges, resource.ignoreChanges, resource.urn);
      assert.deepEqual(Object.keys(launched?.inputs ?? {}), Object.keys(resource.inputs), resource.urn);
    }
  });

  it("invalid configuration: every problem is logged, no resource is registered, and the exit code is not 0", async () => {
    const { exitCode, log, monitor } = await launch("dev", { ...stackConfig("dev"), "secrets-rotation:protekt": true });

    assert.notEqual(exitCode, 0);
    assert.deepEqual(log, ["Pulumi.dev.yaml cannot be deployed:\n  - unknown key `protekt`; did you mean `protect`?"]);
    assert.deepEqual(
      monitor.recorded.map(({ type }) => type),
      ["pulumi:pulumi:Stack"],
    );
  });

  it("fetches the providers of aws and awsx alone: awsx's packages for Docker are replaced by an empty one", () => {
    // Pulumi fetches the provider of each installed package that names one.
    const lock = join(root, "node_modules", ".package-lock.json");
    const { packages } = JSON.parse(readFileSync(lock, "utf8")) as { packages: Record<string, object> };
    const providers = Object.keys(packages).filter((folder) => {
      const file = join(root, folder, "package.json");
      return existsSync(file) && JSON.parse(readFileSync(file, "utf8")).pulumi?.resource === true;
    });
    assert.deepEqual(providers, ["node_modules/@pulumi/aws", "node_modules/@pulumi/awsx"]);
  });
});

/** Starts the program as Pulumi's language host does, with the options of Pulumi.yaml. */
async function launch(stack: string, config: Record<string, unknown>) {
  const { name: project, main, runtime } = projectFile();
  const region = String(config["aws:region"]);
  const monitor = new RecordingMonitor({
    outputsOf: (resource) => answerOutputs(resource, region),
    call: (token, inputs) => answerCall(token, inputs, region),
  });
  const engine = await serveEngine(monitor, project, stack);
  const program = resolve(root, main);
  const { nodeargs, typescript } = runtime.options;
  const child = spawn(
    process.execPath,
    [
      ...String(nodeargs).split(" "),
      require.resolve("@pulumi/pulumi/cmd/run"),
      ...["--engine", engine.address, "--monitor", engine.address],
      ...["--project", project, "--stack", stack, "--root-directory", root, "--pwd", dirname(program)],
      ...["--parallel", "16"],
      program.slice(dirname(program).length + 1),
    ],
    {
      cwd: dirname(program),
      env: {
        ...process.env,
        NODE_OPTIONS: "",
        PULUMI_CONFIG: JSON.stringify(asPulumiConfig(config)),
        PULUMI_NODEJS_TYPESCRIPT: String(typescript),
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const printed: string[] = [];
  child.stdout.on("data", (text) => printed.push(String(text)));
  child.stderr.on("data", (text) => printed.push(String(text)));
  const exitCode = await new Promise<number | null>((done) => child.on("close", done));
  await engine.stop();
  assert.deepEqual(printed, []);
  // Severity 0 is debug output.
  const log = engine.log.filter(({ severity }) => severity > 0).map(({ message }) => message.trim());
  return { exitCode, log, monitor };
}
