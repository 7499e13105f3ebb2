import assert from "node:assert/strict";
import { CancelRotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { type DeployedSecret, deployedSecret } from "../proofs/world/deployedSecret";
import { randomPassword } from "../proofs/world/sharedPostgres";

/** Asserts a complete rotation: AWSCURRENT logs in, AWSPENDING is on it or nowhere, rotation is on. */
async function assertRecovered(secret: DeployedSecret): Promise<void> {
  const { AWSCURRENT, AWSPENDING } = await secret.labels();
  assert.ok(AWSPENDING === undefined || AWSPENDING === AWSCURRENT, "AWSPENDING is left behind");
  assert.equal(await secret.currentLogsIn(), true, "AWSCURRENT does not log in");
  const { rotation } = secret.deployment.service.store.find(secret.arn);
  assert.equal(rotation?.enabled, true, "rotation is off");
}

describe("ops recover", () => {
  const brokenStates: [what: string, break_: (secret: DeployedSecret) => Promise<unknown>, pattern: RegExp][] = [
    [
      "a crash before createSecret stored a value",
      (secret) => secret.rotate({ before: () => true }),
      /the pending version has no value/,
    ],
    [
      "a crash after createSecret",
      (secret) => secret.rotate({ after: ({ Step }) => Step === "createSecret" }),
      /the pending version is refused/,
    ],
    [
      "a crash after the password was changed in the database",
      (secret) => secret.rotate({ after: ({ Step }) => Step === "setSecret" }),
      /AWSCURRENT does not log in, and the pending version does/,
    ],
    [
      "a crash after testSecret",
      (secret) => secret.rotate({ after: ({ Step }) => Step === "testSecret" }),
      /AWSCURRENT does not log in, and the pending version does/,
    ],
    [
      "a rotation canceled after the change",
      async (secret) => {
        await secret.rotate({ after: ({ Step }) => Step === "setSecret" });
        await cancel(secret);
      },
      /AWSCURRENT does not log in, and the pending version does/,
    ],
    [
      "a rotation canceled before the change",
      async (secret) => {
        await secret.rotate({ after: ({ Step }) => Step === "createSecret" });
        await cancel(secret);
      },
      /the pending version is refused/,
    ],
    [
      "AWSPENDING moved by hand to the previous version",
      async (secret) => {
        const token = await secret.rotate({ after: ({ Step }) => Step === "createSecret" });
        await secret.moveLabel("AWSPENDING", (await secret.labels()).AWSPREVIOUS, token);
      },
      /AWSCURRENT logs in, and the pending version is refused/,
    ],
    [
      "AWSPENDING removed from the version whose password the database has",
      async (secret) => {
        const token = await secret.rotate({ after: ({ Step }) => Step === "setSecret" });
        await secret.moveLabel("AWSPENDING", undefined, token);
      },
      /a version without a label logs in/,
    ],
    [
      "a pending version that is half-written JSON",
      async (secret) => {
        await secret.put('{"username":"x","password":', ["AWSPENDING"]);
      },
      /the pending version is not valid credentials JSON/,
    ],
    [
      "a pending version of another host",
      (secret) => secret.put({ host: "elsewhere.invalid" }, ["AWSPENDING"]),
      /AWSCURRENT logs in, and the pending version could not be tried/,
    ],
    [
      "AWSCURRENT moved by hand to a password that the database never had",
      (secret) => secret.put({ password: randomPassword() }, ["AWSCURRENT"]),
      /AWSCURRENT is refused, and AWSPREVIOUS logs in/,
    ],
    [
      "a value stored by hand after the password was changed in the database",
      async (secret) => {
        await secret.rotate({ after: ({ Step }) => Step === "setSecret" });
        await secret.put({ password: await secret.password((await secret.labels()).AWSCURRENT ?? "") }, ["AWSCURRENT"]);
      },
      /AWSCURRENT is refused, and a version without a label logs in/,
    ],
    [
      "a value stored by hand before the password was changed in the database",
      async (secret) => {
        await secret.rotate({ after: ({ Step }) => Step === "createSecret" });
        await secret.put({ password: await secret.password((await secret.labels()).AWSCURRENT ?? "") }, ["AWSCURRENT"]);
      },
      /No rotation is stuck, but version .* lost AWSPENDING before it was AWSCURRENT/,
    ],
    ["rotation that was turned off", cancel, /Rotation is turned off/],
  ];

  for (const [what, break_, pattern] of brokenStates) {
    it(`after ${what}, repairs the secret`, async () => {
      const secret = await deployedSecret({}, "rotated once");
      await break_(secret);

      const ran = await secret.ops(["recover", "--yes"]);

      assert.equal(ran.code, 0, ran.stdout + ran.stderr);
      assert.match(ran.stdout, pattern);
      await assertRecovered(secret);
      assert.equal((await secret.ops(["recover"])).code, 0, "recover still has something to do");
    });
  }

  it("when this machine cannot reach the database, the function tries both passwords", async () => {
    for (const lastStep of ["createSecret", "setSecret"]) {
      const secret = await deployedSecret({}, "rotated once");
      const pending = await secret.rotate({ after: ({ Step }) => Step === lastStep });

      const ran = await withoutValues(secret, () => secret.ops(["recover", "--yes", "--json"]));

      assert.equal(ran.code, 0, ran.stderr);
      await assertRecovered(secret);
      const versions = secret.deployment.service.store.find(secret.arn).versions;
      assert.deepEqual([...(versions.get(pending)?.stages ?? [])], [`kept-${pending.slice(0, 8)}`]);
    }
  });

  it("when the value was changed by hand during a rotation, keeps the change", async () => {
    const secret = await deployedSecret({}, "rotated once");
    const { AWSCURRENT = "" } = await secret.labels();
    const password = await secret.password(AWSCURRENT);
    // Another name of the same server, which is also in its certificate.
    const edit = { password, host: "127.0.0.1", note: "moved" };
    await secret.rotate({
      after: async ({ Step }) => {
        if (Step === "setSecret") await secret.put(edit, ["AWSCURRENT"]);
        return false;
      },
    });
    assert.equal(await secret.currentLogsIn(), false);
    const status = await secret.ops(["status"]);
    assert.match(status.stdout, /changed by hand: .*npm run ops -- recover/);

    const ran = await secret.ops(["recover", "--yes"]);

    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    assert.match(ran.stdout, /AWSCURRENT was changed by hand\. The next rotation logs in with that version/);
    await assertRecovered(secret);
    const value = secret.value("AWSCURRENT");
    assert.deepEqual([value?.host, value?.note], ["127.0.0.1", "moved"]);
    assert.equal((await secret.ops(["status"])).code, 0);
  });

  it("when reads lag behind writes, repairs a stuck rotation", async () => {
    const secret = await deployedSecret({}, "rotated once");
    await secret.rotate({ after: ({ Step }) => Step === "createSecret" });
    const { service } = secret.deployment;
    service.setRules({ readLagMs: 120 });
    try {
      const ran = await secret.ops(["recover", "--yes"]);
      assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    } finally {
      service.setRules();
    }
    await assertRecovered(secret);
  });

  it("when a running step changes the password while labels move, recovers with that password", async () => {
    const secret = await deployedSecret({}, "rotated once");
    const token = await secret.rotate({ after: ({ Step }) => Step === "createSecret" });
    const password = await secret.password(token);
    secret.deployment.service.setHooks({
      async before({ operation, body }) {
        if (operation === "UpdateSecretVersionStage" && body.VersionStage === "AWSPENDING") {
          secret.deployment.service.setHooks();
          await secret.setPassword(password);
        }
      },
    });

    const ran = await secret.ops(["recover", "--yes"]);

    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    await assertRecovered(secret);
    assert.equal(
      (await secret.labels()).AWSPREVIOUS,
      token,
      "AWSCURRENT was not on the version with the database's password in between",
    );
  });

  it("shows its findings and its plan, and when the answer is yes, runs the plan", async () => {
    const secret = await deployedSecret({}, "rotated once");
    await secret.rotate({ after: ({ Step }) => Step === "createSecret" });

    const ran = await secret.ops(["recover"], { typed: "yes" });

    assert.equal(ran.code, 0, ran.stdout);
    assert.match(ran.stdout, new RegExp(`AWSCURRENT +logs in as ${secret.user} at localhost:\\d+/postgres`));
    assert.match(
      ran.stdout,
      /1\. turn rotation off.*2\. remove AWSPENDING from.*3\. rotate.*Run this plan\? \[y\/N\]/s,
    );
    await assertRecovered(secret);
  });

  it("when the answer is no, changes nothing", async () => {
    const secret = await deployedSecret({}, "rotated once");
    await secret.rotate({ after: ({ Step }) => Step === "createSecret" });
    const before = await secret.labels();

    const ran = await secret.ops(["recover"], { typed: "" });

    assert.equal(ran.code, 1);
    assert.deepEqual(await secret.labels(), before);
  });

  it("when there is no terminal and no --yes, changes nothing", async () => {
    const secret = await deployedSecret({}, "rotated once");
    await secret.rotate({ after: ({ Step }) => Step === "setSecret" });
    const before = await secret.labels();

    const ran = await secret.ops(["recover", "--json"]);

    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /pass --yes in a script/);
    assert.equal(ran.json().ok, false);
    assert.deepEqual(await secret.labels(), before);
  });

  it("when a change is refused after an earlier one was made, reports both", async () => {
    const secret = await deployedSecret({}, "rotated once");
    await secret.rotate({ after: ({ Step }) => Step === "createSecret" });
    const { service } = secret.deployment;
    service.setHooks({
      before: ({ operation, body }) =>
        operation === "UpdateSecretVersionStage" && body.SecretId === secret.arn
          ? { kind: "error", type: "AccessDeniedException", message: "not authorized" }
          : undefined,
    });
    try {
      const ran = await secret.ops(["recover", "--yes", "--json"]);
      assert.equal(ran.code, 1);
      const [result] = (ran.json().secrets ?? []) as { done: string[]; advice: string }[];
      assert.match(result?.done.join() ?? "", /^turn rotation off/);
      assert.match(result?.advice ?? "", /not authorized/);
      assert.match(ran.stderr, /Done before: turn rotation off.*Run recover again/);
    } finally {
      service.setHooks();
    }
  });

  it("when no kept version logs in, changes nothing and shows what to do", async () => {
    const secret = await deployedSecret({}, "rotated once");
    await secret.rotate({ after: ({ Step }) => Step === "createSecret" });
    await secret.setPassword(randomPassword());
    const before = await secret.labels();

    const ran = await secret.ops(["recover", "--yes"]);

    assert.equal(ran.code, 1);
    assert.match(ran.stdout, /Set the password in the database to the one in AWSCURRENT/);
    assert.deepEqual(await secret.labels(), before);
  });

  it("prints no password", async () => {
    const secret = await deployedSecret({}, "rotated once");
    await secret.rotate({ after: ({ Step }) => Step === "setSecret" });

    const ran = await secret.ops(["recover", "--yes", "--json"]);

    const versions = [...secret.deployment.service.store.find(secret.arn).versions.keys()];
    for (const id of versions) {
      assert.ok(!`${ran.stdout}${ran.stderr}`.includes(await secret.password(id)), "a password was printed");
    }
    assert.deepEqual((ran.json().secrets as { done: string[] }[])[0]?.done.length, 1);
  });
});

async function cancel({ deployment, arn }: DeployedSecret): Promise<void> {
  await deployment.client.send(new CancelRotateSecretCommand({ SecretId: arn }));
}

/** The commands may not read values, but the function may, as for an operator without permission for the key. */
async function withoutValues<T>({ deployment }: DeployedSecret, work: () => Promise<T>): Promise<T> {
  let rotating = false;
  deployment.faults = {
    before: () => {
      rotating = true;
      return false;
    },
  };
  deployment.service.setHooks({
    before: ({ operation }) =>
      operation === "GetSecretValue" && !rotating
        ? { kind: "error", type: "AccessDeniedException", message: "Access to KMS is not allowed" }
        : undefined,
  });
  try {
    return await work();
  } finally {
    deployment.faults = {};
    deployment.service.setHooks();
  }
}
