import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { connect as connectTls, createSecureContext, TLSSocket } from "node:tls";
import type { Postgres } from "../../emulators/postgres/postgres";
import { MessageReader, sslRequest, startupParameters } from "../../emulators/postgres/wire/messages";
import { portOf } from "../../emulators/postgres/wire/postgresProxy";
import { steps } from "../../rotation-fn/event";
import { startHarness } from "../world/harness";
import { findLeaks, Ledger } from "../world/ledger";
import { scenarios } from "../world/scenario";
import { sharedPostgres } from "../world/sharedPostgres";

/** All bytes that pass inside TLS, with the server's own certificate (SCRAM is bound to it). */
interface Recorder {
  readonly port: number;
  /** Of each connection, what the client sent and what the server sent. */
  readonly connections: { readonly client: Buffer[]; readonly server: Buffer[] }[];
  close(): void;
}

async function startRecorder(postgres: Postgres): Promise<Recorder> {
  const file = (name: string): string => readFileSync(join(postgres.dataDir, name), "utf8");
  const presented = createSecureContext({ cert: file("server.crt"), key: file("server.key") });
  const trusting = createSecureContext({ ca: postgres.ca });
  const connections: Recorder["connections"] = [];
  const listener = createServer((client) => {
    client.on("error", () => undefined);
    client.once("data", () => {
      const upstream = connect({ host: "localhost", port: postgres.port }, () => upstream.write(sslRequest));
      upstream.on("error", () => undefined);
      upstream.once("data", () => {
        const back = connectTls({ socket: upstream, secureContext: trusting, servername: "localhost" });
        client.write("S");
        const front = new TLSSocket(client, { isServer: true, secureContext: presented });
        const seen: Recorder["connections"][number] = { client: [], server: [] };
        connections.push(seen);
        front.on("data", (chunk: Buffer) => seen.client.push(chunk));
        back.on("data", (chunk: Buffer) => seen.server.push(chunk));
        for (const socket of [front, back]) socket.on("error", () => undefined);
        front.pipe(back).pipe(front);
      });
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "localhost", resolve));
  return { port: portOf(listener), connections, close: () => void listener.close() };
}

/** Rotates once, and records everything between the function and PostgreSQL. */
async function rotateOnTheWire(scenarioName: string, environment: Record<string, string> = {}) {
  const postgres = await sharedPostgres();
  const recorder = await startRecorder(postgres);
  const ledger = new Ledger();
  const harness = await startHarness({ postgres, ledger, function: { environment } });
  harness.port = recorder.port;
  try {
    const scenario = scenarios.find(({ name }) => name === scenarioName);
    assert.ok(scenario);
    const secret = await harness.prepare(scenario);
    for (const secret of harness.service.store.secrets.values()) {
      for (const { value } of secret.versions.values()) {
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
      connections: recorder.connections.map(({ client, server }) => ({
        client: Buffer.concat(client),
        server: Buffer.concat(server),
      })),
      ...{ ledger, next, stored: String(rows[0]?.rolpassword) },
      logsIn: await postgres.canLogIn(next.username, next.password),
    };
  } finally {
    await harness.close();
    recorder.close();
  }
}

describe("what a rotation sends to PostgreSQL", () => {
  for (const { name } of scenarios) {
    it(`${name}: the verifier, never a password, in any encoding and in either direction`, async () => {
      const { connections, ledger, next, stored, logsIn } = await rotateOnTheWire(name);

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
      // SCRAM's exchange itself contains the salt of the verifier (RFC 5802, 5.1).
      const leaks = findLeaks(ledger, texts, ["client 0"]).filter(({ before }) => !/,s=$/.test(before));
      assert.deepEqual(leaks, []);
      // The verifier is in the options of the first startup packet, and nowhere else.
      const [first] = new MessageReader(true).push(connections[0]?.client ?? Buffer.alloc(0));
      assert.ok(first && startupParameters(first).options?.includes(`-c secrets_rotation.password=${stored}`));
      assert.equal(texts["client 0"]?.split(stored).length, 2, "the verifier is sent more than once");
    });
  }

  it("with PASSWORD_FORM=plaintext: the new password, and no verifier", async () => {
    const { connections, ledger, next, stored, logsIn } = await rotateOnTheWire("single-user", {
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
