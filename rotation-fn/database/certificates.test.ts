import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createSecureContext, createServer } from "node:tls";
import { createAuthority } from "../../emulators/postgres/certificates";
import { contextOf, keyExchange } from "./certificates";

/** Connects to a server that accepts only this group. @returns the group of the key exchange */
async function exchangeWith(ecdhCurve: string): Promise<string | undefined> {
  const authority = await createAuthority();
  const { certificatePem, keyPem } = await authority.issue({ hostnames: ["localhost"] });
  const server = createServer({ cert: certificatePem, key: keyPem, ecdhCurve, minVersion: "TLSv1.3" });
  server.on("secureConnection", (socket) => socket.on("error", () => undefined)).listen(0, "localhost");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const secureContext = createSecureContext({
    ca: authority.certificatePem,
    ecdhCurve: keyExchange(process.versions.openssl),
  });
  const client = connect({ port, host: "localhost", servername: "localhost", secureContext });
  try {
    await once(client, "secureConnect");
    const { name } = client.getEphemeralKeyInfo() as { name?: string };
    return name;
  } finally {
    client.destroy();
    server.close();
  }
}

describe("keyExchange", () => {
  for (const [group, name] of [
    ["P-256", "prime256v1"],
    ["X25519", "X25519"],
    ["P-384", "secp384r1"],
    ["P-521", "secp521r1"],
  ] as const) {
    it(`when a server accepts only ${group}, connects to it`, async () => {
      assert.equal(await exchangeWith(group), name);
    });
  }

  if (keyExchange(process.versions.openssl).includes("MLKEM")) {
    it("when a server accepts only the hybrid with ML-KEM, connects to it", async () => {
      // Node has no name for this group, which is not an elliptic curve: the connection itself is the proof.
      await exchangeWith("X25519MLKEM768");
    });
  }

  it("when OpenSSL is older than 3.5, omits ML-KEM, because OpenSSL refuses a list with an unknown group", () => {
    for (const version of ["1.1.1w", "3.0.19", "3.4.1+quic"])
      assert.equal(keyExchange(version).includes("MLKEM"), false);
    for (const version of ["3.5.0", "3.6.1", "4.0.0"]) assert.equal(keyExchange(version).includes("MLKEM"), true);
  });
});

describe("contextOf", () => {
  it("when a file does not exist, omits it", () => assert.ok(contextOf([undefined, "/no/such.pem"])));

  it("when a file cannot be read, throws InvalidEnvironment", () =>
    assert.throws(() => contextOf([__dirname]), {
      code: "InvalidEnvironment",
      message: /NODE_EXTRA_CA_CERTS: EISDIR/,
    }));
});
