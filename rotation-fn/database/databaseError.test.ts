import assert from "node:assert/strict";
import { type ErrorCode, RotationError } from "../errors";
import { databaseError, type Phase } from "./databaseError";

const credentials = {
  ...{ host: "db.example.com", port: 5432, username: "app", password: "hunter2-hunter2", dbname: "shop", ssl: true },
};
const coded = (code: string, message = "m"): Error => Object.assign(new Error(message), { code });

/** What the server answers, and the codes at the login and in a statement. */
const table: readonly (readonly [error: Error, login: ErrorCode, statement: ErrorCode])[] = [
  // The same SQLSTATE means different things.
  [coded("28P01"), "LoginRefused", "PasswordRejected"],
  [coded("28000"), "LoginNotAllowed", "PasswordRejected"],
  [coded("22023"), "DatabaseFailed", "PasswordRejected"],
  [coded("42501"), "ConnectDenied", "PermissionDenied"],
  [coded("0A000"), "PoolerDetected", "DatabaseFailed"],
  [coded("08P01"), "PoolerDetected", "DatabaseConnectionLost"],
  [coded("08000", "no logins at night"), "LoginNotAllowed", "DatabaseConnectionLost"],
  [coded("55000", 'database "shop" is not currently accepting connections'), "LoginNotAllowed", "DatabaseFailed"],
  [coded("P0001", "raised by a function"), "LoginNotAllowed", "PasswordRejected"],
  [coded("XX000", "rejecting connection, user 'app' has been banned"), "LoginNotAllowed", "DatabaseFailed"],
  [coded("XX000", "password type is not a plain text"), "DatabaseFailed", "PasswordRejected"],
  [coded("XX000", "password length should match 20"), "DatabaseFailed", "PasswordRejected"],
  [coded("XX000", "no possible grantors"), "DatabaseFailed", "PermissionDenied"],
  [coded("XX000", "tuple concurrently updated"), "DatabaseFailed", "DatabaseFailed"],
  // The same in both.
  ...(
    [
      ["3D000", "DatabaseMissing"],
      ["42704", "RoleMissing"],
      ["25006", "DatabaseReadOnly"],
      ["53300", "DatabaseFull"],
      ["25P04", "DatabaseConnectionLost"],
      ["57P01", "DatabaseConnectionLost"],
      ["57P02", "DatabaseConnectionLost"],
      ["57P03", "DatabaseStarting"],
      ["55P03", "DatabaseTimeout"],
      ["57014", "DatabaseTimeout"],
      ["08006", "DatabaseConnectionLost"],
      ["SRPIN", "PoolerDetected"],
      ["SRKEY", "RoleRefused"],
      ["SRTWO", "SecondLoginLeft"],
      ["SRPSS", "PasswordTracked"],
      ["XX000", "DatabaseFailed"],
      ["A0801", "DatabaseFailed"],
      ["constructor", "DatabaseFailed"],
      ["ECONNREFUSED", "DatabaseUnreachable"],
      ["EHOSTUNREACH", "DatabaseUnreachable"],
      ["ENETUNREACH", "DatabaseUnreachable"],
      ["ENOTFOUND", "DatabaseUnreachable"],
      ["EAI_AGAIN", "DatabaseUnreachable"],
      ["ETIMEDOUT", "DatabaseUnreachable"],
      ["ECONNRESET", "DatabaseConnectionLost"],
      ["EPIPE", "DatabaseConnectionLost"],
      ["CERT_HAS_EXPIRED", "TlsUntrusted"],
      ["UNABLE_TO_GET_ISSUER_CERT", "TlsUntrusted"],
      ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "TlsUntrusted"],
      ["SELF_SIGNED_CERT_IN_CHAIN", "TlsUntrusted"],
      ["ERR_TLS_CERT_ALTNAME_INVALID", "TlsUntrusted"],
      ["ERR_SSL_WRONG_VERSION_NUMBER", "TlsUntrusted"],
      ["INVALID_CA", "TlsUntrusted"],
      ["INVALID_PURPOSE", "TlsUntrusted"],
      ["HOSTNAME_MISMATCH", "TlsUntrusted"],
      ..."XERR_TLS XERR_SSL XUNABLE_TO XINVALID_CA INVALID_CAX XINVALID_PURPOSE INVALID_PURPOSEX XHOSTNAME_MISMATCH HOSTNAME_MISMATCHX"
        .split(" ")
        .map((code) => [code, "DatabaseFailed"] as const),
    ] as const
  ).map(([code, expected]) => [coded(code), expected, expected] as const),
  // Messages without a code.
  ...(
    [
      ["The server does not support SSL connections", "TlsUnsupported"],
      ["SASL: SCRAM-SERVER-FIRST-MESSAGE: iteration count 9 exceeds 5", "TooManyIterations"],
      ["SASL channel binding: the certificate has no hash", "TlsUnsupported"],
      ["SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature does not match", "ServerNotAuthenticated"],
      ["Connection terminated unexpectedly", "DatabaseConnectionLost"],
      ["Client has encountered a connection error and is not queryable", "DatabaseConnectionLost"],
      ["There was an error establishing an SSL connection", "DatabaseConnectionLost"],
      ["unsupported startup parameter: options", "PoolerDetected"],
      ['unrecognized configuration parameter "secrets_rotation.password"', "PoolerDetected"],
      ["an unknown answer", "DatabaseFailed"],
    ] as const
  ).map(([message, expected]) => [new Error(message), expected, expected] as const),
  [coded("57014", "canceling statement due to statement timeout"), "DatabaseTimeout", "DatabaseTimeout"],
  [Object.assign(new Error("m"), { code: 5 }), "DatabaseFailed", "DatabaseFailed"],
  [new Error("timeout expired"), "DatabaseUnreachable", "DatabaseTimeout"],
  [new AggregateError([coded("ECONNREFUSED"), coded("X")], ""), "DatabaseUnreachable", "DatabaseUnreachable"],
  [new AggregateError([], "none"), "DatabaseFailed", "DatabaseFailed"],
];

describe("databaseError", () => {
  for (const [error, login, statement] of table) {
    const what = [(error as { code?: string }).code, error.message].filter(Boolean).join(" ");
    for (const [phase, code] of [
      ["login", login],
      ["statement", statement],
    ] as const satisfies [Phase, ErrorCode][]) {
      it(`of "${what}" in a ${phase}: ${code}`, () => {
        assert.equal(databaseError(error, credentials, "doing", phase).code, code);
      });
    }
  }

  it("has what was done, where, by whom, and what the server answered", () => {
    const { message, cause } = databaseError(coded("XX000", "no"), credentials, "logging in with AWSCURRENT", "login");
    assert.equal(message, "logging in with AWSCURRENT at db.example.com:5432/shop as app: XX000 no");
    assert.equal((cause as Error).message, "no");
  });

  it("of a host with several addresses, has what happened at each", () => {
    const error = new AggregateError([coded("ENETUNREACH", "connect [::1]"), coded("ETIMEDOUT", "connect 10.0.0.1")]);
    const { message, code } = databaseError(error, credentials, "logging in", "login");
    assert.deepEqual(
      [code, message.split(" as app: ")[1]],
      ["DatabaseUnreachable", "ENETUNREACH connect [::1]; connect 10.0.0.1"],
    );
  });

  it("has only the type of something that is no error", () => {
    assert.match(databaseError("hunter2", credentials, "doing", "login").message, / as app: string$/);
  });

  it("hides the password and every verifier in the server's answer", () => {
    const said = new Error(
      "hunter2-hunter2 and hunter2-hunter2, SCRAM-SHA-256$4096:c2FsdA==$a2V5:a2V5 SCRAM-SHA-256$1:a",
    );
    assert.match(
      databaseError(said, credentials, "doing", "login").message,
      /: \[redacted\] and \[redacted\], \[redacted\] \[redacted\]$/,
    );
  });

  for (const [what, password, code, text] of [
    ["contains a control character", "a-tab\there", "XX000", "a-tab\there"],
    ["is where the text is cut", "hunter2-hunter2", "XX000", `${"x".repeat(990)}hunter2-hunter2`],
    ["is in the server's SQLSTATE", "hunter2-hunter2", "hunter2-hunter2", "no"],
  ] as const) {
    it(`hides a password that ${what}`, () => {
      const { message } = databaseError(coded(code, text), { ...credentials, password }, "doing", "login");
      assert.match(message, /\[red/);
      assert.ok(!/hunter|a-tab/.test(message));
    });
  }

  it("is classified by the first 1,000 characters: a long text of the server does not occupy the process", () => {
    const flood = `SASL: ${"iteration count ".repeat(64_000)}`;
    assert.equal(databaseError(new Error(flood), credentials, "doing", "login").code, "ServerNotAuthenticated");
    const late = `SASL: ${"x".repeat(1_000)} iteration count 9 exceeds 5`;
    assert.equal(databaseError(new Error(late), credentials, "doing", "login").code, "ServerNotAuthenticated");
  });

  it("returns a RotationError as it is", () => {
    const error = new RotationError("AnswerTooLarge", "x");
    assert.equal(databaseError(error, credentials, "doing", "login"), error);
  });
});
