import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { escapeIdentifier } from "pg";
import { thorough } from "../world/servers";
import { assertRotatesWithoutGain } from "./privileges";
import { type AttackTargetOptions, target, titleOf, withAdministrator } from "./target";

/** Names that, without correct quoting, end an identifier, a literal or a function body and start a statement. */
const names: readonly ((statement: string) => string)[] = [
  (statement) => `a"; ${statement}; --`,
  (statement) => `a'; ${statement}; --`,
  (statement) => `a" TO x; ${statement}; --`,
  (statement) => `$f$$$; ${statement}; $$$f$`,
  (statement) => `\\'; ${statement}; %I%L%s`,
  (statement) => `base64:${statement}`,
  (statement) => `ü'' ""\u2028✓${statement}`,
];

/** Rotates a user of the name. @returns what is wrong */
async function rotate(options: AttackTargetOptions, name: (statement: string) => string): Promise<string[]> {
  const role = `injected_${randomBytes(3).toString("hex")}`;
  const t = await target({ ...options, user: name(`CREATE ROLE ${role}`), owner: false });
  await assertRotatesWithoutGain(t);
  const created = await t.sql(`SELECT FROM pg_roles WHERE rolname = '${role}'`);
  return created.length === 0 ? [] : [`${t.user} became a statement`];
}

describe("attack by names", () => {
  for (const options of thorough ? Object.values(withAdministrator) : [withAdministrator.alternating]) {
    it(`of the user, ${titleOf(options)}: it is rotated, and no role gains a privilege`, async () => {
      const problems = await Promise.all(names.map((name) => rotate(options, name)));
      assert.deepEqual(problems.flat(), []);
    });
  }

  it("of a group and of a database with settings of the user, alternating-users: no role gains a privilege", async () => {
    const role = `injected_${randomBytes(3).toString("hex")}`;
    const t = await target(withAdministrator.alternatingBySuperuser);
    const oddNames = [`d"; CREATE ROLE ${role}; --`, `d'; CREATE ROLE ${role}; --`].map((name) =>
      escapeIdentifier(name),
    );
    for (const name of oddNames) {
      await t.sql(`CREATE DATABASE ${name} OWNER ${t.user}`, "postgres");
      await t.sql(`CREATE ROLE ${name}; GRANT ${name} TO ${t.user}`);
      await t.as(t.user, `ALTER ROLE ${t.user} IN DATABASE ${name} SET search_path = ${name}`);
    }

    await assertRotatesWithoutGain(t);

    assert.deepEqual(await t.sql(`SELECT FROM pg_roles WHERE rolname = '${role}'`), []);
  });
});
