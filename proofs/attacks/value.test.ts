import assert from "node:assert/strict";
import { type RogueServer, startRogueServer } from "../../emulators/postgres/rogueServer";
import { sharedPostgres } from "../world/sharedPostgres";
import { nothingGained } from "./gain";
import { type Answer, managed, password, type Target, type TargetOptions, target, titleOf } from "./target";

const both = [managed[1], managed[2]] as const;

/** Rotates three times, whatever comes of it. @returns the answer of the last */
async function tryThrice(t: Target): Promise<Answer> {
  await t.rotate();
  await t.rotate();
  return t.rotate();
}

/** As the server's log has it, the administrator did not sign in. */
async function adminStayedOut({ postgres, admin }: Target): Promise<void> {
  const log = await postgres.completeLog();
  assert.ok(!log.includes(`connection authorized: user=${admin.username}`), "the administrator signed in");
}

describe("attack by a value that names another user", () => {
  const others: Readonly<Record<string, (t: Target) => string>> = {
    "another user": ({ victim }) => victim,
    "the administrator itself": ({ admin }) => admin.username,
    "a superuser": ({ id }) => `boss_${id}`,
    "the clone of the clone": ({ clone }) => `${clone}_clone`,
    "the user in capitals": ({ user }) => user.toUpperCase(),
    "the user with a blank": ({ user }) => `${user} `,
    "the user with an invisible character": ({ user }) => `${user}\u200b`,
  };
  for (const options of both) {
    for (const [who, nameOf] of Object.entries(others)) {
      it(`${who}, ${titleOf(options)}: TargetMismatch before a connection, and no password is changed`, async () => {
        const t = await target({ ...options, owner: false });
        await t.sql(`CREATE ROLE boss_${t.id} LOGIN SUPERUSER PASSWORD 'b'`);
        const gainedNothing = await nothingGained(t);
        await t.put({ username: nameOf(t) });

        const answer = await tryThrice(t);

        await gainedNothing();
        await adminStayedOut(t);
        assert.equal(answer.errorType, "TargetMismatch", answer.errorMessage);
      });
    }

    it(`a user named as the clone that is somebody else, ${titleOf(options)}: its password is not changed`, async () => {
      const t = await target({ ...options, owner: false });
      const theirs = password();
      await t.sql(`CREATE ROLE ${t.clone} LOGIN PASSWORD '${theirs}'`);
      await t.sql(`GRANT ${t.clone} TO ${t.admin.username} WITH ADMIN OPTION`);
      const gainedNothing = await nothingGained(t);
      await t.put({ username: t.clone, password: theirs });

      await tryThrice(t);

      await gainedNothing();
      assert.equal(await t.postgres.canLogIn(t.clone, theirs), true);
    });

    it(`another user in the pending version, ${titleOf(options)}: no password is changed`, async () => {
      const t = await target({ ...options, owner: false });
      const gainedNothing = await nothingGained(t);
      await t.register();
      await t.put({ username: t.victim, password: password() }, "AWSPENDING");

      const answer = await tryThrice(t);

      await gainedNothing();
      assert.equal(answer.ok, false);
    });
  }

  it("the tag names x_clone, and x is another user, alternating-users: x keeps its password", async () => {
    const postgres = await sharedPostgres();
    const base = `x_${Math.random().toString(36).slice(2, 10)}`;
    const theirs = password();
    await postgres.query(`CREATE ROLE ${base} LOGIN PASSWORD '${theirs}'`);
    const t = await target({ ...managed[3], user: `${base}_clone`, owner: false });
    const gainedNothing = await nothingGained(t);

    await tryThrice(t);

    assert.equal(await postgres.canLogIn(base, theirs), true);
    await gainedNothing();
  });

  for (const options of both) {
    it(`the tag names the administrator itself, ${titleOf(options)}: refused, and its password is not changed`, async () => {
      const t = await target({ ...options, owner: false });
      const own = await target({
        ...options,
        user: `self_${t.id}`,
        owner: false,
        tags: { "secrets-rotation:username": `adm_${t.id}` },
        value: { ...t.admin },
        adminValue: { ...t.admin },
      });
      const gainedNothing = await nothingGained(t);

      const answer = await tryThrice(own);

      await gainedNothing();
      assert.equal(answer.ok, false);
    });
  }

  const stronger: Readonly<Record<string, string>> = {
    SUPERUSER: "SUPERUSER",
    "CREATEROLE, and with ADMIN OPTION on the administrator": "CREATEROLE",
  };
  for (const [what, attribute] of Object.entries(stronger)) {
    it(`the user is ${what}, alternating-users with a CREATEROLE administrator: refused, and there is no clone`, async () => {
      const t = await target({ ...managed[2], owner: false });
      await t.sql(`ALTER ROLE ${t.user} ${attribute}; GRANT ${t.admin.username} TO ${t.user} WITH ADMIN OPTION`).catch(
        // From 16 on, two roles can't have each other.
        () => t.sql(`ALTER ROLE ${t.user} ${attribute}`),
      );
      const gainedNothing = await nothingGained(t);

      const answer = await tryThrice(t);

      if (attribute === "SUPERUSER") assert.equal(answer.ok, false);
      await gainedNothing();
      if (attribute === "SUPERUSER") {
        assert.deepEqual(await t.sql(`SELECT FROM pg_roles WHERE rolname = '${t.clone}' AND rolcanlogin`), []);
      }
    });
  }
});

describe("attack by a value that names another server", () => {
  let rogue: RogueServer;

  beforeEach(async () => {
    rogue = await startRogueServer({
      certificate: await (await sharedPostgres()).authority.issue({ hostnames: ["localhost"] }),
    });
  });
  afterEach(() => rogue.close());

  const servers: Readonly<Record<string, () => Record<string, unknown>>> = {
    "another port": () => ({ port: rogue.port }),
    "another port in digits": () => ({ port: String(rogue.port) }),
    "another host": () => ({ host: "127.0.0.1", port: rogue.port }),
    "another host in clear": () => ({ host: "127.0.0.1", port: rogue.port, ssl: false }),
    "another host by another spelling": () => ({ host: "LOCALHOST.", port: rogue.port, ssl: "false" }),
  };
  for (const options of both) {
    for (const [what, changed] of Object.entries(servers)) {
      it(`${what}, ${titleOf(options)}: TargetMismatch, and nobody connects`, async () => {
        const t = await target({ ...options, owner: false });
        await t.put(changed());

        const answer = await tryThrice(t);

        assert.equal(rogue.connections(), 0);
        await adminStayedOut(t);
        assert.equal(answer.errorType, "TargetMismatch", answer.errorMessage);
      });
    }

    it(`another port in the pending version, ${titleOf(options)}: nobody connects`, async () => {
      const t = await target({ ...options, owner: false });
      await t.register();
      await t.put({ username: options.strategy === "single-user" ? t.user : t.clone, port: rogue.port }, "AWSPENDING");

      const answer = await tryThrice(t);

      assert.equal(rogue.connections(), 0);
      assert.equal(answer.ok, false);
    });

    it(`an admin secret with another port, ${titleOf(options)}: refused, and nobody connects`, async () => {
      const t = await target({
        ...options,
        owner: false,
        adminValue: { host: "localhost", port: rogue.port, engine: "postgres" },
      });

      const answer = await tryThrice(t);

      assert.equal(rogue.connections(), 0);
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

describe("attack by tags that are gone", () => {
  const gone: Readonly<Record<string, readonly string[]>> = {
    "all of them": ["strategy", "admin-secret", "username", "database"],
    "all but the administrator": ["strategy", "username", "database"],
    "the strategy": ["strategy"],
    "the username": ["username"],
    "the database": ["database"],
    "the username and the database": ["username", "database"],
  };
  for (const options of both) {
    for (const [what, names] of Object.entries(gone)) {
      it(`${what}, masterarn in the value, and another user's name, ${titleOf(options)}: no administrator comes in`, async () => {
        const tags = Object.fromEntries(names.map((name) => [`secrets-rotation:${name}`, undefined]));
        const t = await target({ ...options, owner: false, tags });
        const gainedNothing = await nothingGained(t);
        await t.put({ masterarn: t.adminSecretId, username: t.victim });

        const answer = await tryThrice(t);

        await adminStayedOut(t);
        await gainedNothing();
        assert.equal(answer.ok, false);
      });
    }

    it(`the administrator, ${titleOf(options)}: no administrator comes in by masterarn`, async () => {
      const t = await target({ ...options, owner: false, tags: { "secrets-rotation:admin-secret": undefined } });
      const gainedNothing = await nothingGained(t);
      await t.put({ masterarn: t.adminSecretId });

      await tryThrice(t);

      await adminStayedOut(t);
      await gainedNothing();
    });
  }

  it("all of them, in a secret that never had an administrator: the user changes its own password", async () => {
    const tags = {
      "secrets-rotation:strategy": undefined,
      "secrets-rotation:username": undefined,
      "secrets-rotation:database": undefined,
    };
    const t = await target({ owner: false, tags });

    assert.deepEqual(await t.rotate(), { ok: true });

    assert.equal(await t.logsIn("AWSCURRENT"), true);
    await adminStayedOut(t);
  });

  it("masterarn in a secret without an administrator, by another's ARN: no administrator comes in, and nobody gains anything", async () => {
    const other: TargetOptions = { ...managed[3], owner: false };
    const [t, admin] = [await target({ owner: false }), await target(other)];
    const gainedNothing = await nothingGained(admin);
    await t.put({ masterarn: admin.adminSecretId, username: admin.user });

    await tryThrice(t);

    await adminStayedOut(admin);
    await gainedNothing();
  });

  it("all of an alternating user's, while the clone is current: the user's own rights stay as they are", async () => {
    const t = await target({ ...managed[2], owner: false });
    await t.rotate();
    const gainedNothing = await nothingGained(t);
    await t.untag(["strategy", "admin-secret", "username", "database"]);

    await tryThrice(t);

    await gainedNothing();
    assert.equal(await t.logsIn("AWSCURRENT"), true);
  });
});
