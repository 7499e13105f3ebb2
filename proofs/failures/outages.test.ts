import assert from "node:assert/strict";
import { type Postgres, startPostgres } from "../../emulators/postgres/postgres";
import { type Harness, openRotation } from "../world/harness";
import type { TestSecret } from "../world/testSecret";

describe("a database server that changes during a rotation", () => {
  let postgres: Postgres;
  let harness: Harness;
  let secret: TestSecret;

  before(async () => {
    postgres = await startPostgres();
  });

  after(() => postgres.stop());

  beforeEach(async () => {
    ({ harness, secret } = await openRotation({ postgres }));
    await secret.runStepsBefore("setSecret");
  });

  afterEach(async () => {
    await postgres.reload({ hba: ["hostssl all all all scram-sha-256"] });
    await harness.close();
  });

  const finish = async (): Promise<void> => {
    for (const step of ["setSecret", "testSecret", "finishSecret"] as const) {
      const outcome = await secret.runStep(step);
      assert.ok(outcome.ok, JSON.stringify(outcome));
    }
  };

  it("is asked again after a restart before the change", async () => {
    let restarts = 0;
    harness.effects.watcher = {
      before: async ({ name }) => {
        if (name.startsWith("DO") && restarts++ === 0) await postgres.restart();
        return undefined;
      },
    };

    await finish();

    assert.ok(restarts > 1, "the change was not retried");
  });

  it("is asked again after a restart between the change and its answer", async () => {
    let restarts = 0;
    harness.effects.watcher = {
      after: async ({ name }) => {
        if (!name.startsWith("DO") || restarts++ > 0) return undefined;
        await postgres.restart();
        return { kind: "drop" };
      },
    };

    await finish();

    assert.ok(harness.log.some((line) => line.includes("setSecret already done")));
  });

  it("is trusted with a renewed certificate", async () => {
    await postgres.reload({ certificate: await postgres.authority.issue({ hostnames: ["localhost"] }) });

    await finish();
  });

  for (const [method, code, pattern] of [
    ["trust", "ServerNotAuthenticated", /accepted the login without a password/],
    ["password", "ClearTextAsked", /asked for the password in clear/],
  ] as const) {
    it(`gets no new password if pg_hba.conf says ${method}`, async () => {
      await postgres.reload({ hba: [`hostssl all all all ${method}`] });

      const outcome = await secret.runStep("setSecret");

      assert.ok(!outcome.ok);
      assert.equal(outcome.errorType, code, outcome.errorMessage);
      assert.match(outcome.errorMessage, pattern);
    });
  }

  it("if pg_hba.conf has no line for the user, the error contains the server's message", async () => {
    await postgres.reload({ hba: ["hostssl all another all scram-sha-256"] });

    const outcome = await secret.runStep("setSecret");

    assert.ok(!outcome.ok);
    assert.equal(outcome.errorType, "LoginNotAllowed");
    assert.match(outcome.errorMessage, /no pg_hba\.conf entry/);
  });
});
