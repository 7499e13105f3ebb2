import { join } from "node:path";
import type { RecordedStack } from "../../emulators/pulumi/recordedStack";
import { evaluateProgram } from "../evaluate";

/** The identities as they were last reviewed, by stack. */
export const urnsFile = join(__dirname, "urns.json");

/** Stacks that have each kind of resource between them: one with a network of its own, one in an existing network. */
export const heldStacks: Record<string, () => Promise<RecordedStack>> = {
  dev: () => evaluateProgram({ stack: "dev" }),
  prod: () => evaluateProgram({ stack: "prod" }),
};
