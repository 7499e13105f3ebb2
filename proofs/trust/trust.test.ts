import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CertificateAuthority,
  createAuthority,
  type IssuedCertificate,
} from "../../emulators/postgres/certificates";
import {
  askingInClear,
  pretending,
  type RogueOptions,
  type RogueServer,
  startRogueServer,
  trusting,
} from "../../emulators/postgres/rogueServer";
import { sslRequest } from "../../emulators/postgres/wire/messages";
import { startPostgresProxy } from "../../emulators/postgres/wire/postgresProxy";
import { type FunctionAgainst, functionAgainst } from "../world/functionAgainst";
import { freshLogin } from "../world/sharedPostgres";

const hour = 3_600_000;

describe("a server that is not the one expected", () => {
  let authority: CertificateAuthority;
  let server: RogueServer | undefined;
  let subject: FunctionAgainst | undefined;

  before(async () => {
    authority = await createAuthority();
  });

  afterEach(async () => {
    await subject?.close();
    await server?.close();
  });

  const good = (): Promise<IssuedCertificate> => authority.issue({ hostnames: ["localhost"] });

  /** Has the function set a new password at such a server, and gives all that the server saw. */
  async function meet(options: RogueOptions, secret: Record<string, unknown> = {}, environment = {}) {
    server = await startRogueServer(options);
    subject = await functionAgainst({
      ...{ ca: authority.certificatePem, environment },
      secret: { port: server.port, ...secret },
    });
    assert.equal((await subject.take("createSecret")).ok, true);
    const answer = await subject.take("setSecret");
    const pending: { password: string } = JSON.parse(subject.pending() ?? "{}");
    for (const password of [subject.password, pending.password]) {
      assert.ok(!server.seen().includes(password), "it got to see a password");
    }
    return { answer, seen: server.seen() };
  }

  const strangers: readonly (readonly [string, () => Promise<IssuedCertificate>, Record<string, unknown>, RegExp])[] = [
    [
      "a certificate of another authority",
      async () => (await createAuthority()).issue({ hostnames: ["localhost"] }),
      {},
      /signature|issuer|self.signed|UNABLE_TO/i,
    ],
    [
      "a certificate that has expired",
      () => authority.issue({ hostnames: ["localhost"], notAfter: new Date(Date.now() - hour) }),
      {},
      /CERT_HAS_EXPIRED/,
    ],
    [
      "a certificate that is not valid yet",
      () => authority.issue({ hostnames: ["localhost"], notBefore: new Date(Date.now() + hour) }),
      {},
      /CERT_NOT_YET_VALID/,
    ],
    [
      "a certificate for another host",
      () => authority.issue({ hostnames: ["db.example.com"] }),
      {},
      /ERR_TLS_CERT_ALTNAME_INVALID/,
    ],
    [
      "a certificate without the address that the secret names",
      () => authority.issue({ hostnames: ["localhost"] }),
      { host: "127.0.0.1" },
      /ERR_TLS_CERT_ALTNAME_INVALID/,
    ],
  ];
  for (const [what, certificate, secret, says] of strangers) {
    it(`is refused with ${what}, and sees nothing`, async () => {
      const { answer, seen } = await meet({ certificate: await certificate() }, secret);

      assert.equal(answer.errorType, "TlsUntrusted");
      assert.match(answer.errorMessage ?? "", says);
      assert.equal(seen, sslRequest.toString("latin1"));
    });
  }

  it("is refused without TLS, and sees nothing", async () => {
    const { answer, seen } = await meet({});

    assert.equal(answer.errorType, "TlsUnsupported");
    assert.equal(seen, sslRequest.toString("latin1"));
  });

  it("is refused when somebody stuffs bytes in before TLS begins", async () => {
    const { answer, seen } = await meet({ certificate: await good(), stuffed: "R\0\0\0\b\0\0\0\0" });

    assert.equal(answer.ok, false);
    assert.ok(!seen.includes("user\0app"), "the function signed in");
  });

  const liars: readonly (readonly [string, RogueOptions["answer"], RegExp])[] = [
    ["asks for the password in clear", askingInClear, /asked for the password in clear/],
    ["lets everybody in", trusting, /accepted the login without a password/],
    ["plays SCRAM without knowing the password", pretending(), /server signature does not match/],
    ["answers with a nonce of its own", pretending({ nonce: "mine" }), /nonce/],
    ["asks for more work than anybody should do", pretending({ iterations: 1e9 }), /iteration count/],
  ];
  for (const [what, answer, says] of liars) {
    it(`is refused when it ${what}, before it is asked to change anything`, async () => {
      const met = await meet({ certificate: await good(), ...(answer && { answer }) });

      assert.equal(met.answer.errorType, "ServerNotAuthenticated", met.answer.errorMessage);
      assert.match(met.answer.errorMessage ?? "", says);
      assert.ok(!met.seen.includes("ALTER ROLE"), "it got a statement");
    });
  }

  it("is refused where it stands in the middle with a certificate that is trusted, by SCRAM's channel binding", async () => {
    const { postgres, user, password } = await freshLogin();
    const proxy = await startPostgresProxy({
      ...{ port: postgres.port, ca: postgres.ca },
      certificate: {
        certificatePem: readFileSync(join(postgres.dataDir, "server.crt"), "utf8"),
        keyPem: readFileSync(join(postgres.dataDir, "server.key"), "utf8"),
      },
    });
    try {
      proxy.present(await postgres.authority.issue({ hostnames: ["localhost"] }));
      subject = await functionAgainst({
        ca: postgres.ca,
        secret: { port: proxy.port, username: user, password, dbname: user },
      });
      await subject.take("createSecret");

      const answer = await subject.take("setSecret");

      assert.equal(answer.ok, false);
      assert.equal(await postgres.canLogIn(user, password, user), true);
    } finally {
      await proxy.close();
    }
  });
});
