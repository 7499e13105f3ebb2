import { join } from "node:path";
import type { RecordedStack } from "../../emulators/pulumi/recordedStack";
import { evaluateProgram } from "../evaluate";

/** The reviewed identities, by stack. */
export const urnsFile = join(__dirname, "urns.json");

/** Two stacks that together have every resource type: one with its own network, one in an existing network. */
export const reviewedStacks: Record<string, () => Promise<RecordedStack>> = {
  dev: () => evaluateProgram({ stack: "dev" }),
  prod: () => evaluateProgram({ stack: "prod" }),
};
