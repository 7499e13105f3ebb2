import assert from "node:assert/strict";
import { sharedPostgres } from "../world/sharedPostgres";
import { soak } from "./soak";

describe("random lives of a secret", () => {
  it("lock nobody out, recover, and leave no credential in any log", async () => {
    const { failures, leaks, passwords } = await soak({
      ...{ postgres: await sharedPostgres(), seed: 20_261_124, from: 0, runs: 10, stands: 5 },
    });

    assert.deepEqual(failures, []);
    assert.deepEqual(leaks, []);
    assert.ok(passwords > 20);
  });
});
