import assert from "node:assert/strict";
import fc from "fast-check";
import { int32, typed } from "../../emulators/postgres/wire/messages";
import { ServerMessages } from "./serverMessages";

const good = [
  typed("R", int32(10), "SCRAM-SHA-256", Buffer.from([0])),
  typed("R", int32(0)),
  typed("S", "server_version", "18.4"),
  typed("E", "SFATAL", "C28P01", "Mrefused", Buffer.from([0])),
  typed("A", int32(1), "channel", "payload"),
  typed("N", Buffer.from([0])),
  typed("T", Buffer.from([0, 1]), "column", Buffer.alloc(18)),
  typed("T", Buffer.from([0, 0])),
  typed("n"),
  typed("C", "DO"),
  typed("Z", Buffer.from("I")),
];
const maxBytes = 1024 * 1024;
const notAMessage = { code: "ServerNotAuthenticated", message: /not a message of PostgreSQL/ };

describe("ServerMessages", () => {
  it("when bytes arrive in chunks of any size, returns the server's messages", () => {
    const bytes = Buffer.concat(good);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 300, maxLength: 300 }), (sizes) => {
        const messages = new ServerMessages();
        const found: Buffer[] = [];
        for (let at = 0, index = 0; at < bytes.length; at += sizes[index++] ?? 1) {
          found.push(...messages.push(bytes.subarray(at, at + (sizes[index] ?? 1))));
        }
        assert.deepEqual(found, good);
      }),
    );
  });

  for (const [what, bytes] of [
    ["length is less than its own four bytes", Buffer.from([0x4e, 0, 0, 0, 3])],
    ["length is negative", Buffer.from([0x4e, 0xff, 0xff, 0xff, 0xff])],
    ["notice has no fields and no end", typed("N", Buffer.alloc(0))],
    ["error has a text without an end", typed("E", Buffer.from("Mrefused"))],
    ["parameter has a name and no value", typed("S", "server_version")],
    ["command has no end", typed("C", Buffer.from("DO"))],
    ["list of mechanisms has no end", typed("R", int32(10), "SCRAM-SHA-256")],
    ["row description has fewer columns than it says", typed("T", Buffer.from([0xff, 0xff]), "name")],
    ["row description has no number of columns", typed("T", Buffer.from([0]))],
    ["column has no type", typed("T", Buffer.from([0, 1]), "column", Buffer.alloc(17))],
    ["notification has one text", typed("A", int32(1), "channel")],
    ["notification ends in its process ID", typed("A", Buffer.from([0, 0, 0]))],
    ["request for a proof has no kind", typed("R", Buffer.from([0, 0, 0]))],
    ["error has no end after its fields", typed("E", "SFATAL")],
  ] as const) {
    it(`when a message is malformed (${what}), throws ServerNotAuthenticated`, () => {
      assert.throws(() => new ServerMessages().push(bytes), notAMessage);
    });
  }

  it("when a message has 2 GB, or small messages exceed the limit, throws before they fill the memory", () => {
    const large = { code: "AnswerTooLarge" };
    assert.throws(() => new ServerMessages().push(Buffer.from([0x44, 0x7f, 0xff, 0xff, 0xff])), large);
    const messages = new ServerMessages();
    const notice = typed("N", "MX", Buffer.from([0]));
    assert.throws(() => {
      for (let sent = 0; sent < 2_000_000; sent += notice.length) messages.push(notice);
    }, large);
  });

  it("when messages have exactly the limit together, returns them; one byte more is too much", () => {
    const half = (bytes: number): Buffer => typed("D", Buffer.alloc(bytes - 5));
    const messages = new ServerMessages();
    assert.equal(messages.push(half(maxBytes / 2)).length, 1);
    assert.equal(messages.push(half(maxBytes / 2)).length, 1);
    const message = "the server sent more than 1048576 bytes, or a message of that length";
    assert.throws(() => messages.push(Buffer.from([0])), { code: "AnswerTooLarge", message });
  });

  it("when a message is announced that is longer than the limit, does not wait for it", () => {
    const header = (length: number): Buffer => Buffer.concat([Buffer.from("D"), int32(length)]);
    assert.deepEqual(new ServerMessages().push(header(maxBytes - 1)), []);
    assert.throws(() => new ServerMessages().push(header(maxBytes + 1)), { code: "AnswerTooLarge" });
  });
});
