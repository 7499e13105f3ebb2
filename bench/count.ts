import type { Traffic } from "./delayProxy";
import { startNetwork } from "./network";
import type { Part } from "./part";
import type { BenchWorld } from "./world";

export const counts: Part = {
  name: "counts",
  title: "Calls, round trips and bytes",
  async measure({ world, progress }) {
    progress("counting one rotation");
    const found = await countRotation(await world());
    const { calls, database, service, statements } = found;
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
      figures: { ...found, statements: statements.length },
    };
  },
};

export type Counts = Awaited<ReturnType<typeof countRotation>>;

/**
 * What one rotation asks of its two servers: the second rotation of a secret, in a warm process. Apart from the bytes, it
 * does not depend on the machine.
 */
export async function countRotation(world: BenchWorld) {
  const { service, postgres } = world;
  const network = await startNetwork(world, 0);
  const secret = await world.addSecret(network.database.port);
  const fn = world.addFunction({ endpoint: network.endpoint });
  try {
    await world.rotate(secret, fn);
    for (const proxy of [network.service, network.database]) proxy.takeTraffic();
    const logged = (await postgres.completeLog()).length;
    const { calls, before } = callsMadeTogether();
    service.setHooks({ before: ({ operation }) => (operation === "RotateSecret" ? undefined : before(operation)) });
    await world.rotate(secret, fn);
    return {
      /** The calls to Secrets Manager: each inner list was made together, after the list before was answered. */
      calls,
      ...sessionsOf(secret.user, (await postgres.completeLog()).slice(logged)),
      database: network.database.takeTraffic(),
      /** HTTP, without TLS. */
      service: network.service.takeTraffic(),
    };
  } finally {
    service.setHooks();
    await fn.stop();
    await network.close();
  }
}

/** How many calls a rotation makes together. */
const expected = [3, 1, 3, 2, 2, 1];
/** Below the time limit of the function for one call, 5 seconds. */
const patienceMs = 4_000;

/**
 * Answers no call before all calls have arrived that are expected together with it, so that a slow machine changes
 * nothing. A call that is not joined by the others within the patience was made alone: the function has changed.
 */
function callsMadeTogether(): { calls: string[][]; before(operation: string): Promise<void> } {
  const calls: string[][] = [];
  let together: string[] = [];
  let answers: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  function answer(): void {
    clearTimeout(timer);
    calls.push(together.sort());
    for (const one of answers) one();
    [together, answers, timer] = [[], [], undefined];
  }
  return {
    calls,
    before(operation) {
      const answered = new Promise<void>((resolve) => answers.push(resolve));
      timer ??= setTimeout(answer, patienceMs);
      if (together.push(operation) === expected[calls.length]) answer();
      return answered;
    },
  };
}

/**
 * Sessions of the rotated user, and their statements, from PostgreSQL's log. Its lines carry the process ID, which identifies
 * the session.
 */
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
