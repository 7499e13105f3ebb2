import assert from "node:assert/strict";
import { keyOf } from "../world/effects";
import { findLeaks, Ledger } from "../world/ledger";
import { scenarios } from "../world/scenario";
import { sharedPostgres } from "../world/sharedPostgres";
import { changesSomething, type Mode } from "./crash";
import { type Matrix, type MatrixOptions, runMatrix } from "./matrix";

describe("the crash matrix", () => {
  async function run(modes: readonly Mode[], options: Partial<MatrixOptions>): Promise<Matrix> {
    const postgres = await sharedPostgres();
    const from = postgres.log().length;
    const ledger = new Ledger();
    const matrix = await runMatrix({ postgres, ledger, scenarios, modes, ...options });
    const failures = matrix.results.flatMap(({ crash, failure }) =>
      failure === undefined ? [] : [`${crash.scenario.name} | ${keyOf(crash.effect)} | ${crash.mode}: ${failure}`],
    );
    assert.deepEqual(failures, []);
    const texts = { function: matrix.log.join("\n"), PostgreSQL: (await postgres.completeLog()).slice(from) };
    assert.ok(ledger.passwords.size > matrix.results.length && ledger.verifiers.size > matrix.results.length);
    assert.deepEqual(findLeaks(ledger, texts), []);
    return matrix;
  }

  it("when the function is killed before an effect, or an answer is lost, locks no client out, and rotation succeeds", async () => {
    const { results } = await run(["before", "lost"], { processes: false, harnesses: 6 });

    assert.ok(results.length >= 100, `only ${results.length} crashes`);
    const retried = results.filter(({ crash, attempts }) => crash.mode === "lost" && attempts > 1);
    assert.deepEqual(
      retried.map(({ crash }) => keyOf(crash.effect)),
      [],
      "an answer that is lost once makes a step fail",
    );
  });

  it("when the function is killed after a change, locks no client out, and rotation succeeds", async () => {
    const { results } = await run(["after"], { only: changesSomething, harnesses: 3 });

    assert.ok(results.length >= 9, `only ${results.length} crashes`);
  });
});
