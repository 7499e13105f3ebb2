import { countRotation } from "./count";
import type { Part } from "./part";

export const counts: Part = {
  name: "counts",
  title: "What a rotation asks for",
  async measure(bench) {
    bench.progress("counting one rotation");
    const found = await countRotation(await bench.stage());
    const { calls, sequentialCalls, connections, roundTrips, statements, database, service } = found;
    const bytes = ({ bytesToServer, bytesToClient }: typeof database): string =>
      `${bytesToServer.toLocaleString("en-US")} up, ${bytesToClient.toLocaleString("en-US")} down`;
    return {
      tables: [
        {
          head: ["one rotation, single-user", "count"],
          rows: [
            ["Secrets Manager calls", Object.values(calls).reduce((sum, count) => sum + count, 0)],
            ...Object.entries(calls).map(([operation, count]) => [`– ${operation}`, count] as const),
            ["of those one after another", sequentialCalls],
            ["database connections", connections],
            ["round trips to the database", roundTrips],
            ["SQL statements", statements.length],
            ["bytes to and from the database (TLS)", bytes(database)],
            ["bytes to and from Secrets Manager (HTTP, without TLS)", bytes(service)],
          ],
        },
      ],
      notes: [
        "All but the bytes is exact and checked by `npm test` (`bench/count.test.ts`): one call, connection, round trip or statement more turns it red. How many calls come one after another is found by holding each answer and looking at which calls overlap.",
      ],
      figures: { ...found, statements: statements.length },
    };
  },
};
