import type { InvocationResult } from "./lambda";

export const functionArn = "arn:aws:lambda:us-east-1:000000000000:function:rotation";

/** The function under test, in whatever way it runs. */
export interface FunctionUnderTest {
  invoke(event: unknown): Promise<Pick<InvocationResult, "ok"> & Partial<InvocationResult>>;
  /** Ends its process in the middle of whatever it does. */
  kill(): void;
  stop(): Promise<void>;
}
