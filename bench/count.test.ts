import assert from "node:assert/strict";
import { rotationFunctionFiles } from "../build/bundle";
import { startPostgres } from "../emulators/postgres/postgres";
import { type Counts, countRotation, longestChain } from "./count";
import { stageFor } from "./stage";

describe("what a rotation asks for", () => {
  let counts: Counts;

  before(async () => {
    // Of the groups of TLS's key exchange this one knows what PostgreSQL up to 17 does.
    const postgres = await startPostgres({ settings: { ssl_groups: "prime256v1" } });
    const stage = await stageFor(postgres, {
      files: rotationFunctionFiles("us-east-1", postgres.ca),
      handler: "index.handler",
      environment: {},
      timeoutSeconds: 30,
      memorySize: 256,
      functionName: "count",
    });
    try {
      counts = await countRotation(stage);
    } finally {
      await stage.stop();
      await postgres.stop();
    }
  });

  it("takes 12 calls to Secrets Manager", () => {
    assert.deepEqual(counts.calls, {
      DescribeSecret: 4,
      GetRandomPassword: 1,
      GetSecretValue: 5,
      PutSecretValue: 1,
      UpdateSecretVersionStage: 1,
    });
  });

  it("makes 6 of them wait for another", () => {
    assert.equal(counts.sequentialCalls, 6);
  });

  it("opens at most three connections to Secrets Manager, and keeps them", () => {
    assert.equal(counts.service.connections, 0);
  });

  it("takes two connections to the database and a statement on each", () => {
    assert.equal(counts.connections, 2);
    assert.equal(counts.database.connections, 2);
    assert.deepEqual(
      counts.statements.map((statement) => statement.split(/\s/)[0]),
      ["DO", "SELECT"],
    );
  });

  it("takes six round trips for each connection: TCP, TLS, start-up, two of SCRAM, and the statement", () => {
    assert.equal(counts.roundTrips, 12);
  });

  it("sends and gets little: signatures in certificates differ by some bytes, so these are ceilings", () => {
    const { database, service } = counts;
    // Where OpenSSL knows ML-KEM, its key is 1.2 KB of each log-in's first message.
    assert.ok(database.bytesToServer < 6_000, `${database.bytesToServer} bytes to the database`);
    assert.ok(database.bytesToClient < 6_000, `${database.bytesToClient} bytes from the database`);
    assert.ok(service.bytesToServer < 20_000, `${service.bytesToServer} bytes to Secrets Manager`);
    assert.ok(service.bytesToClient < 10_000, `${service.bytesToClient} bytes from Secrets Manager`);
  });
});

describe("longestChain", () => {
  const call = (startedAt: number, endedAt: number) => ({ startedAt, endedAt });

  it("counts calls that overlap as one step, and calls that follow as another", () => {
    assert.equal(longestChain([call(0, 10), call(1, 11), call(2, 12)]), 1);
    assert.equal(longestChain([call(0, 10), call(1, 11), call(12, 20)]), 2);
    assert.equal(longestChain([call(0, 10), call(10, 20), call(20, 30)]), 3);
    assert.equal(longestChain([]), 0);
  });

  it("sees a call that waits for the first of two", () => {
    assert.equal(longestChain([call(0, 10), call(0, 30), call(11, 20), call(21, 29)]), 3);
  });
});
