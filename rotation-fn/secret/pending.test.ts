import assert from "node:assert/strict";
import { nextTarget, pendingValue } from "./pending";
import type { SecretClient, Version } from "./secretClient";
import { parseSecretValue, type SecretValue } from "./secretValue";
import type { Settings } from "./settings";

const keys = {
  engine: "postgres",
  host: "old.example.com",
  port: 5432,
  username: "app",
  password: "before",
  note: "n",
};
const settings: Settings = {
  ...{ strategy: "single-user", adminSecretArn: undefined, memberOf: [], username: "app", database: undefined },
};
const moved: Settings = { ...settings, database: { host: "new.example.com", port: 5433 } };

function currentOf(changed: object = {}): SecretValue {
  return parseSecretValue(JSON.stringify({ ...keys, ...changed }), "AWSCURRENT");
}

function versionOf(text: string | undefined): Version {
  return { id: "v", text, createdAt: new Date() };
}

/** A secret with this AWSPREVIOUS. */
function withPrevious(previous: object | string | undefined): SecretClient {
  const text = typeof previous === "object" ? JSON.stringify({ ...keys, ...previous }) : previous;
  const read = async (): Promise<Version | undefined> => (text === undefined ? undefined : versionOf(text));
  return { read } as unknown as SecretClient;
}

const never = { read: () => Promise.reject(new Error("must not be read")) } as unknown as SecretClient;

describe("nextTarget", () => {
  it("without a server in the tags, is the server of AWSCURRENT, and AWSPREVIOUS is not read", async () => {
    const { host, port, username } = await nextTarget(never, settings, currentOf());
    assert.deepEqual([host, port, username], ["old.example.com", 5432, "app"]);
  });

  it("with alternating users, is the other user", async () => {
    const target = await nextTarget(never, { ...settings, strategy: "alternating-users" }, currentOf());
    assert.equal(target.username, "app_clone");
  });

  const atTag = { host: "new.example.com", port: 5433 };
  const table: [what: string, previous: object | string | undefined, refused: boolean][] = [
    ["there is no AWSPREVIOUS", undefined, false],
    ["AWSPREVIOUS is for the same server as AWSCURRENT", {}, false],
    ["AWSPREVIOUS is for the server in the tags, with another password", { ...atTag, password: "another" }, false],
    ["AWSPREVIOUS is for the server in the tags, with the same password", atTag, true],
    ["AWSPREVIOUS is for the host in the tags, at another port", { ...atTag, port: 5432 }, false],
    ["AWSPREVIOUS is for the port in the tags, at another host", { ...atTag, host: "third.example.com" }, false],
    ["AWSPREVIOUS is not valid", "not JSON", false],
  ];
  for (const [what, previous, refused] of table) {
    it(`when the tags name another server and ${what}, ${refused ? "throws TargetMismatch" : "is that server"}`, async () => {
      const target = nextTarget(withPrevious(previous), moved, currentOf());
      if (!refused) {
        const { host, port } = await target;
        assert.deepEqual({ host, port }, atTag);
      } else {
        const message =
          "the secret's AWSCURRENT version names the server old.example.com:5432, its tag secrets-rotation:database new.example.com:5433";
        await assert.rejects(target, { code: "TargetMismatch", message });
      }
    });
  }
});

describe("pendingValue", () => {
  const event = { step: "setSecret", secretId: "db", token: "t" } as const;
  const of = (changed: object | undefined): SecretValue => {
    const text = JSON.stringify({ ...keys, password: "after", ...changed });
    return pendingValue(changed && versionOf(text), currentOf(), currentOf(), event);
  };

  it("when the version differs from AWSCURRENT in its password alone, is its value", () => {
    assert.equal(of({}).password, "after");
  });

  const table: [what: string, changed: object | undefined, code: string, message: RegExp][] = [
    ["it has no value", undefined, "PendingValueMissing", /^version t of db has no value yet$/],
    ["other keys differ", { note: "m", port: 1 }, "InvalidPending", /tags, in `port`, `note`$/],
    ["a key is missing", { username: undefined }, "InvalidPending", /AWSPENDING version: `username` is missing/],
    ["its password is not ASCII", { password: "påss" }, "InvalidPending", /`password` must be printable ASCII$/],
  ];
  for (const [what, changed, code, message] of table) {
    it(`when ${what}, throws ${code}`, () => assert.throws(() => of(changed), { code, message }));
  }
});
