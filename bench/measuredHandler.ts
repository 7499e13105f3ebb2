import type { BenchFunction, Deployed } from "./stage";

/** What the process says of itself. */
export interface Usage {
  readonly peakBytes: number;
  readonly cpuMs: number;
  /** How long the handler took since the last time that it was asked, all invocations together. */
  readonly handlerMs: number;
}

/** The deployed archive with a handler around its own that answers `{ "usage": true }` with a {@link Usage}. */
export function withUsage({ files, handler }: Pick<Deployed, "files" | "handler">): {
  readonly files: Readonly<Record<string, string>>;
  readonly handler: string;
} {
  const [module, name] = handler.split(".");
  const text = `const { ${name}: handler } = require("./${module}.js");
let handlerMs = 0;
exports.handler = async (event, context) => {
  if (event.usage) {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    const taken = handlerMs;
    handlerMs = 0;
    return { peakBytes: maxRSS * 1024, cpuMs: (userCPUTime + systemCPUTime) / 1000, handlerMs: taken };
  }
  const startedAt = performance.now();
  try {
    return await handler(event, context);
  } finally {
    handlerMs += performance.now() - startedAt;
  }
};
`;
  return { files: { ...files, "measured.js": text }, handler: "measured.handler" };
}

/** @throws Error where the handler is none of {@link withUsage} */
export async function usageOf({ lambda }: BenchFunction): Promise<Usage> {
  const answer = await lambda.invoke({ usage: true });
  if (!answer.ok) throw new Error(`${answer.errorType}: ${answer.errorMessage}`);
  return answer.payload as Usage;
}
