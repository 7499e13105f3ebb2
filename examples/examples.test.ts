import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import type { RecordedStack } from "../emulators/pulumi/recordedStack";
import { devDependencies, version } from "../package.json";
import { type PackageSchema, schemaFile } from "../provider/testing/packageSchema";
import { evaluateExample, rdsManagedSecret } from "./testing/evaluateExample";
import { pythonCalls, snakeCased } from "./testing/pythonCalls";
import { readmeConfig, readmeOf } from "./testing/readmeConfig";
import { componentOf, schemaProblems } from "./testing/schemaProblems";

const read = (path: string): string => readFileSync(join(__dirname, path), "utf8");
const schema = JSON.parse(readFileSync(schemaFile, "utf8")) as PackageSchema;
const typescriptExamples = ["existing-database", "three-databases", "alternating-users"];

describe("examples", () => {
  for (const [folder, file] of [
    ...typescriptExamples.map((name) => [name, "index.ts"] as const),
    ["yaml", "Pulumi.yaml"] as const,
    ["python", "__main__.py"] as const,
  ]) {
    it(`${folder}: its first line describes it, and the README names it`, () => {
      assert.match(read(`${folder}/${file}`), /^(\/\/|#) [A-Z].{40,}\.\n/);
      assert.ok(read("README.md").includes(`\`${folder}\``));
    });
  }

  it("README: names every folder", () => {
    const folders = readdirSync(__dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of folders) assert.ok(name === "testing" || read("README.md").includes(`\`${name}\``), name);
  });

  describe("in TypeScript", () => {
    it("existing-database: one rotation, which depends on the rule to the database", async () => {
      const stack = await evaluate("existing-database");
      assert.equal(rotations(stack).length, 1);
      const rule = stack.find("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "orders");
      assert.equal(rule.inputs.securityGroupId, readmeConfig("existing-database").databaseSecurityGroupId);
      assert.ok(rotations(stack)[0]?.dependencies.includes(rule.urn));
    });

    it("three-databases: three rotations with one function, each with its own password", async () => {
      const passwords = { orders: "a", customers: "b", stock: "c" };
      const stack = await evaluate("three-databases", { passwords });
      assert.equal(rotations(stack).length, 3);
      assert.equal(stack.all("aws:lambda/function:Function").length, 1);
      const values = stack.all("aws:secretsmanager/secretVersion:SecretVersion");
      assert.deepEqual(
        values.map(({ inputs }) => JSON.parse(String(inputs.secretString)).password),
        ["a", "b", "c"],
      );
      assert.ok(values.every(({ secretInputs }) => secretInputs.includes("secretString")));
    });

    it("alternating-users: the strategy tags, and permissions on the RDS-managed secret and its key", async () => {
      const stack = await evaluate("alternating-users");
      const { tags } = stack.find("aws:secretsmanager/secret:Secret").inputs;
      assert.equal(Reflect.get(Object(tags), "secrets-rotation:strategy"), "alternating-users");
      assert.equal(Reflect.get(Object(tags), "secrets-rotation:member-of"), "reporting_owner");
      const policy = JSON.stringify(stack.find("aws:iam/policy:Policy", "secrets").inputs.policy);
      assert.ok(policy.includes(rdsManagedSecret.secretArn));
      assert.ok(policy.includes(rdsManagedSecret.kmsKeyId));
    });

    for (const name of typescriptExamples) {
      it(`${name}: depends on the package that npm pack creates, and on the versions of this repository`, () => {
        const { dependencies } = JSON.parse(read(`${name}/package.json`));
        assert.deepEqual(dependencies, {
          "@pulumi/aws": devDependencies["@pulumi/aws"],
          "@pulumi/pulumi": devDependencies["@pulumi/pulumi"],
          "secrets-rotation": `file:../../secrets-rotation-${version}.tgz`,
        });
      });
    }
  });

  it("yaml and python: depend on the versions of this repository", () => {
    assert.match(read("yaml/Pulumi.yaml"), new RegExp(`version: ${devDependencies["@pulumi/aws"]}$`, "m"));
    const required = `pulumi==${devDependencies["@pulumi/pulumi"]}\npulumi-aws==${devDependencies["@pulumi/aws"]}\n`;
    assert.equal(read("python/requirements.txt"), required);
  });

  it("yaml and python: the commands of the README set each value that the program requires, and no other value", () => {
    const declared = Object.keys((load(read("yaml/Pulumi.yaml")) as { config: object }).config);
    const required = [...read("python/__main__.py").matchAll(/config\.require\w*\("(\w+)"\)/g)].map(([, key]) => key);
    for (const [example, keys] of Object.entries({ yaml: declared, python: required }))
      assert.deepEqual(Object.keys(readmeConfig(example)).sort(), ["aws:region", ...keys].sort(), example);
  });

  it("yaml: only components, inputs and outputs of the schema", () => {
    const { resources, packages } = load(read("yaml/Pulumi.yaml")) as {
      packages: Record<string, string>;
      resources: Record<string, { type: string; properties: Record<string, unknown> }>;
    };
    assert.deepEqual(packages, { [schema.name]: "../.." });
    assert.equal(Object.keys(resources).length, 3);
    const problems = Object.values(resources).flatMap(({ type, properties }) =>
      schemaProblems(schema, type.replace("secrets-rotation:", ""), properties),
    );
    assert.deepEqual(problems, []);
    for (const [, name = "", output = ""] of read("yaml/Pulumi.yaml").matchAll(/\$\{(\w+)\.(\w+)/g)) {
      const type = resources[name]?.type.replace("secrets-rotation:", "");
      if (type !== undefined) assert.ok(output in componentOf(schema, type).properties, `${name}.${output}`);
    }
  });

  it("python: only components, keywords, outputs and enum members of the schema", () => {
    const program = read("python/__main__.py");
    const [, module = ""] = /^import pulumi_secrets_rotation as (\w+)$/m.exec(program) ?? [];
    const calls = pythonCalls(program, module);
    assert.deepEqual(
      calls.map(({ name }) => name),
      ["RotationFunction", "NetworkPath", "RotatedSecret", "RotationRulesArgs"],
    );
    for (const { name, keywords } of calls) {
      const type = schema.types[`secrets-rotation:index:${name.replace(/Args$/, "")}`];
      const { properties, required } =
        type?.properties === undefined
          ? {
              properties: componentOf(schema, name).inputProperties,
              required: componentOf(schema, name).requiredInputs,
            }
          : { properties: type.properties, required: type.required ?? [] };
      const known = [...Object.keys(properties).map(snakeCased), "opts"];
      for (const keyword of Object.keys(keywords)) assert.ok(known.includes(keyword), `${name}(${keyword}=…)`);
      for (const key of required) assert.ok(snakeCased(key) in keywords, `${name} without ${snakeCased(key)}`);
    }
    for (const [, variable, name = ""] of program.matchAll(new RegExp(`^(\\w+) = ${module}\\.(\\w+)\\(`, "gm"))) {
      const outputs = Object.keys(componentOf(schema, name).properties).map(snakeCased);
      for (const [use, output = ""] of program.matchAll(new RegExp(`\\b${variable}\\.(\\w+)`, "g"))) {
        assert.ok(outputs.includes(output), use);
      }
    }
    for (const [, type = "", member] of program.matchAll(new RegExp(`\\b${module}\\.(\\w+)\\.(\\w+)`, "g"))) {
      const members = schema.types[`secrets-rotation:index:${type}`]?.enum ?? [];
      assert.ok(
        members.some(({ name }) => snakeCased(name).toUpperCase() === member),
        `${type}.${member}`,
      );
    }
  });
});

function rotations(stack: RecordedStack) {
  return stack.all("aws:secretsmanager/secretRotation:SecretRotation");
}

/** Evaluates an example with the configuration of its README. */
function evaluate(name: string, overrides: Record<string, unknown> = {}): Promise<RecordedStack> {
  assert.ok(readmeOf(name).includes("\nnpx pulumi up\n"), name);
  return evaluateExample(name, { ...readmeConfig(name), ...overrides });
}
