import assert from "node:assert/strict";
import fc from "fast-check";
import { byMasterarn, databaseTag, settingsOf, settingTags, usernameTag } from "./settings";

describe("settingsOf", () => {
  const admin = "arn:aws:secretsmanager:us-east-1:000000000000:secret:rds!db-1-AbCdEf";
  const strategyOf = (tag: string | undefined, masterarn?: string): string => {
    const tags = {
      ...(tag !== undefined && { [settingTags.strategy]: tag }),
      [settingTags.adminSecretArn]: admin.replace("!", " "),
    };
    const value = { engine: "postgres", host: "h", port: 5432, username: "u", password: "p", dbname: "d", ssl: true };
    const current = { ...value, json: {}, masterarn };
    const settings = settingsOf({ rotationEnabled: true, stages: {}, tags }, current);
    assert.equal(settings.adminSecretArn, admin);
    return settings.strategy;
  };

  it("goes by the tag, whatever the secret says", () => {
    assert.equal(strategyOf("single-user", admin), "single-user");
    assert.equal(strategyOf("alternating-users"), "alternating-users");
  });

  for (const tag of [undefined, byMasterarn]) {
    it(`goes by the secret's masterarn where the tag is ${tag ?? "missing"}, as AWS's own functions do`, () => {
      assert.equal(strategyOf(tag), "single-user");
      assert.equal(strategyOf(tag, admin), "alternating-users");
    });
  }

  it("refuses a strategy that there is not", () => {
    assert.throws(() => strategyOf("three-users"), { code: "InvalidSettings" });
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
