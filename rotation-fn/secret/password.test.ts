import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { isSettable, passwordRules, unsafePunctuation } from "./password";

const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

describe("passwordRules", () => {
  it("asks for 32 characters with every kind among them", () => {
    assert.deepEqual(passwordRules({}), {
      PasswordLength: 32,
      ExcludeCharacters: unsafePunctuation,
      ExcludeNumbers: false,
      ExcludePunctuation: false,
      ExcludeUppercase: false,
      ExcludeLowercase: false,
      RequireEachIncludedType: true,
      IncludeSpace: false,
    });
  });

  it("takes the names that AWS's own functions have for them", () => {
    const rules = passwordRules({
      PASSWORD_LENGTH: "20",
      EXCLUDE_CHARACTERS: "xyz",
      EXCLUDE_NUMBERS: "true",
      EXCLUDE_PUNCTUATION: "True",
      REQUIRE_EACH_INCLUDED_TYPE: "false",
    });
    assert.equal(rules.PasswordLength, 20);
    assert.equal(rules.ExcludeCharacters, "xyz");
    assert.equal(rules.ExcludeNumbers, true);
    assert.equal(rules.ExcludePunctuation, true);
    assert.equal(rules.RequireEachIncludedType, false);
  });

  for (const [name, key] of [
    ["EXCLUDE_NUMBERS", "ExcludeNumbers"],
    ["EXCLUDE_PUNCTUATION", "ExcludePunctuation"],
    ["EXCLUDE_UPPERCASE", "ExcludeUppercase"],
    ["EXCLUDE_LOWERCASE", "ExcludeLowercase"],
  ] as const) {
    it(`when only ${name} is true, sets only ${key}`, () => {
      assert.deepEqual(passwordRules({ [name]: "true" }), { ...passwordRules({}), [key]: true });
    });
  }

  it("when a flag is empty, uses its default", () => {
    assert.deepEqual(passwordRules({ EXCLUDE_NUMBERS: "", REQUIRE_EACH_INCLUDED_TYPE: " " }), passwordRules({}));
  });

  for (const length of [16, 512]) {
    it(`when PASSWORD_LENGTH is ${length}, accepts it`, () => {
      assert.equal(passwordRules({ PASSWORD_LENGTH: String(length) }).PasswordLength, length);
    });
  }

  for (const [env, says] of [
    [{ PASSWORD_LENGTH: "15" }, /PASSWORD_LENGTH must be a whole number, 16 to 512/],
    [{ PASSWORD_LENGTH: "513" }, /PASSWORD_LENGTH/],
    [{ PASSWORD_LENGTH: "many" }, /PASSWORD_LENGTH/],
    [{ EXCLUDE_NUMBERS: "yes" }, /EXCLUDE_NUMBERS must be true or false/],
  ] as const) {
    it(`refuses ${JSON.stringify(env)}`, () => {
      assert.throws(() => passwordRules(env), { code: "InvalidEnvironment", message: says });
    });
  }
});

describe("unsafePunctuation", () => {
  const allowed = [...punctuation].filter((character) => !unsafePunctuation.includes(character));
  const password = fc.string({
    unit: fc.constantFrom(...allowed, ..."abcxyzABCXYZ0189"),
    minLength: 1,
    maxLength: 32,
  });

  it("leaves what a URL, a query, JSON and an .env line carry unescaped", () => {
    fc.assert(
      fc.property(password, (text) => {
        assert.equal(encodeURIComponent(text), text);
        assert.equal(new URL(`postgres://user:${text}@host/db`).password, text);
        assert.equal(new URLSearchParams(`password=${text}`).get("password"), text);
        assert.equal(JSON.stringify(text), `"${text}"`);
      }),
    );
  });

  it("leaves what a shell takes as one word", () => {
    const words = fc.sample(password, { numRuns: 50, seed: 1 });
    const printed = execFileSync("sh", ["-c", `printf '%s\\n' ${words.join(" ")}`], { encoding: "utf8" });
    assert.deepEqual(printed.trimEnd().split("\n"), words);
  });
});

describe("isSettable", () => {
  it("takes printable ASCII, which SASLprep leaves as it is", () => {
    assert.equal(isSettable("aA9 -._~!\"'\\"), true);
  });

  for (const password of ["", "caf\u00e9", "\u00e9a", "tab\t", "nul\0", "\u00a0", "emoji\u{1f600}"]) {
    it(`refuses ${JSON.stringify(password)}`, () => assert.equal(isSettable(password), false));
  }
});
