import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { answerCall, answerOutputs } from "../emulators/pulumi/aws";
import { type Outputs, type RecordedStack, recordStack } from "../emulators/pulumi/recordedStack";
import program from ".";

const root = join(__dirname, "..");

/** What to evaluate, and how the world answers. */
export interface Evaluation {
  /** Name of the stack; `dev` by default. */
  stack?: string;
  /**
   * Configuration over that of the stack's file. Keys without a namespace are the project's; objects are given as they
   * are; `undefined` takes a key away.
   */
  config?: Record<string, unknown>;
  /** Whether the stack's file is read at all; true by default. */
  file?: boolean;
  /** Outputs of a resource over those that stand in for AWS: `{ address: "localhost", port: 5433 }`, … */
  outputsOf?: Outputs;
  /** Whether `aws:region` is in the configuration, and not in the environment alone; true by default. */
  regionConfigured?: boolean;
  /** Whether this is a preview. */
  preview?: boolean;
}

/** Evaluates the program of this project as Pulumi would, with a recorder in place of its engine. */
export async function evaluateProgram(evaluation: Evaluation = {}): Promise<RecordedStack> {
  const { stack = "dev", file = true, config = {}, outputsOf = () => ({}), preview = false } = evaluation;
  const { name: project } = projectFile();
  const given: Record<string, unknown> = file ? stackConfig(stack) : { "aws:region": "us-east-1" };
  for (const [key, value] of Object.entries(config)) given[key.includes(":") ? key : `${project}:${key}`] = value;
  const region = String(given["aws:region"]);
  if (evaluation.regionConfigured === false) delete given["aws:region"];
  return recordStack(program, {
    project,
    stack,
    config: asPulumiGivesIt(given),
    preview,
    outputsOf: (resource) => ({ ...answerOutputs(resource, region), ...outputsOf(resource) }),
    call: (token, inputs) => answerCall(token, inputs, region),
  });
}

/** What Pulumi.yaml says. */
export interface ProjectFile {
  name: string;
  main: string;
  runtime: { name: string; options: Record<string, string | boolean> };
}

export function projectFile(): ProjectFile {
  return load(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as ProjectFile;
}

/** The configuration in a stack's file, or in the sample of one. */
export function stackConfig(stack: string): Record<string, unknown> {
  const path = join(root, `Pulumi.${stack}.yaml`);
  const document = load(readFileSync(existsSync(path) ? path : `${path}.sample`, "utf8")) as {
    config?: Record<string, unknown>;
  };
  return { ...document.config };
}

/** Pulumi gives a program text for text, and JSON for everything else. */
export function asPulumiGivesIt(config: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}
