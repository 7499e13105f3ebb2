import assert from "node:assert/strict";
import { databaseError } from "./databaseError";
import { withReconnect } from "./reconnect";

// Redacting this password changes the text of most messages, which must not change what is done.
const credentials = { host: "h", port: 5432, username: "app", password: "p", dbname: "d", ssl: true };

/** Fails with each of these, and then succeeds. @returns the number of attempts */
async function attempts(errors: readonly Error[], remainingMs = 20_000): Promise<number> {
  let made = 0;
  await withReconnect(
    () => remainingMs,
    async () => {
      const error = errors[made++];
      if (error !== undefined) throw error;
    },
  ).catch((error) => {
    if (!errors.includes(error)) throw error;
    made = -made;
  });
  return made;
}

function failing(code?: string, message = "failed"): Error {
  return databaseError(Object.assign(new Error(message), { code }), credentials, "logging in", "login");
}

describe("withReconnect", () => {
  const table: [what: string, errors: Error[], attempts: number][] = [
    ["the connection breaks once", [failing("ECONNRESET")], 2],
    ["the connection breaks twice, does not repeat again", [failing("ECONNRESET"), failing("ECONNRESET")], -2],
    ["the user's transaction_timeout ends the session five times", Array(5).fill(failing("25P04")), 6],
    ["the user's transaction_timeout ends the session six times", Array(6).fill(failing("25P04")), -6],
    ["the password is refused", [failing("28P01")], -1],
    ["the server starts and the step has no time to wait", [failing("57P03")], -1],
    ["the error is none of the server's", [new TypeError("a bug")], -1],
  ];
  for (const [what, errors, expected] of table)
    it(`when ${what}, ${expected < 0 ? "gives up" : "succeeds"} at attempt ${Math.abs(expected)}`, async () => {
      assert.equal(await attempts(errors), expected);
    });

  const waitsFor: [what: string, error: Error, waits: boolean][] = [
    ["the server starts", failing("57P03"), true],
    ["pg_hba.conf has no line yet", failing("28000", 'no pg_hba.conf entry for host "h"'), true],
    ["the connection's time is over", failing("ETIMEDOUT"), true],
    ["pg's own time for a connection is over", failing(undefined, "timeout expired"), true],
    ["pg_hba.conf rejects the user", failing("28000", "pg_hba.conf rejects connection"), false],
    ["nothing listens on the port", failing("ECONNREFUSED"), false],
  ];
  for (const [what, error, waits] of waitsFor)
    it(`when ${what} and the step has time, ${waits ? "waits and repeats" : "gives up"}`, async () => {
      assert.equal(await attempts([error], 120_000), waits ? 2 : -1);
    });
});
