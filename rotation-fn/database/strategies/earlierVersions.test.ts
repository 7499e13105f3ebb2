import assert from "node:assert/strict";
import type { SecretClient } from "../../secret/secretClient";
import { tryEarlierVersions } from "./earlierVersions";

function credentials(username: string, password: string): string {
  return JSON.stringify({ engine: "postgres", host: "h", username, password });
}

/** @returns the passwords that were tried, and the result */
async function tried(
  texts: readonly (string | undefined)[],
  accepted?: string,
): Promise<[string[], string | undefined]> {
  let asked = 0;
  const secret = {
    read: async () => undefined,
    async *unlabelled(count: number) {
      asked = count;
      for (const text of texts) yield { id: "v", text, createdAt: new Date() };
    },
  };
  const passwords: string[] = [];
  const at = { host: "h", port: 5432, username: "app", password: "wrong", dbname: "shop", ssl: true };
  const session = await tryEarlierVersions(secret as unknown as SecretClient, at, async ({ password }) => {
    passwords.push(password);
    return password === accepted ? `session with ${password}` : undefined;
  });
  assert.equal(asked, 5);
  return [passwords, session];
}

describe("tryEarlierVersions", () => {
  const [one, two] = [credentials("app", "one"), credentials("app", "two")];

  it("tries the passwords of the user, in order, until one logs in", async () => {
    assert.deepEqual(await tried([one, two, credentials("app", "three")], "two"), [["one", "two"], "session with two"]);
  });

  it("when none logs in, returns undefined", async () => {
    assert.deepEqual(await tried([one, two]), [["one", "two"], undefined]);
  });

  it("does not try a version of another user, or one that is not credentials", async () => {
    const texts = [credentials("app_clone", "of the clone"), "not JSON", undefined, two];
    assert.deepEqual(await tried(texts, "two"), [["two"], "session with two"]);
  });
});
