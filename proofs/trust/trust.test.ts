import assert from "node:assert/strict";
import {
  type CertificateAuthority,
  createAuthority,
  type IssuedCertificate,
} from "../../emulators/postgres/certificates";
import {
  acceptAnyLogin,
  askForClearText,
  pretendByScram,
  type RogueOptions,
  type RogueServer,
  startRogueServer,
} from "../../emulators/postgres/rogueServer";
import { sslRequest } from "../../emulators/postgres/wire/messages";
import type { ErrorCode } from "../../rotation-fn/errors";
import { startHarness } from "../world/harness";
import { singleUser } from "../world/scenario";
import { startWorld, type World } from "../world/world";

const hour = 3_600_000;

describe("an unexpected server", () => {
  let authority: CertificateAuthority;
  let server: RogueServer | undefined;
  let world: World | undefined;

  before(async () => {
    authority = await createAuthority();
  });

  afterEach(async () => {
    await world?.close();
    world = undefined;
    await server?.close();
  });

  const validCertificate = (): Promise<IssuedCertificate> => authority.issue({ hostnames: ["localhost"] });

  /**
   * Runs a rotation at such a server up to setSecret, which must fail.
   *
   * @returns the error, and all bytes that the server got
   */
  async function rotateAt(options: RogueOptions, secret: Record<string, unknown> = {}, environment = {}) {
    server = await startRogueServer(options);
    world = await startWorld({ function: { ca: authority.certificatePem, environment } });
    const tested = await world.addSecret({ value: { port: server.port, ...secret } });
    await tested.register();
    await tested.runStepsBefore("setSecret");
    const result = await tested.runStep("setSecret");
    for (const label of ["AWSCURRENT", "AWSPENDING"]) {
      const { password } = tested.credentials(label) ?? {};
      assert.ok(password !== undefined && !server.seen().includes(password), "the server got a password");
    }
    assert.ok(!result.ok, "the function set a password");
    return { ...result, seen: server.seen() };
  }

  const wrongCertificates: readonly (readonly [
    string,
    () => Promise<IssuedCertificate>,
    Record<string, unknown>,
    RegExp,
  ])[] = [
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
  for (const [what, certificate, secret, pattern] of wrongCertificates) {
    it(`is refused with ${what}, and gets no data`, async () => {
      const { errorType, errorMessage, seen } = await rotateAt({ certificate: await certificate() }, secret);

      assert.equal(errorType, "TlsUntrusted");
      assert.match(errorMessage, pattern);
      assert.equal(seen, sslRequest.toString("latin1"));
    });
  }

  it("is refused without TLS, and gets no data", async () => {
    const { errorType, seen } = await rotateAt({});

    assert.equal(errorType, "TlsUnsupported");
    assert.equal(seen, sslRequest.toString("latin1"));
  });

  it("is refused when bytes are injected before the TLS handshake", async () => {
    const { seen } = await rotateAt({ certificate: await validCertificate(), bytesBeforeTls: "R\0\0\0\b\0\0\0\0" });

    assert.ok(!seen.includes("user\0app"), "the function logged in");
  });

  const wrongAnswers: readonly (readonly [string, RogueOptions["answer"], RegExp, ErrorCode?])[] = [
    ["asks for the password in clear text", askForClearText, /asked for the password in clear/, "ClearTextAsked"],
    ["accepts any login", acceptAnyLogin, /accepted the login without a password/],
    ["uses SCRAM without knowing the password", pretendByScram(), /server signature does not match/],
    ["answers with another nonce", pretendByScram({ nonce: "mine" }), /nonce/],
    ["asks for a billion iterations", pretendByScram({ iterations: 1e9 }), /iteration count/, "TooManyIterations"],
  ];
  for (const [what, answer, pattern, code = "ServerNotAuthenticated"] of wrongAnswers) {
    it(`is refused when it ${what}, before it is asked to change anything`, async () => {
      const { errorType, errorMessage, seen } = await rotateAt({
        certificate: await validCertificate(),
        ...(answer && { answer }),
      });

      assert.equal(errorType, code, errorMessage);
      assert.match(errorMessage, pattern);
      assert.ok(!seen.includes("ALTER ROLE"), "the server got a statement");
    });
  }

  it("is refused by SCRAM's channel binding when it is a proxy with another trusted certificate", async () => {
    const harness = await startHarness();
    world = harness;
    harness.proxy.present(await harness.postgres.authority.issue({ hostnames: ["localhost"] }));
    const secret = await harness.prepare(singleUser);
    await secret.register();
    await secret.runStepsBefore("setSecret");

    const { ok } = await secret.runStep("setSecret");

    assert.equal(ok, false);
    assert.equal(await secret.logsIn("AWSCURRENT"), true);
  });
});
