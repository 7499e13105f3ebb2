import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pendingRotation } from "../../../proofs/world/pendingRotation";
import { freshOwner, randomPassword } from "../../../proofs/world/sharedPostgres";

const text = readFileSync(join(__dirname, "../../../docs/strategies.md"), "utf8");

/** The SQL below a `tried:` mark, with the names of this test. */
function sql(
  mark: string,
  { app, rotator, password }: Readonly<Record<"app" | "rotator" | "password", string>>,
): string {
  const [, block] = new RegExp(`<!-- tried: ${mark} -->\n\`\`\`sql\n(.*?)\`\`\``, "s").exec(text) ?? [];
  assert.ok(block, `docs/strategies.md has SQL for ${mark}`);
  return block
    .replaceAll(":'rotator_password'", `'${password}'`)
    .replace(/\brotator\b/g, rotator)
    .replace(/\bapp(_owner)?\b/g, `${app}$1`);
}

describe("the SQL of docs/strategies.md", () => {
  it("when it was run for a user that owns tables, alternating users rotate and both can change the tables", async () => {
    const login = await freshOwner();
    const { postgres, user, password, database } = login;
    const rotator = `rotator_${user}`;
    const rotatorPassword = randomPassword();
    const own = await postgres.connect({ user, password, database });
    await own.query("CREATE TABLE old AS SELECT 1 AS n");
    await own.end();

    const superuser = await postgres.connect({ user: "postgres", password: postgres.superuserPassword, database });
    const names = { app: user, rotator, password: rotatorPassword };
    await superuser.query(sql("admin", names));
    await superuser.end();

    const rotation = await pendingRotation({
      login,
      strategy: "alternating-users",
      admin: { username: rotator, password: rotatorPassword },
    });
    for (let i = 0; i < 3; i++) {
      if (i > 0) await rotation.rotateAgain();
      await rotation.runSteps();
      const { username, password } = (await rotation.read("AWSCURRENT")) ?? {};
      const client = await postgres.connect({ user: String(username), password: String(password), database });
      await client.query(`INSERT INTO old VALUES (${i}); ALTER TABLE old ADD COLUMN c${i} int`);
      await client.end();
    }
    await rotation.close();
  });
});
