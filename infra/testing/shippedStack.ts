import type { RecordedStack } from "../../emulators/pulumi/recordedStack";
import { evaluateProgram } from "../evaluate";

const evaluated = new Map<string, Promise<RecordedStack>>();

/** A stack with the configuration in this repository, evaluated once for all tests that do not change it. */
export function shippedStack(stack: "dev" | "prod"): Promise<RecordedStack> {
  const found = evaluated.get(stack) ?? evaluateProgram({ stack });
  evaluated.set(stack, found);
  return found;
}
