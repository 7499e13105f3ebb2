/** Collects the credentials of a test, so that logs can be searched for them. */
export class Ledger {
  readonly passwords = new Set<string>();
  readonly verifiers = new Set<string>();

  /** Adds the credentials in an answer of Secrets Manager, or in a message to PostgreSQL. */
  note(text: string): void {
    for (const [verifier] of text.matchAll(/SCRAM-SHA-256\$\d+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+/g)) {
      this.verifiers.add(verifier);
    }
    const found = /"RandomPassword":("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
    if (found !== undefined) this.passwords.add(JSON.parse(found));
  }

  /** Adds the password in a secret's value. */
  noteSecret(secretString: string): void {
    try {
      const { password } = JSON.parse(secretString);
      if (typeof password === "string" && password.length >= 8) this.passwords.add(password);
    } catch {
      // Tests store half-written JSON, too.
    }
  }
}

/** Where a credential was found, without the credential itself. */
export interface Leak {
  readonly kind: "password" | "verifier";
  readonly form: string;
  readonly source: string;
  /** The text before it. */
  readonly before: string;
}

/** The encodings of a credential in a text. */
const forms: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  "URL-encoded": (secret) => encodeURIComponent(secret),
  "JSON-escaped": (secret) => JSON.stringify(secret).slice(1, -1),
  "JSON-escaped twice": (secret) => JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1),
  "SQL-quoted": (secret) => secret.replaceAll("'", "''"),
  hex: (secret) => Buffer.from(secret).toString("hex"),
  base64: (secret) => inner(secret, 0, "base64"),
  "base64, second alignment": (secret) => inner(secret, 1, "base64"),
  "base64, third alignment": (secret) => inner(secret, 2, "base64"),
  base64url: (secret) => inner(secret, 0, "base64url"),
};

/**
 * The part of a text's base64 that does not depend on the text around it.
 *
 * @param skip offset in a group of three bytes
 */
function inner(secret: string, skip: number, encoding: "base64" | "base64url"): string {
  const bytes = Buffer.from(`${"\0".repeat(skip)}${secret}`);
  return bytes
    .subarray(0, bytes.length - (bytes.length % 3))
    .toString(encoding)
    .slice(skip === 0 ? 0 : 4);
}

/** Characters of the prefix by which an encoding is found. Generated passwords are longer. */
const keyLength = 8;

/** Searches the texts for each credential, in each encoding. @param texts source → text */
export function findLeaks(ledger: Ledger, texts: Readonly<Record<string, string>>): Leak[] {
  const byKey = new Map<string, { kind: Leak["kind"]; form: string; text: string }[]>();
  for (const [kind, secrets] of [
    ["password", ledger.passwords],
    ["verifier", ledger.verifiers],
  ] as const) {
    for (const secret of secrets) {
      // The salt and the keys of a verifier are searched for separately: each of them is a leak.
      for (const part of kind === "verifier"
        ? secret.slice("SCRAM-SHA-256$".length).split(/[$:]/).slice(1)
        : [secret]) {
        for (const [form, encode] of Object.entries(forms)) {
          const text = encode(part);
          const key = text.slice(0, keyLength);
          byKey.set(key, [...(byKey.get(key) ?? []), { kind, form, text }]);
        }
      }
    }
  }
  const leaks: Leak[] = [];
  for (const [source, text] of Object.entries(texts)) {
    for (let at = 0; at + keyLength <= text.length; at++) {
      const hit = byKey.get(text.slice(at, at + keyLength))?.find((candidate) => text.startsWith(candidate.text, at));
      if (hit === undefined) continue;
      leaks.push({ kind: hit.kind, form: hit.form, source, before: text.slice(Math.max(0, at - 60), at) });
    }
  }
  return leaks;
}
