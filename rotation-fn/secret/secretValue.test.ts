import assert from "node:assert/strict";
import * as fc from "fast-check";
import { differingKeys, nextValue, parseSecretValue } from "./secretValue";

const valid = {
  engine: "postgres",
  host: "db.example.com",
  port: 5433,
  username: "app",
  password: "hunter2",
  dbname: "shop",
};
const parse = (json: unknown): ReturnType<typeof parseSecretValue> =>
  parseSecretValue(JSON.stringify(json), "AWSCURRENT");

describe("parseSecretValue", () => {
  it("reads the keys of AWS's JSON structure", () => {
    const { text, ...credentials } = parse({ ...valid, ssl: true, masterarn: "arn:admin", team: "payments" });
    assert.deepEqual(credentials, {
      host: "db.example.com",
      port: 5433,
      username: "app",
      password: "hunter2",
      dbname: "shop",
      ssl: true,
      masterarn: "arn:admin",
    });
    assert.equal(JSON.parse(text).team, "payments");
  });

  it("when port, dbname and ssl are missing, uses 5432, postgres and TLS", () => {
    const { host, username, password } = valid;
    const value = parse({ engine: "postgres", host, username, password });
    assert.deepEqual([value.port, value.dbname, value.ssl], [5432, "postgres", true]);
  });

  it("when port and ssl are strings, reads them", () => {
    const value = parse({ ...valid, port: "6543", ssl: "False" });
    assert.deepEqual([value.port, value.ssl], [6543, false]);
  });

  it("when an admin secret of RDS contains only a user and a password, uses the given server", () => {
    const rds = JSON.stringify({ username: "master", password: "x" });
    const admin = parseSecretValue(rds, "AWSCURRENT", parse(valid));
    assert.deepEqual(
      [admin.host, admin.port, admin.dbname, admin.username],
      ["db.example.com", 5433, "shop", "master"],
    );
  });

  const without = (key: keyof typeof valid): Partial<typeof valid> => ({ ...valid, [key]: undefined });
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ["an array", [], /is not a JSON object/],
    ["a number", 5, /is not a JSON object/],
    ["null", null, /is not a JSON object/],
    ["no engine", without("engine"), /`engine` is missing; it must be "postgres"/],
    ["another engine", { ...valid, engine: "mysql" }, /`engine` must be "postgres"/],
    ["no host", without("host"), /`host` is missing/],
    ["a Unix socket as host", { ...valid, host: "/var/run/postgresql" }, /`host` must be a host name/],
    ["several hosts", { ...valid, host: "a,b" }, /`host` must be a host name/],
    ["port 0", { ...valid, port: 0 }, /`port` must be a port, 1 to 65535/],
    ["port 65536", { ...valid, port: 65536 }, /`port`/],
    ["a port with a fraction", { ...valid, port: 54.5 }, /`port`/],
    ["a port that is true", { ...valid, port: true }, /`port`/],
    ["a port in a list", { ...valid, port: [5432] }, /`port`/],
    ["a port in words", { ...valid, port: "default" }, /`port`/],
    ["no username", without("username"), /`username` is missing/],
    ["a username of 64 bytes", { ...valid, username: "u".repeat(64) }, /`username` must be .* at most 63 bytes/],
    ["a username of 32 two-byte letters", { ...valid, username: "\u00e9".repeat(32) }, /63 bytes/],
    ["a username with a newline", { ...valid, username: "app\nx" }, /`username`/],
    ["no password", without("password"), /`password` is missing/],
    ["an empty password", { ...valid, password: "" }, /`password` must be/],
    ["a password that is a number", { ...valid, password: 12345678 }, /`password` must be text/],
    ["a password with NUL", { ...valid, password: "a\0b" }, /`password`/],
    ["a dbname that is an object", { ...valid, dbname: {} }, /`dbname` must be/],
    ["ssl in words", { ...valid, ssl: "require" }, /`ssl` must be true or false/],
    ["ssl that is an inherited name", { ...valid, ssl: "constructor" }, /`ssl` must be true or false/],
    ["ssl that is null", { ...valid, ssl: null }, /`ssl`/],
    ["an empty masterarn", { ...valid, masterarn: "" }, /`masterarn`/],
  ];
  for (const [name, json, says] of cases) {
    it(`when the value has ${name}, throws InvalidSecret`, () =>
      assert.throws(() => parse(json), { code: "InvalidSecret", message: says }));
  }

  it("when the secret is binary, throws", () => {
    assert.throws(() => parseSecretValue(undefined, "AWSCURRENT"), { message: /is binary/ });
  });

  it("when the JSON is incomplete, throws without quoting it", () => {
    assert.throws(
      () => parseSecretValue('{"password":"hunter2"', "AWSPENDING"),
      (error: Error & { code?: string }) =>
        error.code === "InvalidPending" && /not valid JSON/.test(error.message) && !error.message.includes("hunter2"),
    );
  });

  it("when several keys are invalid, names each of them", () => {
    assert.throws(() => parse({ engine: "mysql", port: -1 }), { message: /engine.*host.*port.*username.*password/ });
  });
});

describe("nextValue", () => {
  const next = (text: string, changes: object = {}, password = "new") => {
    const value = parseSecretValue(text, "AWSCURRENT");
    return nextValue(value, { ...value, ...changes }, password);
  };

  it("changes the values of user, password and server, and no other byte", () => {
    const text = `{ "engine":"postgres","big":12345678901234567891, "huge":1e400,\t"username" : "app","deep":{"password":"hunter2-","n":[1,{"host":"db"}]},
 "password":"hunter2","host":"db","port":"5433","note":"\\u00e9\\/ \\"x\\"","port":5433 }\n`;
    const expected = text
      .replace('"app"', '"app_clone"')
      .replace('"hunter2",', '"new\\"",')
      .replace('"host":"db","port":"5433"', '"host":"new.example.com","port":"6432"')
      .replace('"port":5433 }', '"port":6432 }');
    assert.equal(next(text, { username: "app_clone", host: "new.example.com", port: 6432 }, 'new"').text, expected);
  });

  it("when the value has no port and the server moves to another one, adds it", () => {
    const text = '{"engine":"postgres","host":"db","username":"app","password":"old" }';
    assert.equal(
      next(text, { port: 6432 }).text,
      '{"engine":"postgres","host":"db","username":"app","password":"new","port":6432 }',
    );
  });

  const old = "Old-Password.1234";
  const base = { engine: "postgres", host: "db.example.com", port: 5432, username: "app", password: old };
  const rewritten = (other: unknown, changes: object = {}, password = "New-1") => {
    const { text, notRewritten } = next(JSON.stringify({ ...base, other }), changes, password);
    return notRewritten.length > 0 ? notRewritten : JSON.parse(text).other;
  };
  const moved = { username: "app_clone", host: "new.example.com", port: 6432 };
  for (const [what, before, after] of [
    [
      "a URL",
      `postgresql://app:${old}@db.example.com/shop?sslmode=require`,
      "postgresql://app_clone:New-1@new.example.com:6432/shop?sslmode=require",
    ],
    [
      "a URL with the port",
      `postgres://app:${old}@db.example.com:5432/shop`,
      "postgres://app_clone:New-1@new.example.com:6432/shop",
    ],
    [
      "a text for libpq",
      `host=db.example.com port=5432 user=app password=${old} dbname=shop`,
      "host=new.example.com port=6432 user=app_clone password=New-1 dbname=shop",
    ],
    [
      "a text for .NET",
      `Host=db.example.com;Port=5432;Username=app;Password=${old}`,
      "Host=new.example.com;Port=6432;Username=app_clone;Password=New-1",
    ],
    ["the password alone", old, "New-1"],
    [
      "a list of a URL",
      { urls: [`postgres://app:${old}@db.example.com/shop`] },
      { urls: ["postgres://app_clone:New-1@new.example.com:6432/shop"] },
    ],
    ["a URL without the password", "postgres://app@db.example.com/shop", "postgres://app@db.example.com/shop"],
  ] as const) {
    it(`when another key is ${what}, rewrites the credentials and the server in it, and nothing else`, () =>
      assert.deepEqual(rewritten(before, moved), after));
  }

  it("when another key is a URL of another server, which does not move, rewrites its credentials", () => {
    assert.equal(rewritten(`postgres://app:${old}@replica/shop`), "postgres://app:New-1@replica/shop");
    assert.equal(
      rewritten(`jdbc:postgresql://replica/shop?user=app&password=${old}`),
      "jdbc:postgresql://replica/shop?user=app&password=New-1",
    );
  });

  it("when the new password has reserved characters, encodes it in a URL", () => {
    assert.equal(
      rewritten(`postgres://app:${old}@db.example.com/shop`, {}, "a/b@c"),
      "postgres://app:a%2Fb%40c@db.example.com/shop",
    );
  });

  for (const [what, spelled, after] of [
    [
      "a URL that also encodes !*'()",
      "postgres://app:p%21a%2Ab%27c%28d%29%2F%20@db/shop",
      "postgres://app:New-1@db/shop",
    ],
    ["a URL with lowercase digits", "postgres://app:p!a*b'c(d)%2f%20@db/shop", "postgres://app:New-1@db/shop"],
    ["a form", "user=app&password=p%21a*b%27c(d)%2F+", ["other"]],
    ["a quoted text for libpq", "user=app password='p!a*b\\'c(d)/ '", ["other"]],
  ] as const) {
    it(`when another key has the password as ${what}, rewrites it or names the key`, () => {
      const text = JSON.stringify({ ...base, password: "p!a*b'c(d)/ ", other: spelled });
      const { text: changed, notRewritten } = next(text, {}, "New-1");
      assert.deepEqual(notRewritten.length > 0 ? notRewritten : JSON.parse(changed).other, after);
    });
  }

  for (const [what, before, changes, password] of [
    ["a sentence", `the password is ${old}.`, {}, "New-1"],
    ["a URL of another user", `postgres://other:${old}@db.example.com/shop`, {}, "New-1"],
    ["a URL with the password twice", `postgres://app:${old}@db.example.com/shop?password=${old}`, {}, "New-1"],
    ["a URL of another server, when the server moves", `postgres://app:${old}@replica/shop`, moved, "New-1"],
    ["pairs without a user, when the user changes", `host=db.example.com port=5432 password=${old}`, moved, "New-1"],
    ["pairs, when the new password must be quoted", `user=app password=${old}`, {}, "a b"],
  ] as const) {
    it(`when another key is ${what}, leaves it and names it`, () =>
      assert.deepEqual(rewritten({ dsn: before }, changes, password), ["other.dsn"]));
  }

  it("when a short password is also a word in other keys, changes none of them", () => {
    const text = JSON.stringify({
      ...base,
      engine: "postgres",
      password: "postgres",
      dbname: "postgres",
      kind: "postgres",
    });
    const { text: after, notRewritten } = next(text, {}, "New-1");
    assert.deepEqual([after, notRewritten], [text.replace('"password":"postgres"', '"password":"New-1"'), ["kind"]]);
  });

  it("returns JSON that differs in the changed keys only, for any document", () => {
    const keys = fc.constantFrom("a", "password", "host", "port", "username", 'b"', "é", "__proto__");
    fc.assert(
      fc.property(fc.dictionary(keys, fc.jsonValue()), fc.integer({ min: 0, max: 3 }), (others, indent) => {
        const text = JSON.stringify({ x: others, ...base, y: [others] }, null, indent);
        const after = next(text, { username: "zzz" }, "N".repeat(20)).text;
        assert.deepEqual(JSON.parse(after), { ...JSON.parse(text), username: "zzz", password: "N".repeat(20) });
      }),
    );
  });
});

describe("differingKeys", () => {
  const current = parse({ ...valid, url: "postgres://app:hunter2@db.example.com/shop", team: 1 });
  const target = { ...current, username: "app_clone" };
  const pending = (changes: object) =>
    parse({
      ...valid,
      url: "postgres://app_clone:new@db.example.com/shop",
      team: 1,
      username: "app_clone",
      password: "new",
      ...changes,
    });

  it("when the pending version is the next one of the current version, returns none", () =>
    assert.deepEqual(differingKeys(current, target, pending({})), []));

  it("returns the keys that differ, and not the password", () =>
    assert.deepEqual(
      differingKeys(
        current,
        target,
        pending({ host: "other", username: "app", ssl: false, team: 2, url: "postgres://app:new@db.example.com/shop" }),
      ),
      ["username", "host", "ssl", "url", "team"],
    ));
});
