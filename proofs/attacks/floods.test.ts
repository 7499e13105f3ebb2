import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Answers,
  acceptAnyLogin,
  answerTo,
  askForClearText,
  askForMd5,
  proveByScram,
} from "../../emulators/postgres/rogueServer";
import { int32, typed } from "../../emulators/postgres/wire/messages";
import { remedies } from "../../rotation-fn/errors";
import { type RogueWorld, startRogueWorld } from "./rogueWorld";

/** Bytes that the server sends: more than the function may receive, and not too many for this machine. */
const floodBytes = 160_000_000;
/** Maximum number of bytes that a function with 128 MB may receive, including the buffers of the sockets. */
const maxReceivedBytes = 48_000_000;

function* repeat(chunk: Buffer, first: Buffer = Buffer.alloc(0)): Generator<Buffer> {
  const block = Buffer.concat(Array.from({ length: Math.ceil(65_536 / chunk.length) }, () => chunk));
  yield first;
  for (let sent = 0; sent < floodBytes; sent += block.length) yield block;
}

const terminator = Buffer.from([0]);
const notice = typed("N", "SNOTICE", "C00000", `M${"x".repeat(1_000)}`, terminator);
const fieldName = typed("T", Buffer.from([0, 1]), "column", Buffer.alloc(18));
const row = typed("D", Buffer.from([0, 1]), int32(1_000), Buffer.alloc(1_000, 120));

const hugeMessage = (type: string): Iterable<Buffer> =>
  repeat(Buffer.alloc(65_536, 120), Buffer.concat([Buffer.from(type), int32(0x7fff_fff0)]));

const floods: Readonly<Record<string, () => Iterable<Buffer>>> = {
  "notices without end": () => repeat(notice),
  "settings without end": () => repeat(typed("S", "name", "x".repeat(1_000))),
  "notifications without end": () => repeat(typed("A", int32(1), "channel", "x".repeat(1_000))),
  "rows without end": () => repeat(row, fieldName),
  "empty messages without end": () => repeat(typed("1")),
  "one notice of 2 GB": () => hugeMessage("N"),
  "one error of 2 GB": () => hugeMessage("E"),
  "one row of 2 GB": () => hugeMessage("D"),
  "one message of an unknown kind, of 2 GB": () => hugeMessage("?"),
};

describe("attack by a server that has a trusted certificate, with a function of 128 MB", function () {
  this.timeout(60_000);
  let world: RogueWorld;

  before(async () => {
    world = await startRogueWorld();
  });
  after(() => world.close());

  /** Runs the step, and asserts that it fails with an error of the catalogue. */
  async function assertStepFails(
    answer: (password: () => string) => Answers,
    step: "setSecret" | "testSecret",
  ): Promise<string> {
    const { server, runStep } = await world.openRotation(answer);
    const result = await runStep(step);
    assert.ok(!result.ok, "the step succeeded");
    const { errorType, errorMessage } = result;
    assert.ok(server.bytesSent() < maxReceivedBytes, `it received ${server.bytesSent()} bytes, and then: ${errorType}`);
    assert.ok(errorType in remedies && errorType !== "InternalError", `${errorType}: ${errorMessage}`);
    assert.ok(errorMessage.length < 16_384, `a message of ${errorMessage.length} characters`);
    return errorType;
  }

  for (const [what, flood] of Object.entries(floods)) {
    it(`${what}, before login: a clear error, and no more than ${maxReceivedBytes / 1e6} MB are received`, async () => {
      await assertStepFails(() => answerTo("", flood), "setSecret");
    });

    it(`${what}, as the answer to a statement: a clear error, and no more than ${maxReceivedBytes / 1e6} MB are received`, async () => {
      await assertStepFails((password) => proveByScram(password, answerTo("Q", flood)), "testSecret");
    });
  }

  it("a list of SASL mechanisms of 100 MB: a clear error", async () => {
    const list = Buffer.concat([Buffer.from("R"), int32(100_000_000), int32(10)]);
    await assertStepFails(() => answerTo("", () => repeat(Buffer.from("SCRAM-SHA-256\0"), list)), "setSecret");
  });

  for (const [what, answer, code] of [
    ["asks for MD5", askForMd5, "ServerNotAuthenticated"],
    ["asks for the password in clear text", askForClearText, "ClearTextAsked"],
    ["asks for nothing", acceptAnyLogin, "ServerNotAuthenticated"],
  ] as const) {
    it(`a server that ${what} and accepts everything: testSecret does not succeed`, async () => {
      const { runStep, server } = await world.openRotation(() => answer);
      await runStep("setSecret");
      const result = await runStep("testSecret");
      assert.ok(!result.ok, "testSecret succeeded");
      assert.equal(result.errorType, code, result.errorMessage);
      assert.ok(server.connections() > 0);
    });
  }

  // A parser that reads past the end of these messages would not stop.
  const unterminatedMessages: Readonly<Record<string, Buffer>> = {
    "an error without fields": typed("E"),
    "an error without an end": typed("E", "SFATAL", "C28P01"),
    "a notice without fields": typed("N"),
    "a notice without an end": typed("N", "SNOTICE", Buffer.from("Mno end")),
    "a list of authentication methods without an end": typed("R", int32(10), Buffer.from("SCRAM-SHA-256")),
    "a row description without columns": typed("T", Buffer.from([0x7f, 0xff])),
    "a row without values": typed("D", Buffer.from([0x7f, 0xff])),
  };
  for (const [what, bytes] of Object.entries(unterminatedMessages)) {
    it(`${what}, before and after login: a clear error`, async () => {
      await assertStepFails(() => answerTo("", () => [bytes]), "setSecret");
      await assertStepFails(
        (password) =>
          proveByScram(
            password,
            answerTo("Q", () => [bytes]),
          ),
        "testSecret",
      );
    });
  }

  it("messages that PostgreSQL never sends, before or after login: an error of the catalogue, and the process continues", async () => {
    const type = fc.constantFrom(..."RSKZETDCNAGHWdcn123vV?IstB", "\0", "\xff");
    const length = fc.oneof(fc.constantFrom(0, 1, 3, 4, 5, 8, 0x7fffffff, -1, -5), fc.integer({ min: 0, max: 100 }));
    const body = fc.uint8Array({ maxLength: 60 });
    const messages = fc.array(fc.tuple(type, length, body, fc.boolean()), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.boolean(), messages, async (loggedIn, chosen) => {
        const garbage = Buffer.concat(
          chosen.flatMap(([kind, declaredLength, bytes, isCorrect]) => [
            Buffer.from(kind, "latin1"),
            int32(isCorrect ? bytes.length + 4 : declaredLength),
            Buffer.from(bytes),
          ]),
        );
        const once = (at: string) => answerTo(at, () => [garbage]);
        const { runStep } = await world.openRotation(
          loggedIn ? (password) => proveByScram(password, once("Q")) : () => once(""),
        );
        const result = await runStep("testSecret");
        if (result.ok) return;
        assert.ok(result.errorType in remedies, `${result.errorType}: ${result.errorMessage}`);
      }),
      { numRuns: Number(process.env.ATTACK_RUNS ?? 3) * 8, includeErrorInReport: true },
    );
  });
});
