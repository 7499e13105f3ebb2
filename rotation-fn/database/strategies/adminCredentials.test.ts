import assert from "node:assert/strict";
import { adminCredentials } from "./asAdmin";

const target = { host: "db.example.com", port: 5433, username: "app", dbname: "shop", ssl: true };
const login = { username: "admin", password: "p" };

function read(value: object) {
  return adminCredentials(JSON.stringify({ ...login, ...value }), "admin AWSCURRENT", target, "postgres");
}

describe("adminCredentials", () => {
  it("of a secret with user and password alone, as RDS makes them, are for the user's server, with TLS", () => {
    const { text: _, masterarn: __, ...credentials } = read({});
    const server = { host: "db.example.com", port: 5433, dbname: "postgres", ssl: true };
    assert.deepEqual(credentials, { ...login, ...server });
  });

  it("are for the administrators' database, not for the one in the secret", () => {
    assert.equal(read({ engine: "postgres", dbname: "shop" }).dbname, "postgres");
  });

  it('are without TLS only if the secret says "ssl": false', () => {
    assert.equal(read({ ssl: false }).ssl, false);
  });

  it("when the secret names the same host in capitals, are for the host as the user's secret has it", () => {
    assert.equal(read({ host: "DB.Example.com" }).host, "db.example.com");
  });

  for (const [what, server, named] of [
    ["another host", { host: "evil.example.com" }, "evil.example.com:5433"],
    ["another port", { port: 5432 }, "db.example.com:5432"],
  ] as const)
    it(`when the secret names ${what}, throws TargetMismatch`, () => {
      assert.throws(() => read(server), {
        code: "TargetMismatch",
        message: `the secret's admin AWSCURRENT version is for ${named}, the rotated one for db.example.com:5433`,
      });
    });

  it("when the administrator is the user, throws RoleRefused", () => {
    assert.throws(() => read({ username: "app" }), {
      code: "RoleRefused",
      message: "app is the administrator, which is never rotated",
    });
  });
});
