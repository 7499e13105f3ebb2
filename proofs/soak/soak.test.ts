import assert from "node:assert/strict";
import { sharedPostgres } from "../world/sharedPostgres";
import { soak } from "./soak";

describe("soak", () => {
  it("when rotations are disturbed at random, locks no client out, recovers, and leaves no credential in any log", async () => {
    const { failures, leaks, passwords } = await soak({
      ...{ postgres: await sharedPostgres(), seed: 20_261_124, from: 0, runs: 10, parallel: 5 },
    });

    assert.deepEqual(failures, []);
    assert.deepEqual(leaks, []);
    assert.ok(passwords > 20);
  });
});
