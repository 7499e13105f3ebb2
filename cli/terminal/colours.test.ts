import { strict as assert } from "node:assert";
import { coloursFor } from "./colours";

describe("coloursFor", () => {
  const terminal = { isTTY: true };
  const pipe = {};
  const cases: readonly [string, boolean, { isTTY?: boolean }, NodeJS.ProcessEnv][] = [
    ["colours a terminal", true, terminal, {}],
    ["leaves a terminal plain that asks for it by NO_COLOR", false, terminal, { NO_COLOR: "1" }],
    ["leaves a dumb terminal plain", false, terminal, { TERM: "dumb" }],
    ["leaves a pipe plain, in a CI's log too", false, pipe, { CI: "true" }],
    ["colours a pipe that asks for it by FORCE_COLOR", true, pipe, { FORCE_COLOR: "1" }],
    ["takes FORCE_COLOR=0 for a no", false, terminal, { FORCE_COLOR: "0" }],
    ["prefers NO_COLOR to FORCE_COLOR", false, terminal, { NO_COLOR: "1", FORCE_COLOR: "1" }],
  ];
  for (const [name, coloured, stream, env] of cases) {
    it(name, () => {
      assert.equal(coloursFor(stream, env).green("yes") !== "yes", coloured);
    });
  }
});
