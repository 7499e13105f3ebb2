import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createSecureContext, createServer } from "node:tls";
import { createAuthority } from "../../emulators/postgres/certificates";
import { keyExchange } from "./certificates";

/** Connects to a server that takes this group alone. @returns the group that the two exchanged their keys by */
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

describe("the key exchange", () => {
  for (const [group, name] of [
    ["P-256", "prime256v1"],
    ["X25519", "X25519"],
    ["P-384", "secp384r1"],
    ["P-521", "secp521r1"],
  ] as const) {
    it(`comes about with a server that takes ${group} alone`, async () => {
      assert.equal(await exchangeWith(group), name);
    });
  }

  if (keyExchange(process.versions.openssl).includes("MLKEM")) {
    it("comes about with a server that takes the hybrid with ML-KEM alone", async () => {
      // Not an elliptic curve, so that Node has no name for it: that the two agree at all is the proof.
      await exchangeWith("X25519MLKEM768");
    });
  }

  it("lists nothing that an older OpenSSL does not know, for it would refuse the whole list", () => {
    for (const version of ["1.1.1w", "3.0.19", "3.4.1+quic"])
      assert.equal(keyExchange(version).includes("MLKEM"), false);
    for (const version of ["3.5.0", "3.6.1", "4.0.0"]) assert.equal(keyExchange(version).includes("MLKEM"), true);
  });
});
