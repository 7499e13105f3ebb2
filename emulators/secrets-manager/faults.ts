/** One request, as hooks see it. */
export interface ServiceRequest {
  readonly operation: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** How many requests of this operation there have been, this one included. */
  readonly count: number;
}

/** What a hook can do to a request in place of the ordinary answer. */
export type Fault =
  /** An error, such as `{ type: "ThrottlingException", message: "Rate exceeded" }`. Status 400 unless given. */
  | { readonly kind: "error"; readonly type: string; readonly message: string; readonly status?: number }
  /** The connection breaks without an answer. */
  | { readonly kind: "drop" }
  /** A read sees the state from before the latest write. Only from `before`, and only for reads. */
  | { readonly kind: "stale" };

type MaybeFault = Fault | undefined;

/**
 * The seam for faults. A hook may wait (a slow answer), and may return a fault. What `before` returns keeps the request
 * from having any effect; what `after` returns replaces the answer once the effect is there (a lost answer); it
 * is shown the answer that it would replace.
 */
export interface Hooks {
  readonly before?: (request: ServiceRequest) => MaybeFault | Promise<MaybeFault> | Promise<void> | void;
  readonly after?: (request: ServiceRequest, answer: object) => MaybeFault | Promise<MaybeFault> | Promise<void> | void;
}
