import type { InvocationResult } from "./lambda";

export const functionArn = "arn:aws:lambda:us-east-1:000000000000:function:rotation";

/** The function under test, in a process of its own or in this one. */
export interface FunctionUnderTest {
  invoke(event: unknown): Promise<Pick<InvocationResult, "ok"> & Partial<InvocationResult>>;
  /** Ends its process during an invocation. */
  kill(): void;
  stop(): Promise<void>;
}
