import assert from "node:assert/strict";
import {
  CancelRotateSecretCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { type PendingRotation, pendingRotation } from "../../proofs/world/pendingRotation";
import { freshLogin, randomPassword } from "../../proofs/world/sharedPostgres";

let rotation: PendingRotation;

async function begin(secret: Record<string, unknown> = {}): Promise<PendingRotation> {
  rotation = await pendingRotation({ secret });
  return rotation;
}

afterEach(async () => {
  await rotation?.close();
});

describe("createSecret", () => {
  it("stores a new password of 32 characters as AWSPENDING, and does not change AWSCURRENT", async () => {
    const { runStep, read, login } = await begin();
    assert.equal(await runStep("createSecret"), "done");
    const pending = await read("AWSPENDING");
    assert.match(String(pending?.password), /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[-._])[A-Za-z0-9._-]{32}$/);
    assert.deepEqual({ ...pending, password: login.password }, await read("AWSCURRENT"));
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
  });

  it("when repeated, keeps the password that it has stored", async () => {
    const { runStep, read } = await begin();
    await runStep("createSecret");
    const first = await read("AWSPENDING");
    assert.equal(await runStep("createSecret"), "already done");
    assert.deepEqual(await read("AWSPENDING"), first);
  });

  it("when another key is a URL of the user, stores it with the new password, and the rotation succeeds", async () => {
    const login = await freshLogin();
    const url = (password: unknown): string => `postgresql://${login.user}:${password}@reader.example.com/shop`;
    rotation = await pendingRotation({ login, secret: { url: url(login.password) } });
    const { runSteps, read } = rotation;
    await runSteps();
    const current = await read("AWSCURRENT");
    assert.deepEqual([current?.url, rotation.warnings], [url(current?.password), []]);
  });

  it("when another key contains the old password and cannot be rewritten, warns with its name and without its value", async () => {
    const login = await freshLogin();
    const note = `the password is ${login.password}.`;
    rotation = await pendingRotation({ login, secret: { team: { note } } });
    const { runStep, read } = rotation;
    await runStep("createSecret");
    assert.deepEqual((await read("AWSPENDING"))?.team, { note });
    assert.match(rotation.warnings.join(), /the old password is still in team\.note/);
    assert.ok(!rotation.warnings.join().includes(login.password));
  });

  it("when the version is already AWSCURRENT, changes nothing", async () => {
    const { runStep, read } = await begin();
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) await runStep(step);
    const before = await read("AWSCURRENT");
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) {
      assert.equal(await runStep(step), "already current");
    }
    assert.deepEqual(await read("AWSCURRENT"), before);
  });

  it("when the token is no version of the secret, throws UnknownVersion", async () => {
    const { runStep, token } = await begin();
    const event = {
      step: "createSecret" as const,
      secretId: `db/${rotation.login.user}`,
      token: token.replace(/.$/, "x"),
    };
    await assert.rejects(runStep("createSecret", { event }), { code: "UnknownVersion" });
  });

  it("when the version has lost AWSPENDING, fails", async () => {
    const { runStep, client, token } = await begin();
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: `db/${rotation.login.user}`,
        VersionStage: "AWSPENDING",
        RemoveFromVersionId: token,
      }),
    );
    await assert.rejects(runStep("createSecret"), { code: /UnknownVersion|VersionNotPending/ });
  });
});

describe("setSecret", () => {
  it("makes AWSPENDING log in and AWSCURRENT not, and PostgreSQL's log has no password", async () => {
    const { runStep, logsIn, login, read } = await begin();
    await runStep("createSecret");
    assert.equal(await runStep("setSecret"), "done");
    assert.equal(await logsIn("AWSPENDING"), true);
    assert.equal(await logsIn("AWSCURRENT"), false);
    const password = String((await read("AWSPENDING"))?.password);
    assert.ok(!(await login.postgres.completeLog()).includes(password), "the password is in PostgreSQL's log");
  });

  it("when the pending password already logs in, does not change the database", async () => {
    const { runStep, login } = await begin();
    await runStep("createSecret");
    await runStep("setSecret");
    const stored = async (): Promise<unknown> =>
      (await login.postgres.query(`SELECT rolpassword FROM pg_authid WHERE rolname = '${login.user}'`)).rows;
    const before = await stored();
    assert.equal(await runStep("setSecret"), "already done");
    assert.deepEqual(await stored(), before);
  });

  it("when the database never got the current password, logs in with the previous one", async () => {
    const { runStep, login } = await begin();
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) await runStep(step);
    await login.postgres.query(`ALTER ROLE ${login.user} PASSWORD '${login.password}'`);
    await rotation.rotateAgain();
    await runStep("createSecret");
    assert.equal(await runStep("setSecret"), "done");
    assert.equal(await rotation.logsIn("AWSPENDING"), true);
  });

  /** As the console's Edit does during a rotation, when the database already has the pending password. */
  async function edit(change: object): Promise<void> {
    const SecretString = JSON.stringify({ ...(await rotation.read("AWSCURRENT")), ...change });
    await rotation.client.send(new PutSecretValueCommand({ SecretId: rotation.secretId, SecretString }));
  }

  it("when a value is stored by hand afterwards, the remaining steps fail, and the next rotation keeps the edit", async () => {
    const { runStep, runSteps, logsIn, read } = await begin();
    await runStep("createSecret");
    await runStep("setSecret");
    await edit({ note: "stored in the console" });
    for (const step of ["setSecret", "testSecret", "finishSecret"] as const) {
      await assert.rejects(runStep(step), { code: "UnknownVersion", message: /lost its staging labels/ });
    }
    assert.deepEqual([await logsIn("AWSCURRENT"), await logsIn("AWSPREVIOUS")], [false, false]);

    await rotation.rotateAgain();
    await runSteps();

    assert.equal(await logsIn("AWSCURRENT"), true);
    assert.equal((await read("AWSCURRENT"))?.note, "stored in the console");
  });

  it("when several versions have lost their labels, tries the newest five of the user", async () => {
    const { runStep, logsIn, client, login, secretId, read } = await begin();
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
    await runStep("createSecret");
    assert.equal(await runStep("setSecret"), "done");
    assert.equal(await logsIn("AWSPENDING"), true);

    await store(wrong(), wrong());
    await login.postgres.query(`ALTER ROLE ${login.user} PASSWORD '${password}'`);
    await rotation.rotateAgain();
    await runStep("createSecret");
    await assert.rejects(runStep("setSecret"), { code: "LoginRefused" });
  });

  for (const [what, previous] of [
    ["is not JSON", () => "not JSON"],
    ["is for another user", (value: object) => JSON.stringify({ ...value, username: "another" })],
  ] as const) {
    it(`when AWSPREVIOUS ${what}, tries the versions without a label, and does not say that it was refused`, async () => {
      const { runStep, login, client, read, secretId: SecretId } = await begin();
      const value = { ...(await read("AWSCURRENT")) };
      const wrong = JSON.stringify({ ...value, password: randomPassword() });
      for (const SecretString of [previous(value), wrong])
        await client.send(new PutSecretValueCommand({ SecretId, SecretString }));
      await rotation.rotateAgain();
      await runStep("createSecret");
      assert.equal(await runStep("setSecret"), "done");

      await login.postgres.query(`ALTER ROLE ${login.user} PASSWORD '${randomPassword()}'`);
      await rotation.rotateAgain();
      await runStep("createSecret");
      const message = /with the passwords of AWSCURRENT and AWSPENDING \(/;
      await assert.rejects(runStep("setSecret"), { code: "LoginRefused", message });
    });
  }

  it("when no labeled version logs in, throws LoginRefused", async () => {
    const { runStep, login } = await begin();
    await login.postgres.query(`ALTER ROLE ${login.user} PASSWORD '${randomPassword()}'`);
    await runStep("createSecret");
    await assert.rejects(runStep("setSecret"), {
      code: "LoginRefused",
      message: new RegExp(`refuses ${login.user} with the passwords of AWSCURRENT and AWSPENDING`),
    });
  });

  it("when PASSWORD_FORM is plaintext, sends the password itself, and AWSPENDING logs in", async () => {
    const { runStep, logsIn } = await begin();
    await runStep("createSecret");
    await runStep("setSecret", { passwordForm: "plaintext" });
    assert.equal(await logsIn("AWSPENDING"), true);
  });

  it('when the secret has "ssl": false, does not use TLS, and warns', async () => {
    const { runStep, warnings } = await begin({ ssl: false });
    await runStep("createSecret");
    // The message of PostgreSQL, whose pg_hba.conf here allows no login without TLS.
    await assert.rejects(runStep("setSecret"), { code: "LoginNotAllowed", message: /no encryption/ });
    assert.deepEqual(warnings, ['the connection is not encrypted, because the secret has "ssl": false']);
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
    it(`when the pending version has ${what}, throws InvalidPending and does not change the database`, async () => {
      const { runStep, putPending, logsIn } = await begin();
      await putPending(pending);
      await assert.rejects(runStep("setSecret"), { code: "InvalidPending", message: says });
      assert.equal(await logsIn("AWSCURRENT"), true);
    });
  }

  it("when the database is unreachable, throws DatabaseUnreachable and not LoginRefused", async () => {
    const { runStep } = await begin({ port: 1 });
    await runStep("createSecret");
    await assert.rejects(runStep("setSecret"), { code: "DatabaseUnreachable", message: /localhost:1\// });
  });

  it("when the server's certificate does not name the host, throws TlsUntrusted", async () => {
    const { runStep, login } = await begin({ host: "0.0.0.0" });
    await runStep("createSecret");
    await assert.rejects(runStep("setSecret"), { code: "TlsUntrusted", message: /0\.0\.0\.0/ });
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
    assert.ok(login.postgres.port > 0);
  });

  it("when reads do not show the pending value yet, waits for it", async () => {
    const { runStep, service, logsIn } = await begin();
    await runStep("createSecret");
    let stale = 2;
    service.setHooks({
      before: ({ operation, body }) =>
        operation === "GetSecretValue" && body.VersionStage === "AWSPENDING" && stale-- > 0
          ? { kind: "error", type: "ResourceNotFoundException", message: "not yet" }
          : undefined,
    });
    assert.equal(await runStep("setSecret"), "done");
    assert.equal(await logsIn("AWSPENDING"), true);
  });

  it("when the pending version has no value, throws PendingValueMissing", async () => {
    const { runStep } = await begin();
    await assert.rejects(runStep("setSecret"), { code: "PendingValueMissing" });
  });
});

describe("testSecret", () => {
  it("when the pending password logs in, succeeds", async () => {
    const { runStep } = await begin();
    await runStep("createSecret");
    await runStep("setSecret");
    assert.equal(await runStep("testSecret"), "done");
  });

  it("when the pending password does not log in, throws LoginRefused", async () => {
    const { runStep } = await begin();
    await runStep("createSecret");
    await assert.rejects(runStep("testSecret"), { code: "LoginRefused", message: /logging in with AWSPENDING/ });
  });

  for (const testVersionHasValue of [true, false]) {
    const value = testVersionHasValue ? "the current value" : "no value";
    it(`when RotateImmediately is false and the version has ${value}, tests the current credentials`, async () => {
      const { login, service, testRotation } = await begin();
      service.setRules({ testVersionHasValue });
      assert.deepEqual(await testRotation(), ["done"]);
      await login.postgres.query(`ALTER ROLE ${login.user} PASSWORD '${randomPassword()}'`);
      assert.deepEqual(await testRotation(), ["LoginRefused"]);
    });
  }

  it("when neither the pending version nor AWSCURRENT has a value, throws InvalidSecret", async () => {
    const { runStep, service, secretId } = await begin();
    for (const { stages } of service.store.find(secretId).versions.values())
      (stages as Set<string>).delete("AWSCURRENT");
    const message = `the secret ${secretId} has no AWSCURRENT version with a value`;
    await assert.rejects(runStep("testSecret"), { code: "InvalidSecret", message });
  });
});

describe("finishSecret", () => {
  it("moves AWSCURRENT to the new version and AWSPREVIOUS to the old one", async () => {
    const { runStep, labels, token, logsIn } = await begin();
    const before = labels().AWSCURRENT;
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) await runStep(step);
    assert.deepEqual([labels().AWSCURRENT, labels().AWSPREVIOUS], [token, before]);
    assert.ok([token, undefined].includes(labels().AWSPENDING));
    assert.equal(await logsIn("AWSCURRENT"), true);
    assert.equal(await logsIn("AWSPREVIOUS"), false);
  });

  it("when the version has no value, does not promote it", async () => {
    const { runStep, labels, token } = await begin();
    await assert.rejects(runStep("finishSecret"), { code: "PendingValueMissing" });
    assert.notEqual(labels().AWSCURRENT, token);
  });

  it("when the answer to the promotion is lost, finds out that it was made", async () => {
    const { runStep, labels, token, service } = await begin();
    for (const step of ["createSecret", "setSecret", "testSecret"] as const) await runStep(step);
    let lost = 0;
    service.setHooks({
      after: ({ operation }) =>
        operation === "UpdateSecretVersionStage" && lost++ === 0 ? { kind: "drop" } : undefined,
    });
    assert.equal(await runStep("finishSecret"), "done");
    assert.deepEqual([labels().AWSCURRENT, lost], [token, 1]);
  });

  for (const [what, alsoReads] of [
    ["is refused", false],
    ["is refused, and whether it was made cannot be read", true],
  ] as const)
    it(`when the promotion ${what}, throws the refusal, and AWSCURRENT stays`, async () => {
      const { runStep, labels, service } = await begin();
      const { AWSCURRENT } = labels();
      for (const step of ["createSecret", "setSecret", "testSecret"] as const) await runStep(step);
      let refused = false;
      service.setHooks({
        before: ({ operation }) => {
          refused ||= operation === "UpdateSecretVersionStage";
          const denied = operation === "UpdateSecretVersionStage" || (refused && alsoReads);
          return denied ? { kind: "error", type: "AccessDeniedException", message: "no" } : undefined;
        },
      });
      await assert.rejects(runStep("finishSecret"), { code: "AccessDenied", message: /UpdateSecretVersionStage/ });
      assert.equal(labels().AWSCURRENT, AWSCURRENT);
    });

  it("when no version has AWSCURRENT, throws InconsistentReads", async () => {
    const { runStep, service, secretId, token, labels } = await begin();
    for (const step of ["createSecret", "setSecret", "testSecret"] as const) await runStep(step);
    for (const { stages } of service.store.find(secretId).versions.values())
      (stages as Set<string>).delete("AWSCURRENT");
    await assert.rejects(runStep("finishSecret"), {
      code: "InconsistentReads",
      message: /has no version with AWSCURRENT$/,
    });
    assert.deepEqual(labels(), { AWSPENDING: token });
  });
});

describe("each step", () => {
  const all = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;

  it("when rotation was turned off, throws RotationDisabled", async () => {
    const { runStep, client, secretId: SecretId } = await begin();
    await runStep("createSecret");
    await client.send(new CancelRotateSecretCommand({ SecretId }));
    for (const step of all)
      await assert.rejects(runStep(step), { code: "RotationDisabled", message: `rotation is off for ${SecretId}` });
  });

  it("when the version has only a custom label, throws VersionNotPending", async () => {
    const { runStep, client, secretId: SecretId, token } = await begin();
    await runStep("createSecret");
    for (const change of [
      { VersionStage: "kept", MoveToVersionId: token },
      { VersionStage: "AWSPENDING", RemoveFromVersionId: token },
    ])
      await client.send(new UpdateSecretVersionStageCommand({ SecretId, ...change }));
    const message = `version ${token} of ${SecretId} does not have the staging label AWSPENDING`;
    for (const step of all) await assert.rejects(runStep(step), { code: "VersionNotPending", message });
  });
});

describe("a whole rotation", () => {
  it("when reads lag behind writes, completes", async () => {
    const { service, runSteps, logsIn } = await begin();
    service.setRules({ readLagMs: 150 });
    for (let rotations = 0; rotations < 2; rotations++) {
      await rotation.rotateAgain();
      await runSteps();
    }
    service.setRules();
    assert.deepEqual([await logsIn("AWSCURRENT"), await logsIn("AWSPREVIOUS")], [true, false]);
  });

  it("takes 12 calls to Secrets Manager", async () => {
    const { runStep, service } = await begin();
    const before = service.calls.length;
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) await runStep(step);
    const calls = service.calls.slice(before);
    assert.deepEqual(calls.sort(), [
      ...Array(4).fill("DescribeSecret"),
      ...["GetRandomPassword", ...Array(5).fill("GetSecretValue"), "PutSecretValue", "UpdateSecretVersionStage"],
    ]);
  });
});
