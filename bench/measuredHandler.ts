import type { Deployed } from "./stage";

/** What the process says of itself. */
export interface Usage {
  readonly peakBytes: number;
  readonly cpuMs: number;
}

/** The deployed archive with a handler around its own that answers `{ "usage": true }` with a {@link Usage}. */
export function withUsage({ files, handler }: Pick<Deployed, "files" | "handler">): {
  readonly files: Readonly<Record<string, string>>;
  readonly handler: string;
} {
  const [module, name] = handler.split(".");
  const text = `const { ${name}: handler } = require("./${module}.js");
exports.handler = async (event, context) => {
  if (!event.usage) return handler(event, context);
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  return { peakBytes: maxRSS * 1024, cpuMs: (userCPUTime + systemCPUTime) / 1000 };
};
`;
  return { files: { ...files, "measured.js": text }, handler: "measured.handler" };
}
