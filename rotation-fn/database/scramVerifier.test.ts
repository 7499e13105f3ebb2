import assert from "node:assert/strict";
import fc from "fast-check";
import { sharedPostgres } from "../../proofs/world/sharedPostgres";
import { scramVerifier } from "./scramVerifier";

describe("scramVerifier", () => {
  it("for the example in RFC 7677, returns its keys", async () => {
    // RFC 7677, section 3: user "user", password "pencil", salt and iterations of the server's first message.
    const verifier = await scramVerifier("pencil", Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"), 4096);
    assert.equal(
      verifier,
      "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
    );
  });

  it("for the same password, salt and iterations, returns the same verifier as PostgreSQL", async () => {
    const postgres = await sharedPostgres();
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 40, unit: "grapheme-ascii" }), async (password) => {
        const role = "verifier_of_server";
        await postgres.query(`DROP ROLE IF EXISTS ${role}`);
        await postgres.query(`CREATE ROLE ${role} PASSWORD '${password.replaceAll("'", "''")}'`);
        const { rows } = await postgres.query(`SELECT rolpassword FROM pg_authid WHERE rolname = '${role}'`);
        const stored = String(rows[0]?.rolpassword);
        const [, iterations, salt] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$/.exec(stored) ?? [];
        assert.equal(await scramVerifier(password, Buffer.from(salt ?? "", "base64"), Number(iterations)), stored);
      }),
      { numRuns: 20 },
    );
  });

  it("when called twice with the same password, returns different verifiers, because each has its own salt", async () => {
    assert.notEqual(await scramVerifier("pencil"), await scramVerifier("pencil"));
  });
});
