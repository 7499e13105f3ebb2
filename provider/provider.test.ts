import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { handlerFile } from "../build/bundle";
import { RotatedSecret, RotationFunction } from "../components";
import { readHandlerWith } from "../components/packagedHandler";
import { answerCall, answerOutputs } from "../emulators/pulumi/aws";
import { type GrpcEngine, serveEngine } from "../emulators/pulumi/grpcEngine";
import {
  type RecordedResource,
  type RecordedStack,
  RecordingMonitor,
  recordStack,
} from "../emulators/pulumi/recordedStack";
import { name as packageName, version } from "../package.json";
import { strategies } from "../rotation-fn/secret/settings";
import { archiveTexts } from "./testing/archiveTexts";
import { type PackageSchema, type PropertySchema, schemaFile } from "./testing/packageSchema";
import { ProviderProcess } from "./testing/providerProcess";

const region = "eu-west-1";
const options = {
  outputsOf: (resource: Parameters<typeof answerOutputs>[0]) => answerOutputs(resource, region),
  call: (token: string, inputs: Record<string, unknown>) => answerCall(token, inputs, region),
};
const functionArgs = {
  name: "rotate",
  vpcId: "vpc-1",
  subnetIds: ["subnet-1", "subnet-2"],
  endpointSecurityGroupId: "sg-endpoint",
  kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/k",
  tags: { team: "a" },
};
const secretArgs = {
  name: "app/db",
  kmsKeyId: "arn:aws:kms:eu-west-1:123456789012:key/k",
  host: "db.example.com",
  username: "app",
  password: "first",
  adminSecretArn: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:admin-AbCdEf",
  strategy: "alternating-users" as const,
  rotationRules: { scheduleExpression: "cron(0 2 ? * SUN *)", duration: "2h" },
};

describe("the component provider", () => {
  let fromTypeScript: RecordedStack;
  let engine: GrpcEngine;
  let monitor: RecordingMonitor;
  let provider: ProviderProcess;
  before(async () => {
    readHandlerWith(handlerFile);
    monitor = new RecordingMonitor(options);
    engine = await serveEngine(monitor, "another-program", "test");
    const program = () => {
      const fn = new RotationFunction("rotation", functionArgs);
      new RotatedSecret("db", { ...secretArgs, rotationLambdaArn: fn.rotationLambdaArn });
      return {};
    };
    [provider, fromTypeScript] = await Promise.all([
      ProviderProcess.start(engine.address),
      recordStack(program, { project: "another-program", stack: "test", config: {}, ...options }),
    ]);
  });
  after(async () => {
    await provider.stop();
    await engine.stop();
  });

  describe("schema", () => {
    let schema: PackageSchema;
    before(async () => {
      schema = await provider.schema();
    });

    it("is the reviewed one: run `npm run api` after a change", () => {
      assert.deepEqual(schema, JSON.parse(readFileSync(schemaFile, "utf8")));
    });

    it("has the package's name and version, and each exported component", () => {
      assert.deepEqual([schema.name, schema.version], [packageName, version]);
      const text = readFileSync(join(__dirname, "../components/index.ts"), "utf8");
      const exported = [...text.matchAll(/\b(\w+), type \1(?:Args|Resources)\b|^ {2}([A-Z]\w+),$/gm)].map(
        ([, a, b]) => a ?? b,
      );
      assert.ok(exported.length > 0);
      assert.deepEqual(
        Object.keys(schema.resources).sort(),
        exported.map((component) => `secrets-rotation:index:${component}`).sort(),
      );
    });

    it("has a description of each component, input, output and type", () => {
      const assertDescribed = (parent: string, properties: Record<string, PropertySchema> = {}): void => {
        for (const [key, { description }] of Object.entries(properties)) assert.ok(description, `${parent}.${key}`);
      };
      for (const [token, { description, inputProperties, properties }] of Object.entries(schema.resources)) {
        assert.ok(description, token);
        assertDescribed(token, inputProperties);
        assertDescribed(token, properties);
      }
      for (const [token, { properties }] of Object.entries(schema.types)) assertDescribed(token, properties);
    });

    it("Strategy: has the strategies of the function", () => {
      const values = schema.types["secrets-rotation:index:Strategy"]?.enum?.map(({ value }) => value);
      assert.deepEqual(values, [...strategies]);
    });
  });

  describe("construct", () => {
    before(async () => {
      const parent = fromTypeScript.find("pulumi:pulumi:Stack").urn;
      const fn = await provider.construct("another-program", "test", {
        type: "secrets-rotation:index:RotationFunction",
        name: "rotation",
        parent,
        inputs: functionArgs,
      });
      const { rotationLambdaArn } = fn.outputs;
      assert.ok(rotationLambdaArn !== undefined);
      await provider.construct("another-program", "test", {
        type: "secrets-rotation:index:RotatedSecret",
        name: "db",
        parent,
        inputs: { ...secretArgs, rotationLambdaArn },
        inputDependencies: { rotationLambdaArn: fn.dependencies.rotationLambdaArn ?? [] },
      });
    });

    it("creates the same resources as a program in TypeScript", () => {
      const expected = fromTypeScript.resources.filter(({ type }) => type !== "pulumi:pulumi:Stack");
      assert.ok(expected.length > 15);
      const byUrn = (resources: RecordedResource[]) =>
        Object.fromEntries(
          resources.map(({ urn, parent, inputs, dependencies, ignoreChanges, secretInputs, retainOnDelete }) => [
            urn,
            {
              parent,
              inputs: { ...inputs, code: undefined },
              dependencies: dependencies.sort(),
              ignoreChanges,
              secretInputs,
              retainOnDelete,
            },
          ]),
        );
      assert.deepEqual(byUrn(monitor.recorded), byUrn(expected));
    });

    it("deploys the same archive as a program in TypeScript and as this repository's stack", async () => {
      const isFunction = ({ type }: RecordedResource): boolean => type === "aws:lambda/function:Function";
      const code = (resources: RecordedResource[]): pulumi.asset.AssetArchive =>
        resources.find(isFunction)?.inputs.code as pulumi.asset.AssetArchive;
      const texts = await archiveTexts(code(monitor.recorded));
      assert.deepEqual(texts, await archiveTexts(code(fromTypeScript.resources)));
      assert.ok(texts["index.js"] === handlerFile("index.js"));
      assert.match(texts["trust.pem"] ?? "", /BEGIN CERTIFICATE/);
    });
  });
});
