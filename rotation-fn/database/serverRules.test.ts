import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type Postgres, startPostgres } from "../../emulators/postgres/postgres";
import { type PendingRotation, pendingRotation } from "../../proofs/world/pendingRotation";
import { type FreshLogin, randomPassword, sharedPostgres } from "../../proofs/world/sharedPostgres";
import { passwordRules } from "../secret/password";
import { scramVerifier } from "./scramVerifier";

/** passwordcheck refuses such a password: "password must contain both letters and nonletters". */
const lettersOnly = passwordRules({ EXCLUDE_NUMBERS: "true", EXCLUDE_PUNCTUATION: "true" });
const hba = ["hostssl all all all scram-sha-256"];

describe("a server with rules of its own", () => {
  let postgres: Postgres;
  let rotation: PendingRotation;

  before(async () => {
    const { authority } = await sharedPostgres();
    postgres = await startPostgres({ authority, settings: { shared_preload_libraries: "passwordcheck" } });
  });
  after(() => postgres.stop());
  afterEach(async () => {
    await rotation?.close();
    await postgres.reload({ hba, settings: { scram_iterations: 4096 } });
  });

  async function createUser(verifierOf?: (password: string) => Promise<string>): Promise<FreshLogin> {
    const [user, password] = [`app_${randomBytes(4).toString("hex")}`, randomPassword()];
    await postgres.query(`CREATE ROLE ${user} LOGIN PASSWORD '${(await verifierOf?.(password)) ?? `${password}-1`}'`);
    return { postgres, user, password: verifierOf === undefined ? `${password}-1` : password, database: "postgres" };
  }

  async function createAdminOf(login: FreshLogin): Promise<{ username: string; password: string }> {
    const { user: username, password } = await createUser();
    await postgres.query(`ALTER ROLE ${username} CREATEROLE; GRANT ${login.user} TO ${username} WITH ADMIN OPTION`);
    return { username, password };
  }

  const iterationsOf = async (user: string): Promise<number> => {
    const { rows } = await postgres.query(`SELECT rolpassword FROM pg_authid WHERE rolname = '${user}'`);
    return Number(/^SCRAM-SHA-256\$(\d+):/.exec(rows[0]?.rolpassword)?.[1]);
  };

  it("when scram_iterations is not the default, the new verifier has the server's iterations", async () => {
    await postgres.reload({ settings: { scram_iterations: 10_000 } });
    const login = await createUser();
    rotation = await pendingRotation({ login });
    await rotation.runSteps();
    assert.deepEqual([await iterationsOf(login.user), await rotation.logsIn("AWSCURRENT")], [10_000, true]);
  });

  it("when scram_iterations was raised after the password was set, the new verifier has the new number", async () => {
    const login = await createUser();
    await postgres.reload({ settings: { scram_iterations: 10_000 } });
    rotation = await pendingRotation({ login });
    await rotation.runSteps();
    assert.deepEqual([await iterationsOf(login.user), await rotation.logsIn("AWSCURRENT")], [10_000, true]);
  });

  it("when an administrator sets the password, the new verifier has the server's iterations", async () => {
    await postgres.reload({ settings: { scram_iterations: 10_000 } });
    const login = await createUser();
    rotation = await pendingRotation({ login, strategy: "alternating-users", admin: await createAdminOf(login) });
    await rotation.runSteps();
    assert.deepEqual([await iterationsOf(`${login.user}_clone`), await rotation.logsIn("AWSCURRENT")], [10_000, true]);
  });

  it("when the stored verifier has more iterations than the driver accepts by default, rotates", async () => {
    const login = await createUser((password) => scramVerifier(password, undefined, 600_000));
    rotation = await pendingRotation({ login });
    await rotation.runSteps();
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
  });

  for (const iterations of [1, 2_000_000_000])
    it(`when the user has set its own scram_iterations to ${iterations}, the new verifier has 4,096`, async () => {
      const login = await createUser();
      await postgres.query(`ALTER ROLE ${login.user} SET scram_iterations = ${iterations}`);
      rotation = await pendingRotation({ login });
      await rotation.runSteps();
      assert.equal(await iterationsOf(login.user), 4096);
    });

  it("when the server refuses the password, the version gives up AWSPENDING, and the next rotation makes another one", async () => {
    const login = await createUser();
    rotation = await pendingRotation({ login });
    const { AWSCURRENT } = rotation.labels();
    await rotation.runStep("createSecret", { rules: lettersOnly });
    await assert.rejects(rotation.runStep("setSecret", { passwordForm: "plaintext" }), {
      code: "PasswordRejected",
      message: /22023 .*letters/,
    });
    assert.deepEqual(rotation.labels(), { AWSCURRENT });
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);

    await rotation.rotateAgain();
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) {
      await rotation.runStep(step, { passwordForm: "plaintext" });
    }
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
  });

  it("when the server refuses the password that an earlier attempt has set, as a rule against reuse does, the rotation succeeds", async () => {
    const login = await createUser();
    rotation = await pendingRotation({ login, strategy: "single-user", admin: await createAdminOf(login) });
    await rotation.runStep("createSecret", { rules: lettersOnly });
    const verifier = await scramVerifier(String((await rotation.read("AWSPENDING"))?.password));
    await postgres.query(`ALTER ROLE ${login.user} PASSWORD '${verifier}'`);
    for (const step of ["setSecret", "testSecret", "finishSecret"] as const) {
      await rotation.runStep(step, { passwordForm: "plaintext" });
    }
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
  });

  it("when it cannot find out whether the database has the refused password, the version keeps AWSPENDING", async () => {
    const login = await createUser();
    const admin = await createAdminOf(login);
    rotation = await pendingRotation({ login, strategy: "single-user", admin });
    await rotation.runStep("createSecret", { rules: lettersOnly });
    await postgres.reload({ hba: [`hostssl all ${admin.username} all scram-sha-256`] });
    await assert.rejects(rotation.runStep("setSecret", { passwordForm: "plaintext" }), { code: "LoginNotAllowed" });
    assert.equal(rotation.labels().AWSPENDING, rotation.token);
  });

  it("when the version cannot give up AWSPENDING, still reports that the server refused the password", async () => {
    rotation = await pendingRotation({ login: await createUser() });
    await rotation.runStep("createSecret", { rules: lettersOnly });
    rotation.service.setHooks({
      before: ({ operation }) =>
        operation === "UpdateSecretVersionStage"
          ? { kind: "error", type: "AccessDeniedException", message: "not authorized" }
          : undefined,
    });
    await assert.rejects(rotation.runStep("setSecret", { passwordForm: "plaintext" }), { code: "PasswordRejected" });
    assert.match(rotation.warnings.join(), /UpdateSecretVersionStage .*not authorized/);
  });

  it("when pg_hba.conf has no line for the user yet, as while Aurora resumes, waits and tries no other password", async () => {
    rotation = await pendingRotation({ login: await createUser() });
    await rotation.runStep("createSecret");
    await postgres.reload({ hba: ["hostssl all nobody all scram-sha-256"] });
    setTimeout(() => void postgres.reload({ hba }), 1_000);
    assert.equal(await rotation.runStep("setSecret", { remainingMs: () => 120_000 }), "done");
    assert.equal(await rotation.logsIn("AWSPENDING"), true);
  });

  it("when pg_hba.conf has no line for the user and the step has no time to wait, throws LoginNotAllowed", async () => {
    rotation = await pendingRotation({ login: await createUser() });
    await rotation.runStep("createSecret");
    await postgres.reload({ hba: ["hostssl all nobody all scram-sha-256"] });
    await assert.rejects(rotation.runStep("setSecret"), {
      code: "LoginNotAllowed",
      message: /logging in with AWSCURRENT .*no pg_hba\.conf entry/,
    });
  });
});
