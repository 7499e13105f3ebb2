import assert from "node:assert/strict";
import { nextUsername } from "./usernames";

describe("nextUsername", () => {
  it("single-user: is the user, also where the secret has its clone until now", () => {
    const settings = { strategy: "single-user", username: "app" } as const;
    assert.deepEqual([nextUsername(settings, "app"), nextUsername(settings, "app_clone")], ["app", "app"]);
  });

  it("alternating-users: is the other of the user and its clone", () => {
    const settings = { strategy: "alternating-users", username: "app" } as const;
    assert.deepEqual([nextUsername(settings, "app"), nextUsername(settings, "app_clone")], ["app_clone", "app"]);
  });

  it("alternating-users: takes up to 57 bytes, not characters, for the user's name", () => {
    const next = (username: string) => nextUsername({ strategy: "alternating-users", username }, username);
    assert.equal(next("x".repeat(57)), `${"x".repeat(57)}_clone`);
    assert.equal(next("é".repeat(28)), `${"é".repeat(28)}_clone`);
    for (const username of ["x".repeat(58), "é".repeat(29)]) {
      assert.throws(() => next(username), { code: "InvalidSettings", message: /at most 57 bytes/ });
    }
  });
});
