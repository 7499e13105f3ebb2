import assert from "node:assert/strict";
import { PutSecretValueCommand, UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import { type PendingRotation, pendingRotation, randomPassword } from "../../proofs/world/pendingRotation";

let rotation: PendingRotation;

async function begin(secret: Record<string, unknown> = {}): Promise<PendingRotation> {
  rotation = await pendingRotation({ secret });
  return rotation;
}

afterEach(async () => {
  await rotation?.close();
});

describe("createSecret", () => {
  it("stores a new password of 32 characters as pending, and leaves the current version alone", async () => {
    const { take, read, login } = await begin();
    assert.equal(await take("createSecret"), "done");
    const pending = await read("AWSPENDING");
    assert.match(String(pending?.password), /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[-._])[A-Za-z0-9._-]{32}$/);
    assert.deepEqual({ ...pending, password: login.password }, await read("AWSCURRENT"));
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
  });

  it("keeps the password that it stored when it is repeated", async () => {
    const { take, read } = await begin();
    await take("createSecret");
    const first = await read("AWSPENDING");
    assert.equal(await take("createSecret"), "already done");
    assert.deepEqual(await read("AWSPENDING"), first);
  });

  it("does nothing for a version that is current already", async () => {
    const { take, read } = await begin();
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) await take(step);
    const before = await read("AWSCURRENT");
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) {
      assert.equal(await take(step), "already current");
    }
    assert.deepEqual(await read("AWSCURRENT"), before);
  });

  it("refuses a token that is no version of the secret", async () => {
    const { take, token } = await begin();
    const event = {
      step: "createSecret" as const,
      secretId: `db/${rotation.login.user}`,
      token: token.replace(/.$/, "x"),
    };
    await assert.rejects(take("createSecret", { event }), { code: "UnknownVersion" });
  });

  it("refuses a version that lost its pending label", async () => {
    const { take, client, token } = await begin();
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: `db/${rotation.login.user}`,
        VersionStage: "AWSPENDING",
        RemoveFromVersionId: token,
      }),
    );
    await assert.rejects(take("createSecret"), { code: /UnknownVersion|VersionNotPending/ });
  });
});

describe("setSecret", () => {
  it("makes the pending password the one that logs in, stored as a SCRAM verifier", async () => {
    const { take, logsIn, login, read } = await begin();
    await take("createSecret");
    assert.equal(await take("setSecret"), "done");
    assert.equal(await logsIn("AWSPENDING"), true);
    assert.equal(await logsIn("AWSCURRENT"), false);
    const password = String((await read("AWSPENDING"))?.password);
    assert.ok(!(await login.postgres.completeLog()).includes(password), "the password stands in PostgreSQL's log");
  });

  it("keeps the database as it is when the pending password already logs in", async () => {
    const { take, login } = await begin();
    await take("createSecret");
    await take("setSecret");
    const stored = async (): Promise<unknown> =>
      (await login.postgres.query(`SELECT rolpassword FROM pg_authid WHERE rolname = '${login.user}'`)).rows;
    const before = await stored();
    assert.equal(await take("setSecret"), "already done");
    assert.deepEqual(await stored(), before);
  });

  it("signs in with the previous password where the database never got the current one", async () => {
    const { take, login } = await begin();
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) await take(step);
    await login.postgres.query(`ALTER ROLE ${login.user} PASSWORD '${login.password}'`);
    await rotation.rotateAgain();
    await take("createSecret");
    assert.equal(await take("setSecret"), "done");
    assert.equal(await rotation.logsIn("AWSPENDING"), true);
  });

  /** As the console's Edit does in the midst of a rotation, when the database has the pending password already. */
  async function edit(change: object): Promise<void> {
    const SecretString = JSON.stringify({ ...(await rotation.read("AWSCURRENT")), ...change });
    await rotation.client.send(new PutSecretValueCommand({ SecretId: rotation.secretId, SecretString }));
  }

  it("when a value was stored by hand after it: the steps left fail, and the next rotation signs in and keeps the edit", async () => {
    const { take, takeAll, logsIn, read } = await begin();
    await take("createSecret");
    await take("setSecret");
    await edit({ note: "stored in the console" });
    for (const step of ["setSecret", "testSecret", "finishSecret"] as const) {
      await assert.rejects(take(step), { code: "UnknownVersion", message: /lost its staging labels/ });
    }
    assert.deepEqual([await logsIn("AWSCURRENT"), await logsIn("AWSPREVIOUS")], [false, false]);

    await rotation.rotateAgain();
    await takeAll();

    assert.equal(await logsIn("AWSCURRENT"), true);
    assert.equal((await read("AWSCURRENT"))?.note, "stored in the console");
  });

  it("when several versions have lost their labels, tries the newest five of the user", async () => {
    const { take, logsIn, client, login, secretId, read } = await begin();
    const store = async (...values: object[]): Promise<void> => {
      for (const value of values) {
        const SecretString = JSON.stringify({ ...(await read("AWSCURRENT")), ...value });
        await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString }));
      }
    };
    const password = randomPassword();
    const wrong = () => ({ password: randomPassword() });
    // The last two are AWSCURRENT and AWSPREVIOUS.
    await store(
      { password },
      wrong(),
      { ...wrong(), username: "another" },
      wrong(),
      { username: login.user, ...wrong() },
      wrong(),
      wrong(),
    );
    await login.postgres.query(`ALTER ROLE ${login.user} PASSWORD '${password}'`);
    await rotation.rotateAgain();
    await take("createSecret");
    assert.equal(await take("setSecret"), "done");
    assert.equal(await logsIn("AWSPENDING"), true);

    await store(wrong(), wrong());
    await login.postgres.query(`ALTER ROLE ${login.user} PASSWORD '${password}'`);
    await rotation.rotateAgain();
    await take("createSecret");
    await assert.rejects(take("setSecret"), { code: "LoginRefused" });
  });

  it("says that no labelled password logs in, and changes nothing", async () => {
    const { take, login } = await begin();
    await login.postgres.query(`ALTER ROLE ${login.user} PASSWORD '${randomPassword()}'`);
    await take("createSecret");
    await assert.rejects(take("setSecret"), {
      code: "LoginRefused",
      message: new RegExp(`refuses ${login.user} with the passwords of AWSCURRENT and AWSPENDING`),
    });
  });

  it("sends the password itself only when that is asked for", async () => {
    const { take, logsIn } = await begin();
    await take("createSecret");
    await take("setSecret", { passwordForm: "plaintext" });
    assert.equal(await logsIn("AWSPENDING"), true);
  });

  for (const [what, pending, says] of [
    ["half-written JSON", '{"username":"x","password":', /AWSPENDING version is not valid JSON/],
    ["another user", { username: "postgres" }, /differs from AWSCURRENT.* in `username`/],
    ["another host", { host: "elsewhere" }, /differs from AWSCURRENT.* in `host`/],
    ["another port", { port: 1 }, /differs from AWSCURRENT.* in `port`/],
    ["a key that someone has changed in AWSCURRENT", { note: "as it was" }, /differs from AWSCURRENT.* in `note`/],
    ["a password that is not ASCII", { password: "p\u00e4ssword" }, /`password` must be printable ASCII/],
    ["no password", { password: "" }, /`password` must be/],
  ] as const) {
    it(`refuses a pending version with ${what} before it touches the database`, async () => {
      const { take, putPending, logsIn } = await begin();
      await putPending(pending);
      await assert.rejects(take("setSecret"), { code: "InvalidPending", message: says });
      assert.equal(await logsIn("AWSCURRENT"), true);
    });
  }

  it("never takes an unreachable database for a wrong password", async () => {
    const { take } = await begin({ port: 1 });
    await take("createSecret");
    await assert.rejects(take("setSecret"), { code: "DatabaseUnreachable", message: /localhost:1\// });
  });

  it("refuses a host that the server's certificate does not name", async () => {
    const { take, login } = await begin({ host: "127.1" });
    await take("createSecret");
    await assert.rejects(take("setSecret"), { code: "TlsUntrusted", message: /127\.1/ });
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
    assert.ok(login.postgres.port > 0);
  });

  it("waits for a pending value that its reads do not show yet", async () => {
    const { take, service, logsIn } = await begin();
    await take("createSecret");
    let stale = 2;
    service.setHooks({
      before: ({ operation, body }) =>
        operation === "GetSecretValue" && body.VersionStage === "AWSPENDING" && stale-- > 0
          ? { kind: "error", type: "ResourceNotFoundException", message: "not yet" }
          : undefined,
    });
    assert.equal(await take("setSecret"), "done");
    assert.equal(await logsIn("AWSPENDING"), true);
  });

  it("says that the pending version has no value, when it has none", async () => {
    const { take } = await begin();
    await assert.rejects(take("setSecret"), { code: "PendingValueMissing" });
  });
});

describe("testSecret", () => {
  it("passes when the pending password logs in", async () => {
    const { take } = await begin();
    await take("createSecret");
    await take("setSecret");
    assert.equal(await take("testSecret"), "done");
  });

  it("fails when the pending password does not log in", async () => {
    const { take } = await begin();
    await take("createSecret");
    await assert.rejects(take("testSecret"), { code: "LoginRefused", message: /logging in with AWSPENDING/ });
  });

  for (const testVersionHasValue of [true, false]) {
    const value = testVersionHasValue ? "the current value" : "no value";
    it(`with RotateImmediately false, tests the current credentials where its version has ${value}`, async () => {
      const { login, service, testRotation } = await begin();
      service.setRules({ testVersionHasValue });
      assert.deepEqual(await testRotation(), ["done"]);
      await login.postgres.query(`ALTER ROLE ${login.user} PASSWORD '${randomPassword()}'`);
      assert.deepEqual(await testRotation(), ["LoginRefused"]);
    });
  }
});

describe("finishSecret", () => {
  it("moves AWSCURRENT to the new version and AWSPREVIOUS to the old one", async () => {
    const { take, labels, token, logsIn } = await begin();
    const before = labels().AWSCURRENT;
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) await take(step);
    assert.deepEqual([labels().AWSCURRENT, labels().AWSPREVIOUS], [token, before]);
    assert.ok([token, undefined].includes(labels().AWSPENDING));
    assert.equal(await logsIn("AWSCURRENT"), true);
    assert.equal(await logsIn("AWSPREVIOUS"), false);
  });

  it("never promotes a version without a value", async () => {
    const { take, labels, token } = await begin();
    await assert.rejects(take("finishSecret"), { code: "PendingValueMissing" });
    assert.notEqual(labels().AWSCURRENT, token);
  });
});

describe("a whole rotation", () => {
  it("gets through where every read lags behind every write", async () => {
    const { service, takeAll, logsIn } = await begin();
    service.setRules({ readLagMs: 150 });
    for (let rotations = 0; rotations < 2; rotations++) {
      await rotation.rotateAgain();
      await takeAll();
    }
    service.setRules();
    assert.deepEqual([await logsIn("AWSCURRENT"), await logsIn("AWSPREVIOUS")], [true, false]);
  });

  it("takes 12 calls to Secrets Manager in 6 sequential round trips", async () => {
    const { take, service } = await begin();
    const before = service.calls.length;
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) await take(step);
    const calls = service.calls.slice(before);
    assert.deepEqual(
      calls.map(({ operation }) => operation).sort(),
      [
        ...Array(4).fill("DescribeSecret"),
        ...Array(5).fill("GetSecretValue"),
        "GetRandomPassword",
        "PutSecretValue",
        "UpdateSecretVersionStage",
      ].sort(),
    );
  });
});
