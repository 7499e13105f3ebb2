import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { answerCall, answerOutputs } from "../emulators/pulumi/aws";
import { type Outputs, type RecordedStack, recordStack } from "../emulators/pulumi/recordedStack";
import program from ".";

const root = join(__dirname, "..");

/** What to evaluate, and how Pulumi's engine and AWS respond. */
export interface Evaluation {
  /** Name of the stack; `dev` by default. */
  stack?: string;
  /**
   * Configuration that overrides the stack's file. Keys without a namespace belong to the project. Objects are not
   * serialized. `undefined` removes a key.
   */
  config?: Record<string, unknown>;
  /** Whether to read the stack's file; true by default. */
  file?: boolean;
  /** Outputs of a resource that override the emulated ones: `{ address: "localhost", port: 5433 }`, … */
  outputsOf?: Outputs;
  /** Results of a provider's function that override the emulated ones; undefined keeps those. */
  callOf?: (token: string, inputs: Record<string, unknown>) => Record<string, unknown> | undefined;
  /** Whether this is a preview; false by default. */
  preview?: boolean;
}

/** Evaluates the program of this project as Pulumi does, with a recorder instead of Pulumi's engine. */
export async function evaluateProgram(evaluation: Evaluation = {}): Promise<RecordedStack> {
  const { stack = "dev", file = true, config = {}, outputsOf = () => ({}), preview = false } = evaluation;
  const { name: project } = projectFile();
  const given: Record<string, unknown> = file ? stackConfig(stack) : { "aws:region": "us-east-1" };
  for (const [key, value] of Object.entries(config)) given[key.includes(":") ? key : `${project}:${key}`] = value;
  const region = String(given["aws:region"] ?? "us-east-1");
  return recordStack(program, {
    project,
    stack,
    config: asPulumiConfig(given),
    preview,
    outputsOf: (resource) => ({ ...answerOutputs(resource, region), ...outputsOf(resource) }),
    call: (token, inputs) => evaluation.callOf?.(token, inputs) ?? answerCall(token, inputs, region),
  });
}

/** The content of Pulumi.yaml. */
export function projectFile() {
  return load(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as {
    name: string;
    main: string;
    runtime: { name: string; options: Record<string, string | boolean> };
  };
}

/** The configuration in a stack's file, or in its sample. */
export function stackConfig(stack: string): Record<string, unknown> {
  const path = join(root, `Pulumi.${stack}.yaml`);
  const document = load(readFileSync(existsSync(path) ? path : `${path}.sample`, "utf8")) as {
    config?: Record<string, unknown>;
  };
  return { ...document.config };
}

/** Configuration as Pulumi passes it to a program: strings unchanged, other values as JSON. */
export function asPulumiConfig(config: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}
