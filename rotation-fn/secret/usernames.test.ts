import assert from "node:assert/strict";
import { nextUsername } from "./usernames";

describe("nextUsername", () => {
  it("single-user: returns the user, also if the secret names its clone", () => {
    const settings = { strategy: "single-user", username: "app" } as const;
    assert.deepEqual([nextUsername(settings, "app"), nextUsername(settings, "app_clone")], ["app", "app"]);
  });

  it("alternating-users: returns the other of the user and its clone", () => {
    const settings = { strategy: "alternating-users", username: "app" } as const;
    assert.deepEqual([nextUsername(settings, "app"), nextUsername(settings, "app_clone")], ["app_clone", "app"]);
  });

  it("alternating-users: when the user's name has more than 57 bytes, throws", () => {
    const next = (username: string) => nextUsername({ strategy: "alternating-users", username }, username);
    assert.equal(next("x".repeat(57)), `${"x".repeat(57)}_clone`);
    assert.equal(next("é".repeat(28)), `${"é".repeat(28)}_clone`);
    for (const username of ["x".repeat(58), "é".repeat(29)]) {
      assert.throws(() => next(username), { code: "InvalidSettings", message: /at most 57 bytes/ });
    }
  });
});
