import assert from "node:assert/strict";
import type { RotationError } from "../errors";
import { changePassword } from "./concurrentChange";
import { databaseError } from "./databaseError";
import type { Session } from "./session";

// Redacting this password changes the text of most messages, which must not change what is done.
const credentials = { host: "h", port: 5432, username: "app", password: "p", dbname: "d", ssl: true };

function answering(...answers: (RotationError | Record<string, unknown>[])[]): Session & { readonly sent: string[] } {
  const sent: string[] = [];
  return {
    ...{ verifierType: "scram", major: 18, sent, close: () => undefined },
    async run(statement, _purpose, command) {
      assert.equal(command, statement.split(" ")[0]);
      sent.push(statement);
      const answer = answers[sent.length - 1];
      if (answer instanceof Error) throw answer;
      return answer ?? [];
    },
  };
}

function failing(code: string, message = "refused"): RotationError {
  return databaseError(Object.assign(new Error(message), { code }), credentials, "changing the password", "statement");
}

describe("changePassword", () => {
  const conflicts = [
    ["XX000", "tuple concurrently updated"],
    ["XX000", "tuple concurrently deleted"],
    ...[["23505"], ["42710"], ["40P01"], ["40001"]],
  ] as [code: string, message?: string][];
  for (const [code, message] of conflicts)
    it(`when the server answers ${[code, message].join(" ").trim()}, repeats the change`, async () => {
      const session = answering(failing(code, message), [{ answer: 1 }]);
      assert.deepEqual(await changePassword(session, "DO", "purpose"), [{ answer: 1 }]);
      assert.deepEqual(session.sent, ["DO", "DO"]);
    });

  for (const error of [failing("XX000", "could not open file"), failing("42501")])
    it(`when the server answers ${error.message}, does not repeat the change`, async () => {
      const session = answering(error);
      await assert.rejects(changePassword(session, "DO", "purpose"), error);
      assert.equal(session.sent.length, 1);
    });

  it("when each attempt conflicts with another session, ends after six", async () => {
    const session = answering(...Array.from({ length: 9 }, () => failing("40001")));
    await assert.rejects(changePassword(session, "DO", "purpose"), { code: "DatabaseFailed" });
    assert.equal(session.sent.length, 6);
  });

  it("when another transaction locks the role, names its process and its user", async () => {
    const session = answering(failing("55P03"), [{ holder: "process 7 of app" }, { holder: "process 8 of dba" }]);
    await assert.rejects(changePassword(session, "DO", "purpose"), {
      code: "DatabaseTimeout",
      message: /55P03 refused: another session is changing the role: process 7 of app, process 8 of dba$/,
    });
    assert.match(session.sent[1] ?? "", /pg_locks/);
  });

  for (const [what, answer] of [
    ["has ended by then", []],
    ["cannot be looked up", failing("57014")],
  ] as const)
    it(`when another transaction locks the role and ${what}, throws DatabaseTimeout for a transaction that has ended`, async () => {
      const session = answering(failing("55P03"), answer as RotationError | []);
      await assert.rejects(changePassword(session, "DO", "purpose"), {
        code: "DatabaseTimeout",
        message: /a transaction that has ended since then$/,
      });
    });

  it("when the error is none of the server's, throws it unchanged", async () => {
    const bug = new TypeError("a bug");
    await assert.rejects(changePassword({ ...answering(), run: () => Promise.reject(bug) }, "DO", "purpose"), bug);
  });
});
