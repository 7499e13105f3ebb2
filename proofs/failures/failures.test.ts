import assert from "node:assert/strict";
import { inspect } from "node:util";
import { asRotationError, type ErrorCode, remedies } from "../../rotation-fn/errors";
import { type FailedRotation, provokeError } from "./provoke";
import { provokedErrors } from "./provokedErrors";

/** Codes that other tests provoke: badInput and attacks. */
const provokedElsewhere: readonly ErrorCode[] = ["InvalidEnvironment", "AnswerTooLarge", "PasswordTracked"];

describe("a rotation that fails", () => {
  let failed: FailedRotation | undefined;

  afterEach(async () => {
    await failed?.repair();
    await failed?.harness.close();
    failed = undefined;
  });

  for (const error of provokedErrors) {
    it(`says ${error.code} for ${error.cause}`, async () => {
      failed = await provokeError(error);

      const { result, harness } = failed;
      assert.ok(!result.ok);
      assert.equal(result.errorType, error.code, result.errorMessage);
      assert.match(result.errorMessage, error.message);
      const logged = harness.log.filter((line) => line.includes('"outcome":"failed"'));
      assert.equal(logged.length, 1, "it is not logged once");
      assert.ok(logged[0]?.includes(JSON.stringify(remedies[error.code])), "the log does not contain the remedy");
    });
  }

  it("says InternalError for a fault of the function itself, without the text of the error", () => {
    const error = asRotationError(new TypeError("cannot read 'hunter2'"));

    assert.deepEqual([error.code, error.message], ["InternalError", "unexpected TypeError"]);
    assert.ok(!inspect({ ...error }).includes("hunter2"));
  });

  it("has a case for each code of the catalogue", () => {
    const provoked = new Set([...provokedErrors.map(({ code }) => code), ...provokedElsewhere, "InternalError"]);
    assert.deepEqual([...provoked].sort(), Object.keys(remedies).sort());
  });
});
