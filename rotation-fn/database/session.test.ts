import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Answers,
  acceptAnyLogin,
  answerTo,
  askForClearText,
  askForMd5,
  pretendByScram,
  proveByScram,
  type RogueServer,
  startRogueServer,
} from "../../emulators/postgres/rogueServer";
import { typed } from "../../emulators/postgres/wire/messages";
import { type SignInOptions, signIn, tryToSignIn } from "./session";

const password = "the-password";
const ready = typed("Z", Buffer.from("I"));
const confirming = (...commands: string[]): Buffer =>
  Buffer.concat([...commands.map((command) => typed("C", command)), ready]);
const failing = (code: string, text = "refused"): Buffer =>
  Buffer.concat([typed("E", "SERROR", `C${code}`, `M${text}`, Buffer.from([0])), ready]);

describe("signIn", () => {
  let server: RogueServer | undefined;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  /** Logs in, without TLS, at a server that answers so. */
  async function at(answer: Answers, options: Partial<SignInOptions> = {}) {
    server = await startRogueServer({ inClear: true, answer });
    const credentials = { host: "localhost", port: server.port, username: "app", password, dbname: "shop", ssl: false };
    return { login: () => signIn(credentials, "AWSCURRENT", { signal: undefined, ...options }), credentials };
  }

  const refused: [what: string, answer: Answers, options: Partial<SignInOptions>, code: string, message: RegExp][] = [
    ["asks for the password in clear text", askForClearText, {}, "ClearTextAsked", /in clear text$/],
    ["asks for no proof", acceptAnyLogin, {}, "ServerNotAuthenticated", /accepted the login without a password$/],
    [
      ...(["asks for an MD5 hash, and only SCRAM is a proof", askForMd5, { proof: "scram" }] as const),
      ...(["ServerNotAuthenticated", /asked for an MD5 hash, although it stores a SCRAM verifier$/] as const),
    ],
    ["does not know the password", pretendByScram(), {}, "ServerNotAuthenticated", /server signature/],
    [
      ...(["sends what is no message", answerTo("", () => Buffer.from([0x4e, 0, 0, 0, 3])), {}] as const),
      ...(["ServerNotAuthenticated", /not a message of PostgreSQL$/] as const),
    ],
    [
      ...(["sends 2 MB", answerTo("", () => typed("N", Buffer.alloc(2 * 1024 * 1024))), {}] as const),
      ...(["AnswerTooLarge", /more than 1048576 bytes/] as const),
    ],
  ];
  for (const [what, answer, options, code, message] of refused) {
    it(`when the server ${what}, throws ${code}, and the server gets no password and no statement`, async () => {
      const { login } = await at(answer, options);
      await assert.rejects(login(), { code, message });
      assert.ok(!server?.seen().includes(password));
      // With the space: the random texts of SCRAM are base64, and can contain the letters.
      assert.ok(!server?.seen().includes("DO "));
    });
  }

  it("when the server knows the password, has a session of the user", async () => {
    const { login } = await at(
      proveByScram(
        () => password,
        () => undefined,
      ),
    );
    const { verifierType, major, close } = await login();
    assert.deepEqual([verifierType, major], ["scram", 0]);
    close();
  });

  it("when the server does not say its scram_iterations, the new verifier has those of the stored one, in a second login", async () => {
    const asked: number[] = [];
    const newPassword = async (iterations: number): Promise<string> => `verifier-${asked.push(iterations)}`;
    const answers = answerTo("Q", () => confirming("DO", "SELECT"));
    const { login } = await at(
      proveByScram(() => password, answers, 8_192),
      { newPassword },
    );
    (await login()).close();
    assert.deepEqual([asked, server?.connections()], [[4096, 8192], 2]);
    assert.match(server?.seen() ?? "", /secrets_rotation\.password=verifier-2/);
  });

  it("when it cannot find out who decides the iterations, closes the session", async () => {
    const answers = answerTo("Q", () => failing("42501"));
    const { login } = await at(
      proveByScram(() => password, answers, 8_192),
      { newPassword: async () => "verifier" },
    );
    await assert.rejects(login(), { code: "PermissionDenied", message: /^reading scram_iterations at / });
    const terminate = "X\0\0\0\u0004";
    while (!server?.seen().endsWith(terminate)) await sleep(5);
  });

  it("when the server quotes a new password in plaintext, hides it", async () => {
    const answers = answerTo("Q", () => failing("P0001", "new-password is in the dictionary"));
    const { login } = await at(
      proveByScram(() => password, answers),
      { newPassword: async () => "new-password" },
    );
    const session = await login();
    await assert.rejects(session.run("DO", "changing", "DO"), {
      message: /: P0001 \[redacted\] is in the dictionary$/,
    });
    session.close();
  });

  it("when the server asks for an MD5 hash and that is a proof, the verifier type is md5", async () => {
    const { login } = await at(askForMd5);
    const session = await login();
    assert.equal(session.verifierType, "md5");
    session.close();
  });

  it("when only the password is refused, tryToSignIn returns the refusal; it throws anything else", async () => {
    for (const [code, refusal] of [
      ["28P01", "LoginRefused"],
      ["28000", undefined],
    ] as const) {
      const { credentials } = await at(answerTo("", () => failing(code)));
      const attempt = tryToSignIn(credentials, "AWSCURRENT", { signal: undefined });
      if (refusal === undefined) await assert.rejects(attempt, { code: "LoginNotAllowed" });
      else assert.equal((await attempt).refusal?.code, refusal);
      await server?.close();
    }
  });

  it("when its signal is aborted, throws its reason, and does not connect", async () => {
    const reason = new Error("the step has ended");
    const { login } = await at(acceptAnyLogin, { signal: AbortSignal.abort(reason) });
    await assert.rejects(login(), reason);
    assert.equal(server?.connections(), 0);
  });
});

describe("a session's statement", () => {
  let server: RogueServer;

  afterEach(() => server.close());

  async function sessionAt(answers: Buffer[], { signal, version }: { signal?: AbortSignal; version?: string } = {}) {
    const proving = proveByScram(
      () => password,
      answerTo("Q", () => answers.shift()),
    );
    const answer: Answers = (message) => {
      const bytes = proving(message);
      if (version === undefined || message.type !== "p" || !Buffer.isBuffer(bytes)) return bytes;
      const [proof, loggedIn] = [bytes.subarray(0, -ready.length), bytes.subarray(-ready.length)];
      return loggedIn.equals(ready) ? Buffer.concat([proof, typed("S", "server_version", version), ready]) : bytes;
    };
    server = await startRogueServer({ inClear: true, answer });
    const credentials = { host: "localhost", port: server.port, username: "app", password, dbname: "shop", ssl: false };
    return signIn(credentials, "AWSCURRENT", { signal });
  }

  const statements = (): string[] => server.seen().split("current_setting(''search_path''");

  for (const [version, ...confirmed] of [
    ["18.4", "SET", "DO", "SELECT"],
    ["17.0", "SET", "DO", "SELECT"],
    ["16.10", "DO", "SELECT"],
  ] as [string, ...string[]][])
    it(`on PostgreSQL ${version}, ${confirmed.length === 3 ? "also" : "does not"} turn transaction_timeout off`, async () => {
      const session = await sessionAt([confirming(...confirmed)], { version });
      await session.run("SELECT 1", "reading", "SELECT");
      assert.equal(session.major, Number.parseInt(version, 10));
      assert.equal(server.seen().includes("SET transaction_timeout TO 0"), confirmed.length === 3);
      session.close();
    });

  it("follows the check of the session's settings, in the first message alone", async () => {
    const session = await sessionAt([confirming("DO", "SELECT"), confirming("SELECT")]);
    await session.run("SELECT 1", "reading", "SELECT");
    await session.run("SELECT 2", "reading", "SELECT");
    assert.equal(statements().length, 2);
    session.close();
  });

  it("when the first message failed, follows the check again", async () => {
    const session = await sessionAt([failing("42501"), confirming("DO", "SELECT")]);
    await assert.rejects(session.run("SELECT 1", "reading", "SELECT"), { code: "PermissionDenied" });
    await session.run("SELECT 1", "reading", "SELECT");
    assert.equal(statements().length, 3);
    session.close();
  });

  for (const [what, answer, named] of [
    ["another command", confirming("DO", "SET"), "SET"],
    ["the check alone", confirming("DO"), "nothing"],
  ] as const)
    it(`when the server confirms ${what}, throws DatabaseFailed`, async () => {
      const session = await sessionAt([answer]);
      const message = `changing the password: the server confirmed ${named}, not ALTER`;
      await assert.rejects(session.run("ALTER", "changing the password", "ALTER"), { code: "DatabaseFailed", message });
      session.close();
    });

  it("when the signal is aborted, is not sent", async () => {
    const end = new AbortController();
    const session = await sessionAt([confirming("DO", "SELECT")], { signal: end.signal });
    end.abort(new Error("the step has ended"));
    await assert.rejects(session.run("SELECT 1", "reading", "SELECT"), { message: "the step has ended" });
    assert.ok(!server.seen().includes("SELECT 1"));
    session.close();
  });
});
