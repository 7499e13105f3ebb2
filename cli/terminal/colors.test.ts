import { strict as assert } from "node:assert";
import { colorsFor } from "./colors";

describe("colorsFor", () => {
  const terminal = { isTTY: true };
  const pipe = {};
  const cases: readonly [string, boolean, { isTTY?: boolean }, NodeJS.ProcessEnv][] = [
    ["uses color on a terminal", true, terminal, {}],
    ["with NO_COLOR, uses no color on a terminal", false, terminal, { NO_COLOR: "1" }],
    ["uses no color on a dumb terminal", false, terminal, { TERM: "dumb" }],
    ["uses no color in a pipe, also with CI", false, pipe, { CI: "true" }],
    ["with FORCE_COLOR, uses color in a pipe", true, pipe, { FORCE_COLOR: "1" }],
    ["with FORCE_COLOR=0, uses no color", false, terminal, { FORCE_COLOR: "0" }],
    ["with NO_COLOR and FORCE_COLOR, uses no color", false, terminal, { NO_COLOR: "1", FORCE_COLOR: "1" }],
  ];
  for (const [name, colored, stream, env] of cases) {
    it(name, () => {
      assert.equal(colorsFor(stream, env).green("yes") !== "yes", colored);
    });
  }
});
