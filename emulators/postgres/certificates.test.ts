import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { connect, createServer, type Server } from "node:tls";
import { listen } from "../listen";
import { type CertificateAuthority, createAuthority, type IssuedCertificate } from "./certificates";

describe("createAuthority", () => {
  let authority: CertificateAuthority;

  before(async () => {
    authority = await createAuthority("Rehearsal CA");
  });

  it("issues certificates that a client with this authority accepts", async () => {
    const issued = await authority.issue({ hostnames: ["localhost", "127.0.0.1"] });

    assert.equal(await handshake(issued, authority.certificatePem), "accepted");
  });

  it("issues certificates that a client with another authority of the same name refuses", async () => {
    const issued = await authority.issue({ hostnames: ["localhost"] });
    const other = await createAuthority("Rehearsal CA");

    assert.notEqual(await handshake(issued, other.certificatePem), "accepted");
  });

  it("issues certificates for other hosts, which a client refuses", async () => {
    const issued = await authority.issue({ hostnames: ["db.example.com"] });

    assert.equal(await handshake(issued, authority.certificatePem), "ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("issues certificates that have expired, which a client refuses", async () => {
    const issued = await authority.issue({ hostnames: ["localhost"], notAfter: new Date(Date.now() - 60_000) });

    assert.equal(await handshake(issued, authority.certificatePem), "CERT_HAS_EXPIRED");
  });

  it("marks only itself as an authority", async () => {
    const issued = await authority.issue({ hostnames: ["localhost"] });

    assert.equal(new X509Certificate(authority.certificatePem).ca, true);
    assert.equal(new X509Certificate(issued.certificatePem).ca, false);
  });
});

/** One TLS handshake against "localhost": "accepted", or the code of the refusal. */
async function handshake(issued: IssuedCertificate, ca: string): Promise<string> {
  const server: Server = createServer({ cert: issued.certificatePem, key: issued.keyPem });
  // The client's refusal reaches the server as an alert; it is the client's answer that counts.
  server.on("tlsClientError", () => {});
  const { port, close } = await listen(server);
  try {
    return await new Promise((resolve) => {
      const socket = connect({ host: "127.0.0.1", port, servername: "localhost", ca });
      socket.once("secureConnect", () => {
        socket.destroy();
        resolve("accepted");
      });
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  } finally {
    await close();
  }
}
