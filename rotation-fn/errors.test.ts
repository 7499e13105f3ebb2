import assert from "node:assert/strict";
import { inspect } from "node:util";
import { asRotationError, RotationError, remedies } from "./errors";

describe("RotationError", () => {
  it("has the code as its name, and the code's remedy", () => {
    const error = new RotationError("DatabaseFull", "no more");
    assert.deepEqual(
      [error.name, error.code, error.message, error.remedy, error.repair, error.cause],
      ["DatabaseFull", "DatabaseFull", "no more", remedies.DatabaseFull, undefined, undefined],
    );
    assert.equal("cause" in error, false);
  });

  it("with SQL that repairs: has it, and in its message", () => {
    const { message, repair } = new RotationError("RoleRefused", "a role", { repair: "ALTER ROLE a LOGIN;" });
    assert.deepEqual([message, repair], ["a role (ALTER ROLE a LOGIN;)", "ALTER ROLE a LOGIN;"]);
  });

  it("keeps its cause for code, and hides it from code that prints the error's keys", () => {
    const cause = new Error("hunter2");
    const error = new RotationError("DatabaseFailed", "x", { cause });
    assert.equal(error.cause, cause);
    assert.ok(!inspect({ ...error }).includes("hunter2"));
    assert.deepEqual(Object.keys(error), ["code", "remedy", "repair", "name"]);
  });

  it("escapes control characters of foreign text", () => {
    assert.equal(new RotationError("DatabaseFailed", "a\u001b[2Jb").message, "a\\u001b[2Jb");
  });
});

describe("asRotationError", () => {
  it("returns a RotationError as it is", () => {
    const error = new RotationError("TimeLimit", "x");
    assert.equal(asRotationError(error), error);
  });

  for (const [thrown, message] of [
    [new TypeError("hunter2"), "unexpected TypeError"],
    ["hunter2", "unexpected string"],
    [undefined, "unexpected undefined"],
  ] as const) {
    it(`of anything else: InternalError, "${message}", and nothing of its text`, () => {
      const error = asRotationError(thrown);
      assert.deepEqual([error.code, error.message, error.cause], ["InternalError", message, thrown]);
    });
  }
});
