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
    return settingsOf({ tags }, { ...value, text: "", masterarn });
  };
  const without = (...left: (keyof typeof settingTags)[]): Record<string, string> =>
    Object.fromEntries(Object.entries(all).filter(([tag]) => !left.some((name) => settingTags[name] === tag)));

  it("reads strategy, admin secret, user, server and memberships from the tags", () => {
    assert.deepEqual(read(all), {
      strategy: "alternating-users",
      adminSecretArn: admin,
      memberOf: ["readers", "writers"],
      username: "app",
      database: { host: "db.example.com", port: 5433 },
    });
  });

  it("when there are no tags, the user in the value changes its own password", () => {
    assert.deepEqual(read({ team: "payments" }), {
      strategy: "single-user",
      adminSecretArn: undefined,
      memberOf: [],
      username: "app",
      database: undefined,
    });
  });

  it("when there are no tags and the value has a masterarn, throws InvalidSettings", () => {
    assert.throws(() => read({}, "app", admin), { code: "InvalidSettings", message: /masterarn/ });
    assert.equal(read({ [settingTags.strategy]: "single-user" }, "app", admin).adminSecretArn, undefined);
  });

  for (const left of ["strategy", "adminSecretArn", "username", "database"] as const) {
    it(`when the tag ${settingTags[left]} is missing, throws InvalidSettings`, () => {
      assert.throws(() => read(without(left)), { code: "InvalidSettings", message: new RegExp(settingTags[left]) });
    });
  }

  for (const empty of ["strategy", "adminSecretArn", "username", "database"] as const) {
    it(`when the tag ${settingTags[empty]} is empty, throws InvalidSettings`, () => {
      const tags = { ...all, [settingTags[empty]]: "" };
      assert.throws(() => read(tags), { code: "InvalidSettings", message: new RegExp(settingTags[empty]) });
    });
  }

  it("when the strategy does not exist, or the server is not host:port, throws InvalidSettings", () => {
    assert.throws(() => read({ [settingTags.strategy]: "three-users" }), { code: "InvalidSettings" });
    assert.throws(() => read({ ...all, [settingTags.database]: "db.example.com" }), { code: "InvalidSettings" });
  });

  it("when the value names neither the user in the tag nor its clone, throws TargetMismatch", () => {
    assert.equal(read(all, "app_clone").username, "app");
    for (const username of ["other", "app_clone_clone", "App", "postgres"]) {
      assert.throws(() => read(all, username), { code: "TargetMismatch", message: new RegExp(username) });
    }
  });

  it("when the tag names a user that ends in _clone, accepts it as the user", () => {
    const tags = { ...all, [settingTags.username]: "x_clone" };
    assert.equal(nextUsername(read(tags, "x_clone"), "x_clone"), "x_clone_clone");
    assert.throws(() => read(tags, "x"), { code: "TargetMismatch" });
  });

  it("when the value names a clone and there is no administrator, throws", () => {
    const own = { [settingTags.strategy]: "single-user", [settingTags.username]: "app" };
    assert.throws(() => read(own, "app_clone"), { code: "TargetMismatch" });
  });
});

describe("usernameTag", () => {
  for (const name of ["app", "Ärger-é_1", "a b", "team/app:rw=1+2@x", ""]) {
    it(`when a name is a valid tag value, as ${JSON.stringify(name)}, keeps it`, () =>
      assert.equal(usernameTag.write(name), name));
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
    it(`when a name is not a valid tag value, as ${JSON.stringify(name.slice(0, 20))}, encodes it`, () => {
      const tag = usernameTag.write(name);
      assert.match(tag, /^base64:[A-Za-z0-9+/]*={0,2}$/);
      assert.equal(usernameTag.read(tag), name);
    });
  }

  it("for any role name, writes a valid tag value and reads the same name from it", () => {
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
    it(`for ${host} and ${port}, reads what it has written`, () => {
      assert.equal(databaseTag.write(host, port), `${host}:${port}`);
      assert.deepEqual(databaseTag.read(databaseTag.write(host, port)), { host, port });
    });
  }

  for (const text of [
    "",
    "db",
    "db:",
    ":5432",
    "db:0",
    "db:65536",
    "db:5432x",
    "db: 5432",
    "db:-1",
    "db:054320",
    "/tmp:5432",
    "a b:5432",
  ]) {
    it(`for ${JSON.stringify(text)}, returns undefined`, () => assert.equal(databaseTag.read(text), undefined));
  }
});
