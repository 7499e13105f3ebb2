import assert from "node:assert/strict";
import { differingKeys, nextSecretString, parsePending, parseSecretValue } from "./secretValue";

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
  it("reads AWS's keys", () => {
    const { json, ...credentials } = parse({ ...valid, ssl: true, masterarn: "arn:admin", team: "payments" });
    assert.deepEqual(credentials, {
      host: "db.example.com",
      port: 5433,
      username: "app",
      password: "hunter2",
      dbname: "shop",
      ssl: true,
      masterarn: "arn:admin",
    });
    assert.equal(json.team, "payments");
  });

  it("fills in what AWS's functions fill in: port 5432, database postgres, and TLS", () => {
    const { host, username, password } = valid;
    const value = parse({ engine: "postgres", host, username, password });
    assert.deepEqual([value.port, value.dbname, value.ssl], [5432, "postgres", true]);
  });

  it("takes a port and an ssl flag that are written as text", () => {
    const value = parse({ ...valid, port: "6543", ssl: "False" });
    assert.deepEqual([value.port, value.ssl], [6543, false]);
  });

  it("completes an admin secret of RDS, which has only a user and a password, from the rotated one", () => {
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
    ["ssl that is null", { ...valid, ssl: null }, /`ssl`/],
    ["an empty masterarn", { ...valid, masterarn: "" }, /`masterarn`/],
  ];
  for (const [name, json, says] of cases) {
    it(`refuses ${name}`, () => assert.throws(() => parse(json), { code: "InvalidSecret", message: says }));
  }

  it("refuses a binary secret", () => {
    assert.throws(() => parseSecretValue(undefined, "AWSCURRENT"), { message: /is binary/ });
  });

  it("refuses half-written JSON without quoting it", () => {
    assert.throws(
      () => parsePending('{"password":"hunter2"'),
      (error: Error & { code?: string }) =>
        error.code === "InvalidPending" && /not valid JSON/.test(error.message) && !error.message.includes("hunter2"),
    );
  });

  it("names everything that is wrong at once", () => {
    assert.throws(() => parse({ engine: "mysql", port: -1 }), { message: /engine.*host.*port.*username.*password/ });
  });
});

describe("nextSecretString", () => {
  it("changes user and password and keeps every other key as it was", () => {
    const value = parse({ ...valid, port: "5433", team: { name: "payments" } });
    assert.deepEqual(JSON.parse(nextSecretString(value, { ...value, username: "app_clone" }, "new")), {
      ...valid,
      port: "5433",
      team: { name: "payments" },
      username: "app_clone",
      password: "new",
    });
  });

  it("writes the server of the target, where it is another", () => {
    const value = parse({ ...valid, port: "5433" });
    const { host, port } = JSON.parse(
      nextSecretString(value, { ...value, host: "new.example.com", port: 6432 }, "new"),
    );
    assert.deepEqual([host, port], ["new.example.com", 6432]);
  });
});

describe("differingKeys", () => {
  it("names the keys in which two versions are for different users or databases", () => {
    const other = parse({ ...valid, host: "other", username: "other", ssl: false, password: "new" });
    assert.deepEqual(differingKeys(parse(valid), other), ["username", "host", "ssl"]);
  });
});
