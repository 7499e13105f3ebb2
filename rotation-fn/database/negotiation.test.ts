import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { type PendingRotation, pendingRotation } from "../../proofs/world/pendingRotation";

/** The first byte of a TLS handshake, and of SSLRequest (whose first four are its length). */
const firstBytes: Readonly<Record<number, string>> = { 22: "TLS at once", 0: "SSLRequest" };

/** Passes connections on to the server, and notes how each of them begins. */
interface Way {
  readonly port: number;
  readonly beginnings: string[];
  /** Whoever does not ask first is hung up on, as by servers before PostgreSQL 17, or told that this is no TLS. */
  old: "hangs up" | "refuses" | undefined;
  close(): void;
}

async function wayTo(port: number): Promise<Way> {
  const server: Server = createServer((client) => {
    client.on("error", () => undefined);
    client.once("data", (first) => {
      const beginning = firstBytes[first[0] ?? -1] ?? "something else";
      way.beginnings.push(beginning);
      if (way.old && beginning === "TLS at once") {
        // A TLS alert: fatal, no_application_protocol.
        return way.old === "refuses" ? void client.end(Buffer.from("15030300020278", "hex")) : void client.destroy();
      }
      const upstream = connect({ host: "localhost", port });
      upstream.on("error", () => undefined);
      upstream.write(first);
      client.pipe(upstream).pipe(client);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const way: Way = {
    port: (server.address() as AddressInfo).port,
    beginnings: [],
    old: undefined,
    close: () => void server.close(),
  };
  return way;
}

describe("the beginning of a connection", () => {
  let rotation: PendingRotation;
  let way: Way;

  beforeEach(async () => {
    const { login, close } = await pendingRotation();
    await close();
    way = await wayTo(login.postgres.port);
    rotation = await pendingRotation({ login, secret: { port: way.port } });
  });
  afterEach(async () => {
    way.close();
    await rotation.close();
  });

  it("is TLS at once where an earlier one has seen PostgreSQL 17 or later", async () => {
    await rotation.takeAll();
    assert.deepEqual(way.beginnings, ["SSLRequest", "TLS at once"]);
  });

  for (const answer of ["hangs up", "refuses"] as const) {
    it(`is SSLRequest from then on when something stands there that ${answer} on TLS at once`, async () => {
      await rotation.take("createSecret");
      await rotation.take("setSecret");
      way.old = answer;
      assert.equal(await rotation.take("testSecret"), "done");
      await rotation.take("finishSecret");
      await rotation.rotateAgain();
      await rotation.takeAll();
      // Tried once, and not again.
      assert.deepEqual(way.beginnings, ["SSLRequest", "TLS at once", "SSLRequest", "SSLRequest", "SSLRequest"]);
    });
  }

  it("is not TLS where the secret says so, whatever the server could do", async () => {
    await rotation.takeAll();
    const { login } = rotation;
    const { password } = (await rotation.read("AWSCURRENT")) ?? {};
    await rotation.close();
    rotation = await pendingRotation({ login, secret: { port: way.port, ssl: false, password } });
    await rotation.take("createSecret");
    // PostgreSQL's own words for a log-in without TLS where pg_hba.conf admits none.
    await assert.rejects(rotation.take("setSecret"), { code: "LoginRefused", message: /no encryption/ });
  });
});
