import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { escapeIdentifier } from "pg";
import { thorough } from "../world/servers";
import { rotatesWithoutGain } from "./gain";
import { type AttackTargetOptions, managed, target, titleOf } from "./target";

/** Names that, without correct quoting, end an identifier, a literal or a function body and start a statement. */
const names: readonly ((evil: string) => string)[] = [
  (evil) => `a"; ${evil}; --`,
  (evil) => `a'; ${evil}; --`,
  (evil) => `a" TO x; ${evil}; --`,
  (evil) => `$f$$$; ${evil}; $$$f$`,
  (evil) => `\\'; ${evil}; %I%L%s`,
  (evil) => `base64:${evil}`,
  (evil) => `ü'' ""\u2028✓${evil}`,
];

/** Rotates a user of the name. @returns what is wrong */
async function rotate(options: AttackTargetOptions, name: (evil: string) => string): Promise<string[]> {
  const evil = `evil${randomBytes(3).toString("hex")}`;
  const t = await target({ ...options, user: name(`CREATE ROLE ${evil}`), owner: false });
  await rotatesWithoutGain(t);
  const made = await t.sql(`SELECT FROM pg_roles WHERE rolname = '${evil}'`);
  return made.length === 0 ? [] : [`${t.user} became a statement`];
}

describe("attack by names", () => {
  for (const options of thorough ? Object.values(managed) : [managed.alternating]) {
    it(`of the user, ${titleOf(options)}: it is rotated, and no role gains a privilege`, async () => {
      const wrong = await Promise.all(names.map((name) => rotate(options, name)));
      assert.deepEqual(wrong.flat(), []);
    });
  }

  it("of a group and of a database with settings of the user, alternating-users: no role gains a privilege", async () => {
    const evil = `evil${randomBytes(3).toString("hex")}`;
    const t = await target(managed.alternatingBySuperuser);
    const odd = [`d"; CREATE ROLE ${evil}; --`, `d'; CREATE ROLE ${evil}; --`].map((name) => escapeIdentifier(name));
    for (const name of odd) {
      await t.sql(`CREATE DATABASE ${name} OWNER ${t.user}`, "postgres");
      await t.sql(`CREATE ROLE ${name}; GRANT ${name} TO ${t.user}`);
      await t.as(t.user, `ALTER ROLE ${t.user} IN DATABASE ${name} SET search_path = ${name}`);
    }

    await rotatesWithoutGain(t);

    assert.deepEqual(await t.sql(`SELECT FROM pg_roles WHERE rolname = '${evil}'`), []);
  });
});
