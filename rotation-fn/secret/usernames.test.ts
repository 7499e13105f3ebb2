import assert from "node:assert/strict";
import { nextUsername } from "./usernames";

describe("nextUsername", () => {
  for (const [strategy, username, next] of [
    ["single-user", "app", "app"],
    ["single-user", "app_clone", "app_clone"],
    ["alternating-users", "app", "app_clone"],
    ["alternating-users", "app_clone", "app"],
    ["alternating-users", "_clone_app", "_clone_app_clone"],
    ["alternating-users", "u".repeat(57), `${"u".repeat(57)}_clone`],
  ] as const) {
    it(`when the strategy is ${strategy} and the user is ${username}, returns ${next}`, () => {
      assert.equal(nextUsername(strategy, username), next);
    });
  }

  it("when the name of the clone is longer than 63 bytes, throws InvalidSecret with the limit for the username", () => {
    for (const username of ["u".repeat(58), "\u00e9".repeat(29)]) {
      assert.throws(() => nextUsername("alternating-users", username), {
        code: "InvalidSecret",
        message: /`username` may have at most 57 bytes .* "_clone" is added/,
      });
    }
  });
});
