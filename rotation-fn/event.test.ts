import assert from "node:assert/strict";
import { parseEvent } from "./event";

const token = "0b1f6c5e-6f0f-4d8a-9d3f-5f4b7f0a1c2d";
const valid = {
  Step: "setSecret",
  SecretId: "arn:aws:secretsmanager:us-east-1:1:secret:db-AbCdEf",
  ClientRequestToken: token,
};

describe("parseEvent", () => {
  it("when the event has other keys, ignores them", () => {
    assert.deepEqual(parseEvent({ ...valid, RotationToken: "x" }), {
      step: "setSecret",
      secretId: valid.SecretId,
      token,
    });
  });

  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ["no value", undefined, /must be a JSON object, not missing/],
    ["null", null, /must be a JSON object, not null/],
    ["an array", [valid], /must be a JSON object, not an array/],
    ["text", "createSecret", /must be a JSON object, not a string of 12 characters/],
    ["no step", { ...valid, Step: undefined }, /Step must be one of createSecret, .*, not missing/],
    ["another step", { ...valid, Step: "CreateSecret" }, /Step must be one of/],
    ["an inherited name as step", { ...valid, Step: "constructor" }, /Step must be one of/],
    ["an empty secret id", { ...valid, SecretId: "" }, /SecretId must be .* not an empty string/],
    ["a secret id with a space", { ...valid, SecretId: "a b" }, /SecretId must be/],
    ["a secret id of 2,049 characters", { ...valid, SecretId: "a".repeat(2049) }, /SecretId must be/],
    [
      "a short token",
      { ...valid, ClientRequestToken: "abc" },
      /ClientRequestToken must be .* 32 to 64 .* 3 characters/,
    ],
    ["a token that is a number", { ...valid, ClientRequestToken: 7 }, /ClientRequestToken must be .* not a number/],
  ];
  for (const [name, event, says] of cases) {
    it(`when the event has ${name}, throws InvalidEvent`, () =>
      assert.throws(() => parseEvent(event), { code: "InvalidEvent", message: says }));
  }

  it("when several keys are invalid, names each of them", () => {
    assert.throws(() => parseEvent({}), { message: /Step.*; SecretId.*; ClientRequestToken/ });
  });

  it("when a value is invalid, does not quote it, because it may be a password", () => {
    assert.throws(
      () => parseEvent({ ...valid, SecretId: "hunter 2" }),
      (error: Error) => !error.message.includes("hunter"),
    );
  });
});
