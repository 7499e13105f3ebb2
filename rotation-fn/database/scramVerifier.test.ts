import assert from "node:assert/strict";
import fc from "fast-check";
import { sharedPostgres } from "../../proofs/world/sharedPostgres";
import { scramVerifier } from "./scramVerifier";

describe("scramVerifier", () => {
  it("gives the keys of the example in RFC 7677", async () => {
    // RFC 7677, section 3: user "user", password "pencil", salt and iterations of the server's first message.
    const verifier = await scramVerifier("pencil", Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"), 4096);
    assert.equal(
      verifier,
      "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
    );
  });

  it("gives what PostgreSQL itself derives from the same password, salt and iterations", async () => {
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

  it("takes a salt of its own each time, so that the same password never makes the same verifier", async () => {
    assert.notEqual(await scramVerifier("pencil"), await scramVerifier("pencil"));
  });
});
