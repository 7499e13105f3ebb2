import assert from "node:assert/strict";
import fc from "fast-check";
import { adminSecretTag, databaseTag, settingsOf, settingTags, usernameTag } from "./settings";
import { nextUsername } from "./usernames";

describe("settingsOf", () => {
  const admin = "arn:aws:secretsmanager:us-east-1:000000000000:secret:rds!db-1-AbCdEf";
  const all = {
    [settingTags.strategy]: "alternating-users",
    [settingTags.adminSecretArn]: adminSecretTag.write(admin),
    [settingTags.username]: "app",
    [settingTags.database]: "db.example.com:5433",
    [settingTags.memberOf]: "readers writers",
  };
  const read = (tags: Record<string, string>, username = "app", masterarn?: string) => {
    const value = { engine: "postgres", host: "h", port: 5432, username, password: "p", dbname: "d", ssl: true };
    return settingsOf({ tags }, { ...value, json: {}, masterarn });
  };
  const without = (...left: (keyof typeof settingTags)[]): Record<string, string> =>
    Object.fromEntries(Object.entries(all).filter(([tag]) => !left.some((name) => settingTags[name] === tag)));

  it("reads strategy, admin secret, user, server and memberships out of the tags", () => {
    assert.deepEqual(read(all), {
      strategy: "alternating-users",
      adminSecretArn: admin,
      memberOf: ["readers", "writers"],
      username: "app",
      database: { host: "db.example.com", port: 5433 },
    });
  });

  it("without any tag: the user of the value changes its own password", () => {
    assert.deepEqual(read({ team: "payments" }), {
      strategy: "single-user",
      adminSecretArn: undefined,
      memberOf: [],
      username: "app",
      database: undefined,
    });
  });

  it("without any tag: refuses a value with a masterarn, which alone never brings an administrator in", () => {
    assert.throws(() => read({}, "app", admin), { code: "InvalidSettings", message: /masterarn/ });
    assert.equal(read({ [settingTags.strategy]: "single-user" }, "app", admin).adminSecretArn, undefined);
  });

  for (const left of ["strategy", "adminSecretArn", "username", "database"] as const) {
    it(`refuses a secret that has lost its tag ${settingTags[left]}`, () => {
      assert.throws(() => read(without(left)), { code: "InvalidSettings", message: new RegExp(settingTags[left]) });
    });
  }

  it("refuses a strategy that does not exist, and a server that is not host:port", () => {
    assert.throws(() => read({ [settingTags.strategy]: "three-users" }), { code: "InvalidSettings" });
    assert.throws(() => read({ ...all, [settingTags.database]: "db.example.com" }), { code: "InvalidSettings" });
  });

  it("refuses a value that names another user than the tag, the user's clone aside", () => {
    assert.equal(read(all, "app_clone").username, "app");
    for (const username of ["other", "app_clone_clone", "App", "postgres"]) {
      assert.throws(() => read(all, username), { code: "TargetMismatch", message: new RegExp(username) });
    }
  });

  it("takes a name that ends in _clone for the user, where the tag names it", () => {
    const tags = { ...all, [settingTags.username]: "x_clone" };
    assert.equal(nextUsername(read(tags, "x_clone"), "x_clone"), "x_clone_clone");
    assert.throws(() => read(tags, "x"), { code: "TargetMismatch" });
  });

  it("refuses a clone's name in the value where there is no administrator", () => {
    const own = { [settingTags.strategy]: "single-user", [settingTags.username]: "app" };
    assert.throws(() => read(own, "app_clone"), { code: "TargetMismatch" });
  });
});

describe("usernameTag", () => {
  for (const name of ["app", "Ärger-é_1", "a b", "team/app:rw=1+2@x", ""]) {
    it(`keeps ${JSON.stringify(name)}, which a tag can hold`, () => assert.equal(usernameTag.write(name), name));
  }

  const odd = [
    "app'; --",
    'a"b',
    " app",
    "app ",
    "\u00a0app",
    "base64:YXBw",
    "a\tb",
    "a\nb",
    "app\n",
    "x$y",
    "😀",
    "a".repeat(257),
  ];
  for (const name of odd) {
    it(`encodes ${JSON.stringify(name.slice(0, 20))}, which a tag cannot hold or would not give back`, () => {
      const tag = usernameTag.write(name);
      assert.match(tag, /^base64:[A-Za-z0-9+/]*={0,2}$/);
      assert.equal(usernameTag.read(tag), name);
    });
  }

  it("writes any name of PostgreSQL's as a tag that AWS takes, and reads the same name back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => {
        const tag = usernameTag.write(name);
        assert.match(tag, /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u);
        assert.doesNotMatch(tag, /^\p{Z}|\p{Z}$/u);
        assert.equal(usernameTag.read(tag), name);
      }),
    );
  });
});

describe("databaseTag", () => {
  for (const [host, port] of [
    ["db.example.com", 5432],
    ["10.0.0.1", 1],
    ["2001:db8::1", 65535],
  ] as const) {
    it(`writes ${host} and ${port}, and reads the same back`, () => {
      assert.equal(databaseTag.write(host, port), `${host}:${port}`);
      assert.deepEqual(databaseTag.read(databaseTag.write(host, port)), { host, port });
    });
  }

  for (const text of ["", "db", "db:", ":5432", "db:0", "db:65536", "db:5432x", "db: 5432", "db:-1", "db:054320"]) {
    it(`reads nothing out of ${JSON.stringify(text)}`, () => assert.equal(databaseTag.read(text), undefined));
  }
});
