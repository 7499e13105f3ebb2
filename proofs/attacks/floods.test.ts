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

/** Bytes of a flood: more than a function may receive, and not too much for this machine. */
const enough = 160_000_000;
/** Bytes that a function with 128 MB may receive before it gives up, with the sockets' buffers. */
const bound = 48_000_000;

function* endlessly(chunk: Buffer, first: Buffer = Buffer.alloc(0)): Generator<Buffer> {
  const block = Buffer.concat(Array.from({ length: Math.ceil(65_536 / chunk.length) }, () => chunk));
  yield first;
  for (let sent = 0; sent < enough; sent += block.length) yield block;
}

const zero = Buffer.from([0]);
const notice = typed("N", "SNOTICE", "C00000", `M${"x".repeat(1_000)}`, zero);
const fieldName = typed("T", Buffer.from([0, 1]), "column", Buffer.alloc(18));
const row = typed("D", Buffer.from([0, 1]), int32(1_000), Buffer.alloc(1_000, 120));

const huge = (type: string): Iterable<Buffer> =>
  endlessly(Buffer.alloc(65_536, 120), Buffer.concat([Buffer.from(type), int32(0x7fff_fff0)]));

const floods: Readonly<Record<string, () => Iterable<Buffer>>> = {
  "notices without end": () => endlessly(notice),
  "settings without end": () => endlessly(typed("S", "name", "x".repeat(1_000))),
  "notifications without end": () => endlessly(typed("A", int32(1), "channel", "x".repeat(1_000))),
  "rows without end": () => endlessly(row, fieldName),
  "empty messages without end": () => endlessly(typed("1")),
  "one notice of 2 GB": () => huge("N"),
  "one error of 2 GB": () => huge("E"),
  "one row of 2 GB": () => huge("D"),
  "one message of an unknown kind, of 2 GB": () => huge("?"),
};

describe("attack by a server that has a trusted certificate, with a function of 128 MB", function () {
  this.timeout(60_000);
  let world: RogueWorld;

  before(async () => {
    world = await startRogueWorld();
  });
  after(() => world.close());

  /** Runs the step, and asserts that it fails with an error of the catalogue. */
  async function refused(
    answer: (password: () => string) => Answers,
    step: "setSecret" | "testSecret",
  ): Promise<string> {
    const { server, runStep } = await world.openRotation(answer);
    const result = await runStep(step);
    assert.ok(!result.ok, "the step succeeded");
    const { errorType, errorMessage } = result;
    assert.ok(server.bytesSent() < bound, `it received ${server.bytesSent()} bytes, and then: ${errorType}`);
    assert.ok(errorType in remedies && errorType !== "InternalError", `${errorType}: ${errorMessage}`);
    assert.ok(errorMessage.length < 16_384, `a message of ${errorMessage.length} characters`);
    return errorType;
  }

  for (const [what, flood] of Object.entries(floods)) {
    it(`${what}, before login: a clear error, and no more than ${bound / 1e6} MB are received`, async () => {
      await refused(() => answerTo("", flood), "setSecret");
    });

    it(`${what}, as the answer to a statement: a clear error, and no more than ${bound / 1e6} MB are received`, async () => {
      await refused((password) => proveByScram(password, answerTo("Q", flood)), "testSecret");
    });
  }

  it("a list of SASL mechanisms of 100 MB: a clear error", async () => {
    const list = Buffer.concat([Buffer.from("R"), int32(100_000_000), int32(10)]);
    await refused(() => answerTo("", () => endlessly(Buffer.from("SCRAM-SHA-256\0"), list)), "setSecret");
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

  // A parser that reads past their end would not end.
  const unfinished: Readonly<Record<string, Buffer>> = {
    "an error without fields": typed("E"),
    "an error without an end": typed("E", "SFATAL", "C28P01"),
    "a notice without fields": typed("N"),
    "a notice without an end": typed("N", "SNOTICE", Buffer.from("Mno end")),
    "a list of authentication methods without an end": typed("R", int32(10), Buffer.from("SCRAM-SHA-256")),
    "a row description without columns": typed("T", Buffer.from([0x7f, 0xff])),
    "a row without values": typed("D", Buffer.from([0x7f, 0xff])),
  };
  for (const [what, bytes] of Object.entries(unfinished)) {
    it(`${what}, before and after login: a clear error`, async () => {
      await refused(() => answerTo("", () => [bytes]), "setSecret");
      await refused(
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
          chosen.flatMap(([kind, said, bytes, honest]) => [
            Buffer.from(kind, "latin1"),
            int32(honest ? bytes.length + 4 : said),
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
