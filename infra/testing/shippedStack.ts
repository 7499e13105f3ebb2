import type { RecordedStack } from "../../emulators/pulumi/recordedStack";
import { evaluateProgram } from "../evaluate";

const evaluated = new Map<string, Promise<RecordedStack>>();

/** A stack as it is shipped, evaluated once for all the tests that only look at it. */
export function shippedStack(stack: "dev" | "prod"): Promise<RecordedStack> {
  const found = evaluated.get(stack) ?? evaluateProgram({ stack });
  evaluated.set(stack, found);
  return found;
}
