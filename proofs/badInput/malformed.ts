/** A password that is in every malformed input, and must not be in an error or in the log. */
export const canary = "Canary.0f3a9c_In-The-Wrong-Place";

/** One malformed input, with a name for the test. */
export interface MalformedInput {
  readonly name: string;
  readonly value: unknown;
}

const kinds: readonly unknown[] = [null, "", 5, -1, true, [], {}, [canary], { password: canary }];

const token = "0b1f6c5e-6f0f-4d8a-9d3f-5f4b7f0a1c2d";

/** Events that Secrets Manager never sends. */
export function malformedEvents(secretId: string): MalformedInput[] {
  const event = { Step: "createSecret", SecretId: secretId, ClientRequestToken: token };
  const wrong: Readonly<Record<keyof typeof event, readonly unknown[]>> = {
    Step: [
      ...[undefined, ...kinds, canary, "createsecret", "CREATESECRET", "createSecret ", " createSecret"],
      ...["create_secret", "constructor", "__proto__", "toString", "rotateSecret"],
      ...["createSecret\0", "createSecret,setSecret"],
    ],
    SecretId: [
      ...[undefined, ...kinds.filter((value) => value !== 5)],
      ...[` ${canary}`, "a b", "a\nb", "ü", "a\0", "a".repeat(2049)],
    ],
    ClientRequestToken: [
      ...[undefined, ...kinds, canary.slice(0, 31), `${token} `, token.slice(0, 31), token.repeat(2), `${token}\n`],
      ...["ü".repeat(36), " ".repeat(36), "0".repeat(65), `${canary} ${token}`],
    ],
  };
  const single = Object.entries(wrong).flatMap(([key, values]) =>
    values.map((value) => ({ name: `${key} ${show(value)}`, value: { ...event, [key]: value } })),
  );
  const whole = [
    ...[undefined, ...kinds, canary, [event], JSON.stringify(event), { Records: [{ body: JSON.stringify(event) }] }],
    { step: event.Step, secretId, token },
    { Step: canary, SecretId: canary.repeat(80), ClientRequestToken: canary.slice(5) },
    ...[{ detail: event }, { Check: "rotation-ages" }, { Check: ["rotation-age"] }],
  ];
  return [...single, ...whole.map((value) => ({ name: `the event ${show(value)}`, value }))];
}

/** Secret values that are not valid credentials for PostgreSQL. */
export function malformedSecrets(): MalformedInput[] {
  const secret = {
    ...{ engine: "postgres", host: "localhost", port: 1, username: "app", password: canary, dbname: "postgres" },
  };
  const tooLong = "n".repeat(64);
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    engine: [undefined, ...kinds, "mysql", "POSTGRES", "postgres ", "aurora-mysql"],
    host: [
      ...[undefined, ...kinds, "a b", "/var/run/postgresql", "a,b", "h".repeat(256), "db\n", "db\0", "host=evil", "ü"],
      ...[`postgres://app:${canary}@localhost/db`, `app:${canary}@localhost`, "[::1]", "db?sslmode=disable"],
    ],
    port: ["", -1, 0, 65536, 1.5, "abc", "54 32", {}, [], "5432;", canary, "-5432"],
    username: [undefined, ...kinds, tooLong, "ü".repeat(32), "a\0b", "a\nb", "a\u007f", "\t"],
    password: [undefined, ...kinds, "\0", `${canary}\0`],
    dbname: ["", 5, true, [], {}, tooLong, "a\0b", "a\nb", "ü".repeat(32)],
    ssl: [...kinds.filter((value) => value !== true), "yes", "no", "on", "1", "require", "disable", canary],
    masterarn: kinds.filter((value) => typeof value !== "string" || value === ""),
  };
  const single = Object.entries(wrong).flatMap(([key, values]) =>
    values.map((value) => ({ name: `${key} ${show(value)}`, value: JSON.stringify({ ...secret, [key]: value }) })),
  );
  const json = JSON.stringify(secret);
  const whole: readonly string[] = [
    ...[" ", "null", "true", "5", '""', "[]", `[${json}]`, "{}", canary, JSON.stringify(canary), JSON.stringify(json)],
    ...[json.slice(0, -1), json.slice(0, 40), `${json},`, `${json}${json}`, `\ufeff${json}`, json.replaceAll('"', "'")],
    ...[`postgresql://app:${canary}@localhost/postgres`, `host=localhost user=app password=${canary}`, "\0", "NaN"],
    ...[`username: app\npassword: ${canary}`, `{"password":"${canary}"`, `{"password":"${canary}"}}`, "[".repeat(5000)],
  ];
  return [...single, ...whole.map((value) => ({ name: `the secret ${show(value)}`, value }))];
}

/** Tags that are not valid settings. */
export const malformedTags: readonly Readonly<Record<string, string>>[] = [
  { "secrets-rotation:strategy": "both" },
  { "secrets-rotation:strategy": "" },
  { "secrets-rotation:strategy": "Single-User" },
  { "secrets-rotation:strategy": "alternating-users" },
  { "secrets-rotation:username": "app" },
  { "secrets-rotation:strategy": "single-user", "secrets-rotation:admin-secret": "arn:aws:x" },
  { "secrets-rotation:strategy": "single-user", "secrets-rotation:username": "app", "secrets-rotation:database": "db" },
  { "secrets-rotation:strategy": "single-user", "secrets-rotation:database": "db:0" },
  { "secrets-rotation:strategy": "single-user", "secrets-rotation:database": ":5432" },
];

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 50 ? `${text.slice(0, 49)}…` : text;
}
