import assert from "node:assert/strict";
import { giveAdministrator } from "../proofs/world/administrator";
import { type DeployedSecret, deployedSecret } from "../proofs/world/deployedSecret";
import type { InvocationFaults } from "../proofs/world/deployment";
import type { Step } from "../rotation-fn/event";
import { steps } from "../rotation-fn/event";
import { describeClientAccess } from "./clientAccess";

type Ending = "fails" | "dies before its work" | "dies after its work";

/** A call that the step makes, and no earlier one. */
const ownCall: Readonly<Record<Step, string>> = {
  createSecret: "PutSecretValue",
  setSecret: "DescribeSecret",
  testSecret: "DescribeSecret",
  finishSecret: "UpdateSecretVersionStage",
};

async function rotateUntil(secret: DeployedSecret, step: Step, ending: Ending): Promise<void> {
  const { service } = secret.deployment;
  let reached = false;
  service.setHooks({
    before: ({ operation }) =>
      reached && ending === "fails" && operation === ownCall[step]
        ? { kind: "error", type: "AccessDeniedException", message: "no" }
        : undefined,
  });
  const faults: InvocationFaults = {
    before: ({ Step }) => {
      reached = Step === step;
      return reached && ending === "dies before its work";
    },
    after: ({ Step }) => Step === step && ending === "dies after its work",
  };
  await secret.rotate(faults);
  service.setHooks();
}

async function detailOf(secret: DeployedSecret): Promise<{ verdict: string; detail: string; stdout: string }> {
  const json = (await secret.ops(["status", "--json"])).json().secrets as { verdict: string; detail: string }[];
  const { verdict = "", detail = "" } = json[0] ?? {};
  return { verdict, detail, stdout: (await secret.ops(["status"])).stdout };
}

describe("ops status in the first minute of a rotation: whether clients are refused", () => {
  for (const strategy of ["single-user", "single-user with an administrator", "alternating-users"] as const) {
    for (const step of steps) {
      for (const ending of ["fails", "dies before its work", "dies after its work"] as const) {
        if (step === "finishSecret" && ending === "dies after its work") continue; // It is complete.
        it(`${strategy}: when ${step} ${ending}, what status says agrees with a login`, async () => {
          const secret = await deployedSecret();
          if (strategy !== "single-user") {
            await giveAdministrator(secret, strategy === "alternating-users" ? strategy : "single-user");
          }
          await rotateUntil(secret, step, ending);

          const { verdict, detail, stdout } = await detailOf(secret);

          assert.equal(verdict, ending === "fails" ? "stuck" : "rotating", detail);
          const sentence = /Clients are refused|Clients may be refused|has not changed the password/.exec(detail)?.[0];
          const loggedIn = await secret.currentLogsIn();
          const isLogged = ending === "fails" || step === "testSecret" || step === "finishSecret";
          const certain = loggedIn ? "has not changed the password" : "Clients are refused";
          const allowed = isLogged ? [certain] : [certain, "Clients may be refused"];
          assert.ok(sentence !== undefined && allowed.includes(sentence), detail);
          assert.ok(stdout.includes(sentence), stdout);
          if (ending === "fails") assert.match(detail, new RegExp(`the log shows .*${step} failed`));
        });
      }
    }
  }

  it("when the server cancels the change because of a lock: this rotation has not changed the password", async () => {
    const secret = await deployedSecret();
    const { postgres } = secret.deployment;
    const { superuser, superuserPassword } = postgres;
    const other = await postgres.connect({ user: superuser, password: superuserPassword });
    await other.query(`BEGIN; ALTER ROLE ${secret.user} CONNECTION LIMIT 9`);
    await secret.rotate();
    await other.end();
    assert.match((await detailOf(secret)).detail, /This rotation has not changed the password/);
    assert.equal(await secret.currentLogsIn(), true);
  });

  it("when AWSCURRENT was refused before the rotation, reports it", async () => {
    const secret = await deployedSecret();
    await secret.setPassword("something-else");
    await secret.rotate();
    assert.match((await detailOf(secret)).detail, /Clients are refused, and were before this rotation\./);
  });

  it("when the log cannot be read, says that clients may be refused", async () => {
    const secret = await deployedSecret();
    await rotateUntil(secret, "testSecret", "fails");
    const ran = await secret.ops(["status"], { env: { AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: "" } });
    assert.match(ran.stdout, /rotating: .*the log shows nothing that this machine can read\. Clients may be refused/);
  });
});

describe("describeClientAccess: setSecret failed", () => {
  const stored = { createdAt: new Date() };
  const says = (code: string, what: string): string =>
    describeClientAccess("single-user", stored, [{ step: "setSecret", outcome: "failed", code, what }]);
  for (const [code, what] of [
    ["DatabaseConnectionLost", "changing the password at h:1/d as u: Connection terminated unexpectedly"],
    ["DatabaseTimeout", "changing the password at h:1/d as u: Query read timeout"],
    ["DatabaseFailed", "changing the password of u: the server confirmed nothing, not DO"],
    ["TimeLimit", "not done after 9 ms, shortly before Lambda's time limit"],
    ["InternalError", "unexpected TypeError"],
    ["AnswerTooLarge", "the server sent more than 5 bytes"],
  ] as const) {
    it(`${code}, without the server's answer: clients may be refused`, () =>
      assert.match(says(code, what), /may be refused/));
  }
  for (const [code, what] of [
    ["DatabaseTimeout", "changing the password at h:1/d as u: 55P03 canceling statement due to lock timeout"],
    ["DatabaseFailed", "changing the password at h:1/d as u: XX000 cache lookup failed"],
    ["PermissionDenied", "changing the password at h:1/d as u: 42501 permission denied"],
    ["DatabaseUnreachable", "logging in at h:1/d as u: ECONNREFUSED"],
  ] as const) {
    it(`${code}, as the server answered: nothing was changed`, () => assert.match(says(code, what), /has not changed/));
  }
});

describe("ops rotate: whether clients are refused", () => {
  for (const [step, says] of [
    ["setSecret", "This rotation has not changed the password that clients use."],
    ["testSecret", "Clients are refused: setSecret has changed the password of the user in AWSCURRENT."],
  ] as const) {
    it(`when ${step} fails: ${says}`, async () => {
      const secret = await deployedSecret();
      const { service } = secret.deployment;
      let reached = false;
      secret.deployment.faults = {
        before: ({ Step }) => {
          reached = Step === step;
          return false;
        },
      };
      service.setHooks({
        before: ({ operation, body }) =>
          reached && operation === "GetSecretValue" && body.VersionStage === "AWSPENDING"
            ? { kind: "error", type: "AccessDeniedException", message: "no" }
            : undefined,
      });
      const ran = await secret.ops(["rotate"]);
      secret.deployment.faults = {};
      service.setHooks();
      assert.match(ran.stdout, new RegExp(`${step} AccessDenied failed`));
      assert.ok(ran.stdout.includes(says), ran.stdout);
    });
  }
});
