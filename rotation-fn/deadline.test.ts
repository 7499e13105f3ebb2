import assert from "node:assert/strict";
import { mock } from "node:test";
import { withinTimeLimit } from "./deadline";

const context = (ms: number) => ({ getRemainingTimeInMillis: () => ms });
const never = new Promise<never>(() => undefined);

describe("withinTimeLimit", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());

  it("returns the result of the work", async () => {
    assert.equal(await withinTimeLimit(context(3_000), Promise.resolve("done")), "done");
  });

  it("throws what the work throws", async () => {
    await assert.rejects(withinTimeLimit(context(3_000), Promise.reject(new Error("no"))), /^Error: no$/);
  });

  it("throws TimeLimit 1.5 s before Lambda's time limit, and not earlier", async () => {
    let ended: Error | undefined;
    const work = withinTimeLimit(context(10_000), never).catch((error) => {
      ended = error;
    });
    mock.timers.tick(8_499);
    await Promise.resolve();
    await Promise.resolve();
    assert.equal(ended, undefined);
    mock.timers.tick(1);
    await work;
    const { code, message } = (ended ?? {}) as { code?: string; message?: string };
    assert.equal(code, "TimeLimit");
    assert.equal(message, "not done after 8500 ms, shortly before Lambda's time limit");
  });

  it("when less than 1.5 s remain, throws immediately", async () => {
    const work = assert.rejects(withinTimeLimit(context(1_000), never), { message: /^not done after 0 ms/ });
    mock.timers.tick(1);
    await work;
  });

  it("leaves no timer behind that would keep the process alive", async () => {
    const cleared = mock.method(globalThis, "clearTimeout");
    await withinTimeLimit(context(3_000), Promise.resolve());
    assert.equal(cleared.mock.callCount(), 1);
    cleared.mock.restore();
  });
});
