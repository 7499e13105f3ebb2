import assert from "node:assert/strict";
import { type RogueServer, startRogueServer } from "../../emulators/postgres/rogueServer";
import { sharedPostgres } from "../world/sharedPostgres";
import { adminStayedOut, bothWays, tryThrice } from "./outsider";
import { type Target, type TargetOptions, target, titleOf } from "./target";
import { together } from "./together";

/** Another server, with a certificate that the function trusts; nobody is to connect to it. */
async function withOther(test: (other: RogueServer) => Promise<void>): Promise<void> {
  const { authority } = await sharedPostgres();
  const other = await startRogueServer({
    certificate: await authority.issue({ hostnames: ["localhost", "127.0.0.1"] }),
  });
  try {
    await test(other);
    assert.equal(other.connections(), 0, "somebody connected to the other server");
  } finally {
    await other.close();
  }
}

const differing: Readonly<Record<string, (port: number) => Record<string, unknown>>> = {
  "another port": (port) => ({ port }),
  "another port in digits": (port) => ({ port: String(port) }),
  "another host": (port) => ({ host: "127.0.0.1", port }),
  "another host in clear": (port) => ({ host: "127.0.0.1", port, ssl: false }),
  "another host by another spelling": (port) => ({ host: "LOCALHOST.", port, ssl: "false" }),
};

/** Other places in which a server can be named. */
const elsewhere: Readonly<Record<string, (options: TargetOptions, port: number) => Promise<Target>>> = {
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
  together((test) => {
    for (const options of bothWays) {
      for (const [what, changed] of Object.entries(differing)) {
        test(`${what}, ${titleOf(options)}: TargetMismatch, and nobody connects`, () =>
          withOther(async ({ port }) => {
            const t = await target({ ...options, owner: false });
            await t.secret.put(changed(port));

            const answer = await t.rotate();

            await adminStayedOut(t);
            assert.equal(answer.errorType, "TargetMismatch", answer.errorMessage);
          }));
      }

      for (const [what, prepare] of Object.entries(elsewhere)) {
        test(`${what}, ${titleOf(options)}: refused, and nobody connects`, () =>
          withOther(async ({ port }) => {
            const t = await prepare({ ...options, owner: false }, port);

            const answer = await tryThrice(t);

            assert.equal(answer.ok, false);
          }));
      }

      test(`"ssl": false, ${titleOf(options)}: the administrator's session is not in clear`, async () => {
        const clear = await startRogueServer({});
        const t = await target({
          ...options,
          owner: false,
          value: { port: clear.port, ssl: false },
          tags: { "secrets-rotation:database": `localhost:${clear.port}` },
        });

        const answer = await tryThrice(t);

        await clear.close();
        assert.equal(answer.ok, false);
        assert.ok(!clear.seen().includes(t.admin.username), "the administrator's session began in clear");
        assert.ok(!clear.seen().includes("SCRAM-SHA-256$"), "a verifier went over the wire in clear");
      });
    }
  }));
