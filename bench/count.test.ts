import assert from "node:assert/strict";
import { type Counts, countRotation } from "./count";
import { startBenchWorld } from "./world";

describe("countRotation", () => {
  let counts: Counts;

  before(async () => {
    // The one group for TLS key exchange that PostgreSQL 17 and earlier accept.
    const world = await startBenchWorld({ settings: { ssl_groups: "prime256v1" } });
    try {
      counts = await countRotation(world);
    } finally {
      await world.stop();
    }
  });

  it("when a secret is rotated, counts 12 calls to Secrets Manager in 6 sequential round trips", () => {
    assert.deepEqual(counts.calls, [
      ["DescribeSecret", "GetRandomPassword", "GetSecretValue"],
      ["PutSecretValue"],
      ["DescribeSecret", "GetSecretValue", "GetSecretValue"],
      ["DescribeSecret", "GetSecretValue"],
      ["DescribeSecret", "GetSecretValue"],
      ["UpdateSecretVersionStage"],
    ]);
  });

  it("when the process is warm, opens no new connection to Secrets Manager", () => {
    assert.equal(counts.service.connections, 0);
  });

  it("when a secret is rotated, counts 2 database connections with one statement each", () => {
    assert.equal(counts.sessions, 2);
    assert.equal(counts.database.connections, 2);
    const [change = "", test = ""] = counts.statements;
    assert.match(change, /ALTER ROLE %I PASSWORD/);
    assert.match(test, /SELECT 1$/);
  });

  it("when a secret is rotated, counts 7 round trips a connection: TCP, SSLRequest, TLS, startup, 2 of SCRAM, the statement", () => {
    assert.equal(counts.database.roundTrips, 14);
  });

  it("when a secret is rotated, counts bytes below the ceilings: signatures in certificates differ by some bytes", () => {
    const { database, service } = counts;
    // OpenSSL 3.5, in Node.js 22 and 24, adds an ML-KEM key of 1.2 KB to the first message of each login.
    assert.ok(database.bytesToServer < 11_500, `${database.bytesToServer} bytes to the database`);
    assert.ok(database.bytesToClient < 6_000, `${database.bytesToClient} bytes from the database`);
    assert.ok(service.bytesToServer < 20_000, `${service.bytesToServer} bytes to Secrets Manager`);
    assert.ok(service.bytesToClient < 10_000, `${service.bytesToClient} bytes from Secrets Manager`);
  });
});
