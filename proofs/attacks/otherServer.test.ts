import assert from "node:assert/strict";
import { type RogueServer, startRogueServer } from "../../emulators/postgres/rogueServer";
import { concurrentTests } from "../mocha/concurrentTests";
import { sharedPostgres } from "../world/sharedPostgres";
import { assertAdminNotLoggedIn, rotateThreeTimes } from "./assertions";
import { type AttackTarget, type AttackTargetOptions, bothStrategies, target, titleOf } from "./target";

/** Runs a test with another server that has a trusted certificate. Asserts that nothing connects to it. */
async function withOtherServer(test: (other: RogueServer) => Promise<void>): Promise<void> {
  const { authority } = await sharedPostgres();
  const otherServer = await startRogueServer({
    certificate: await authority.issue({ hostnames: ["localhost", "127.0.0.1"] }),
  });
  try {
    await test(otherServer);
    assert.equal(otherServer.connections(), 0, "the function connected to the other server");
  } finally {
    await otherServer.close();
  }
}

const changedValues: Readonly<Record<string, (port: number) => Record<string, unknown>>> = {
  "another port": (port) => ({ port }),
  "another port in digits": (port) => ({ port: String(port) }),
  "another host": (port) => ({ host: "127.0.0.1", port }),
  "another host in clear": (port) => ({ host: "127.0.0.1", port, ssl: false }),
  "another host by another spelling": (port) => ({ host: "LOCALHOST.", port, ssl: "false" }),
};

/** Other places that can name a server. */
const otherSources: Readonly<Record<string, (options: AttackTargetOptions, port: number) => Promise<AttackTarget>>> = {
  "another port in the pending version": async (options, port) => {
    const t = await target(options);
    await t.register();
    await t.secret.put(
      { username: options.strategy === "single-user" ? t.user : t.clone, port },
      ["AWSPENDING"],
      t.secret.token,
    );
    return t;
  },
  "an admin secret with another port": (options, port) =>
    target({ ...options, adminValue: { host: "localhost", port, engine: "postgres" } }),
};

describe("attack by a value that names another server", () =>
  concurrentTests((test) => {
    for (const options of bothStrategies) {
      for (const [what, changed] of Object.entries(changedValues)) {
        test(`${what}, ${titleOf(options)}: TargetMismatch, without a connection`, () =>
          withOtherServer(async ({ port }) => {
            const t = await target({ ...options, owner: false });
            await t.secret.put(changed(port));

            const answer = await t.rotate();

            await assertAdminNotLoggedIn(t);
            assert.equal(answer.errorType, "TargetMismatch", answer.errorMessage);
          }));
      }

      for (const [what, prepare] of Object.entries(otherSources)) {
        test(`${what}, ${titleOf(options)}: refused, without a connection`, () =>
          withOtherServer(async ({ port }) => {
            const t = await prepare({ ...options, owner: false }, port);

            const answer = await rotateThreeTimes(t);

            assert.equal(answer.ok, false);
          }));
      }

      test(`"ssl": false, ${titleOf(options)}: the administrator does not log in without TLS`, async () => {
        const plaintextServer = await startRogueServer({});
        const t = await target({
          ...options,
          owner: false,
          value: { port: plaintextServer.port, ssl: false },
          tags: { "secrets-rotation:database": `localhost:${plaintextServer.port}` },
        });

        const answer = await rotateThreeTimes(t);

        await plaintextServer.close();
        assert.equal(answer.ok, false);
        assert.ok(!plaintextServer.seen().includes(t.admin.username), "the administrator logged in without TLS");
        assert.ok(!plaintextServer.seen().includes("SCRAM-SHA-256$"), "a verifier was sent without TLS");
      });
    }
  }));
