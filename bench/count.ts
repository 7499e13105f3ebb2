import type { Traffic } from "./delayProxy";
import { startNetwork } from "./network";
import type { Part } from "./part";
import type { BenchWorld } from "./world";

export const counts: Part = {
  name: "counts",
  title: "Calls, round trips and bytes",
  async measure({ world, progress }) {
    progress("counting one rotation");
    const counted = await countRotation(await world());
    const { calls, database, service, statements } = counted;
    const names = calls.flat().sort();
    const bytes = ({ bytesToServer, bytesToClient }: Traffic): string =>
      `${bytesToServer.toLocaleString("en-US")} up, ${bytesToClient.toLocaleString("en-US")} down`;
    return {
      table: {
        head: ["one rotation, `single-user`", "count"],
        rows: [
          ["calls to Secrets Manager", names.length],
          ...[...new Set(names)].map((name) => [`– ${name}`, names.filter((other) => other === name).length] as const),
          ["sequential round trips to Secrets Manager", calls.length],
          ["database connections", database.connections],
          ["round trips to the database", database.roundTrips],
          ["SQL statements", statements.length],
          ["bytes, database (TLS)", bytes(database)],
          ["bytes, Secrets Manager (without TLS)", bytes(service)],
        ],
      },
      note: "`bench/count.test.ts` checks these counts, and the bytes against a ceiling.",
      figures: { ...counted, statements: statements.length },
    };
  },
};

export type Counts = Awaited<ReturnType<typeof countRotation>>;

/**
 * Counts the calls, connections, statements and bytes of one rotation: the second rotation of a secret, in a warm
 * process. Only the bytes depend on the machine.
 */
export async function countRotation(world: BenchWorld) {
  const { service, postgres } = world;
  const network = await startNetwork(world, 0);
  const secret = await world.addSecret(network.database.port);
  const fn = world.addFunction({ endpoint: network.endpoint });
  try {
    await world.rotate(secret, fn);
    for (const proxy of [network.service, network.database]) proxy.resetTraffic();
    const logStart = (await postgres.completeLog()).length;
    const { calls, before } = recordConcurrentCalls();
    service.setHooks({ before: ({ operation }) => (operation === "RotateSecret" ? undefined : before(operation)) });
    await world.rotate(secret, fn);
    return {
      /** The calls to Secrets Manager in groups: concurrent calls, which follow the answers of the group before. */
      calls,
      ...sessionsOf(secret.user, (await postgres.completeLog()).slice(logStart)),
      database: network.database.resetTraffic(),
      /** HTTP, without TLS. */
      service: network.service.resetTraffic(),
    };
  } finally {
    service.setHooks();
    await fn.stop();
    await network.close();
  }
}

/** The number of concurrent calls in each group of a rotation. */
const expectedGroupSizes = [3, 1, 3, 2, 2, 1];
/** Below the time limit of the function for one call, 5 seconds. */
const maxWaitMs = 4_000;

/**
 * Answers a call only when its whole group has arrived, so that the speed of the machine does not change the groups. If
 * calls of a group do not arrive in time, closes the group without them: the function has changed.
 */
function recordConcurrentCalls(): { calls: string[][]; before(operation: string): Promise<void> } {
  const calls: string[][] = [];
  let group: string[] = [];
  let releaseGroup: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  function closeGroup(): void {
    clearTimeout(timer);
    calls.push(group.sort());
    for (const one of releaseGroup) one();
    [group, releaseGroup, timer] = [[], [], undefined];
  }
  return {
    calls,
    before(operation) {
      const answered = new Promise<void>((resolve) => releaseGroup.push(resolve));
      timer ??= setTimeout(closeGroup, maxWaitMs);
      if (group.push(operation) === expectedGroupSizes[calls.length]) closeGroup();
      return answered;
    },
  };
}

/** Finds the sessions of the rotated user and their statements in PostgreSQL's log, by the process ID in each line. */
function sessionsOf(user: string, log: string) {
  const lines = [...log.matchAll(/^\S+ \S+ \S+ \[(\d+)\] LOG: {2}(.*(?:\n\t.*)*)$/gm)];
  const sessions = new Set(
    lines.filter(([, , text]) => text?.startsWith(`connection authorized: user=${user} `)).map(([, pid]) => pid),
  );
  const statements = lines
    .filter(([, pid]) => sessions.has(pid))
    .flatMap(([, , text = ""]) => /^(?:statement|execute [^:]*): ([\s\S]*)/.exec(text)?.[1] ?? []);
  return { sessions: sessions.size, statements };
}
