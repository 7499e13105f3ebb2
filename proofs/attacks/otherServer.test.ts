import assert from "node:assert/strict";
import { type RogueServer, startRogueServer } from "../../emulators/postgres/rogueServer";
import { sharedPostgres } from "../world/sharedPostgres";
import { adminStayedOut, bothWays, tryThrice } from "./outsider";
import { target, titleOf } from "./target";
import { together } from "./together";

describe("attack by a value that names another server", () => {
  let rogue: RogueServer;

  before(async () => {
    rogue = await startRogueServer({
      certificate: await (await sharedPostgres()).authority.issue({ hostnames: ["localhost"] }),
    });
  });
  after(() => rogue.close());
  afterEach(() => assert.equal(rogue.connections(), 0, "somebody connected to the other server"));

  const servers: Readonly<Record<string, () => Record<string, unknown>>> = {
    "another port": () => ({ port: rogue.port }),
    "another port in digits": () => ({ port: String(rogue.port) }),
    "another host": () => ({ host: "127.0.0.1", port: rogue.port }),
    "another host in clear": () => ({ host: "127.0.0.1", port: rogue.port, ssl: false }),
    "another host by another spelling": () => ({ host: "LOCALHOST.", port: rogue.port, ssl: "false" }),
  };
  for (const options of bothWays) {
    together(
      Object.fromEntries(
        Object.entries(servers).map(([what, changed]) => [
          `${what}, ${titleOf(options)}: TargetMismatch, and nobody connects`,
          async () => {
            const t = await target({ ...options, owner: false });
            await t.put(changed());

            const answer = await t.rotate();

            await adminStayedOut(t);
            assert.equal(answer.errorType, "TargetMismatch", answer.errorMessage);
          },
        ]),
      ),
    );

    it(`another port in the pending version, ${titleOf(options)}: nobody connects`, async () => {
      const t = await target({ ...options, owner: false });
      await t.register();
      await t.put({ username: options.strategy === "single-user" ? t.user : t.clone, port: rogue.port }, "AWSPENDING");

      const answer = await tryThrice(t);

      assert.equal(answer.ok, false);
    });

    it(`an admin secret with another port, ${titleOf(options)}: refused, and nobody connects`, async () => {
      const t = await target({
        ...options,
        owner: false,
        adminValue: { host: "localhost", port: rogue.port, engine: "postgres" },
      });

      const answer = await tryThrice(t);

      assert.equal(answer.ok, false);
    });

    it(`"ssl": false, ${titleOf(options)}: the administrator's session is not in clear`, async () => {
      const clear = await startRogueServer({});
      const t = await target({
        ...options,
        owner: false,
        value: { port: clear.port, ssl: false },
        tags: { "secrets-rotation:database": `localhost:${clear.port}` },
      });

      const answer = await tryThrice(t);

      assert.equal(answer.ok, false);
      assert.ok(!clear.seen().includes(t.admin.username), "the administrator's session began in clear");
      assert.ok(!clear.seen().includes("SCRAM-SHA-256$"), "a verifier went over the wire in clear");
      await clear.close();
    });
  }
});
