import { setTimeout as sleep } from "node:timers/promises";
import type { Call } from "../emulators/secrets-manager";
import { startDelayProxy, type Traffic } from "./delayProxy";
import type { Stage } from "./stage";

/** What one rotation costs its two servers, whatever machine it runs on. */
export interface Counts {
  /** Calls to Secrets Manager by operation. */
  readonly calls: Readonly<Record<string, number>>;
  /** Calls of which each began after the one before had ended: the longest such chain. */
  readonly sequentialCalls: number;
  readonly connections: number;
  /** To the database, one after another: opening a connection is one, saying goodbye is none. */
  readonly roundTrips: number;
  /** As PostgreSQL logged them. */
  readonly statements: readonly string[];
  /** What passed between function and database, and between function and service (there without TLS). */
  readonly database: Traffic;
  readonly service: Traffic;
}

/** How long each answer of the service is held, so that calls which are made together are seen together. */
const heldMs = 40;

/** Rotates a secret that was rotated once before, and counts. The function's process is warm. */
export async function countRotation(stage: Stage): Promise<Counts> {
  const { service, postgres } = stage;
  const serviceAt = new URL(service.endpoint);
  const [toService, toDatabase] = await Promise.all([
    startDelayProxy({ host: serviceAt.hostname, port: Number(serviceAt.port) }, 0),
    startDelayProxy({ host: "localhost", port: postgres.port }, 0),
  ]);
  const secret = await stage.addSecret({ port: toDatabase.port });
  const fn = stage.addFunction({ endpoint: `http://localhost:${toService.port}` });
  try {
    await stage.rotate(secret, fn.arn);
    for (const proxy of [toService, toDatabase]) proxy.takeTraffic();
    const logBefore = (await postgres.completeLog()).length;
    const callsBefore = service.calls.length;
    service.setHooks({ before: () => sleep<void>(heldMs) });
    await stage.rotate(secret, fn.arn);
    // The bench's own call, which starts the rotation, is not the function's.
    const calls = service.calls.slice(callsBefore).filter(({ operation }) => operation !== "RotateSecret");
    const logged = (await postgres.completeLog()).slice(logBefore);
    const database = toDatabase.takeTraffic();
    return {
      calls: tally(calls.map(({ operation }) => operation)),
      sequentialCalls: longestChain(calls),
      ...sessionsOf(secret.user, logged),
      roundTrips: database.connections + database.answers,
      database,
      service: toService.takeTraffic(),
    };
  } finally {
    service.setHooks();
    await fn.lambda.stop();
    toService.close();
    toDatabase.close();
  }
}

/** The length of the longest chain of calls in which each started after the one before had ended. */
export function longestChain(calls: readonly Pick<Call, "startedAt" | "endedAt">[]): number {
  const depths: { endedAt: number; depth: number }[] = [];
  for (const { startedAt, endedAt } of [...calls].sort((a, b) => a.startedAt - b.startedAt)) {
    const before = depths.filter((call) => call.endedAt <= startedAt).map(({ depth }) => depth);
    depths.push({ endedAt, depth: 1 + Math.max(0, ...before) });
  }
  return Math.max(0, ...depths.map(({ depth }) => depth));
}

/** The user's sessions and statements, out of the server's log: its lines carry the process, which is the session. */
function sessionsOf(user: string, log: string): Pick<Counts, "connections" | "statements"> {
  const lines = [...log.matchAll(/^\S+ \S+ \S+ \[(\d+)\] LOG: {2}(.*(?:\n\t.*)*)$/gm)];
  const sessions = new Set(
    lines.filter(([, , text]) => text?.startsWith(`connection authorized: user=${user} `)).map(([, pid]) => pid),
  );
  const statements = lines
    .filter(([, pid]) => sessions.has(pid))
    .flatMap(([, , text = ""]) => /^(?:statement|execute [^:]*): ([\s\S]*)/.exec(text)?.[1] ?? []);
  return { connections: sessions.size, statements };
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
