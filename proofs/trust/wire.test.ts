import assert from "node:assert/strict";
import { MessageReader, startupParameters } from "../../emulators/postgres/wire/messages";
import { startTlsProxy } from "../../emulators/postgres/wire/postgresProxy";
import { steps } from "../../rotation-fn/event";
import { startHarness } from "../world/harness";
import { findLeaks, Ledger } from "../world/ledger";
import { type Scenario, scenarios, singleUser } from "../world/scenario";
import { sharedPostgres } from "../world/sharedPostgres";

/** Rotates once, and records everything between the function and PostgreSQL, inside TLS. */
async function rotateOnTheWire(scenario: Scenario, environment: Record<string, string> = {}) {
  const postgres = await sharedPostgres();
  const sent: { readonly client: Buffer[]; readonly server: Buffer[] }[] = [];
  const recorder = await startTlsProxy(postgres, (client, server) => {
    const connection = { client: [] as Buffer[], server: [] as Buffer[] };
    sent.push(connection);
    client.on("data", (chunk: Buffer) => connection.client.push(chunk));
    server.on("data", (chunk: Buffer) => connection.server.push(chunk));
    for (const socket of [client, server]) socket.on("error", () => undefined);
    client.pipe(server).pipe(client);
  });
  const ledger = new Ledger();
  const harness = await startHarness({ postgres, ledger, function: { environment } });
  harness.port = recorder.port;
  try {
    const secret = await harness.prepare(scenario);
    for (const { versions } of harness.service.store.secrets.values()) {
      for (const { value } of versions.values()) {
        if (value && "SecretString" in value) ledger.noteSecret(value.SecretString);
      }
    }
    await secret.register();
    for (const step of steps) {
      const outcome = await secret.runStep(step);
      assert.ok(outcome.ok, JSON.stringify(outcome));
    }
    const next = secret.credentials(secret.token);
    assert.ok(next);
    const { rows } = await harness.superuser.query(
      `SELECT rolpassword FROM pg_authid WHERE rolname = '${next.username}'`,
    );
    return {
      connections: sent.map(({ client, server }) => ({ client: Buffer.concat(client), server: Buffer.concat(server) })),
      ...{ ledger, next, stored: String(rows[0]?.rolpassword) },
      logsIn: await postgres.canLogIn(next.username, next.password),
    };
  } finally {
    await harness.close();
    await recorder.close();
  }
}

describe("what a rotation sends to PostgreSQL", () => {
  for (const scenario of scenarios) {
    it(`${scenario.name}: the verifier, never a password, in any encoding and in either direction`, async () => {
      const { connections, ledger, next, stored, logsIn } = await rotateOnTheWire(scenario);

      assert.equal(logsIn, true);
      assert.ok(ledger.passwords.has(next.password), "the new password is not searched for");
      assert.equal(connections.length, 2, "one connection of setSecret, one of testSecret");
      const texts = Object.fromEntries(
        connections.flatMap(({ client, server }, index) => [
          [`client ${index}`, client.toString("latin1")],
          [`server ${index}`, server.toString("latin1")],
        ]),
      );
      ledger.note(Object.values(texts).join("\n"));
      assert.ok(ledger.verifiers.has(stored), "the verifier that the server has is none that was sent");
      // SCRAM's exchange itself contains the salt of the verifier (RFC 5802, 5.1). The first client sends the verifier.
      const leaks = findLeaks(ledger, texts).filter(
        ({ kind, source, before }) => !(kind === "verifier" && source === "client 0") && !/,s=$/.test(before),
      );
      assert.deepEqual(leaks, []);
      // The verifier is in the options of the first startup packet, and nowhere else.
      const [first] = new MessageReader(true).push(connections[0]?.client ?? Buffer.alloc(0));
      assert.ok(first && startupParameters(first).options?.includes(`-c secrets_rotation.password=${stored}`));
      assert.equal(texts["client 0"]?.split(stored).length, 2, "the verifier is sent more than once");
    });
  }

  it("with PASSWORD_FORM=plaintext: the new password, and no verifier", async () => {
    const { connections, ledger, next, stored, logsIn } = await rotateOnTheWire(singleUser, {
      PASSWORD_FORM: "plaintext",
    });
    assert.equal(logsIn, true);
    const [first = "", ...others] = connections.flatMap(({ client, server }) => [String(client), String(server)]);
    ledger.note([first, ...others].join("\n"));
    assert.deepEqual([...ledger.verifiers], []);
    assert.match(stored, /^SCRAM-SHA-256\$/);
    assert.deepEqual(
      findLeaks(ledger, { "client 0": first }).map(({ kind, form }) => [kind, form]),
      [["password", "plain"]],
    );
    assert.ok(first.includes(next.password));
    assert.deepEqual(findLeaks(ledger, { others: others.join("\n") }), []);
  });
});
