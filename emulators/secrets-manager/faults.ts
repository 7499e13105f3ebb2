export interface ServiceRequest {
  readonly operation: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A fault that a hook returns instead of the normal answer. */
export type ServiceFault =
  /** An error, such as `{ type: "ThrottlingException", message: "Rate exceeded" }`. Status 400 unless given. */
  | { readonly kind: "error"; readonly type: string; readonly message: string; readonly status?: number }
  /** The connection closes without an answer. */
  | { readonly kind: "drop" }
  /** A read shows the state before the latest write. Only from `before`, and only for reads. */
  | { readonly kind: "stale" };

type MaybeFault = ServiceFault | undefined;

/**
 * Hooks that inject faults. A hook may wait (a slow answer), and may return a fault. With a fault from `before`, the request
 * has no effect. A fault from `after` replaces the answer after the effect (a lost answer); `after` gets the original
 * answer.
 */
export interface Hooks {
  readonly before?: (request: ServiceRequest) => MaybeFault | Promise<MaybeFault> | Promise<void> | void;
  readonly after?: (request: ServiceRequest, answer: object) => MaybeFault | Promise<MaybeFault> | Promise<void> | void;
}
