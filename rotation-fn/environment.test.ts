import assert from "node:assert/strict";
import { readEnvironment } from "./environment";

describe("readEnvironment", () => {
  it("has the defaults of every variable", () => {
    const { rules, ...others } = readEnvironment({});
    assert.deepEqual(others, { passwordForm: "verifier", adminDatabase: "postgres" });
    assert.equal(rules.PasswordLength, 32);
  });

  it("reads every variable", () => {
    const { rules, ...others } = readEnvironment({
      ...{ ADMIN_DATABASE: "admin", PASSWORD_FORM: "plaintext", PASSWORD_LENGTH: "40" },
    });
    assert.deepEqual(others, { passwordForm: "plaintext", adminDatabase: "admin" });
    assert.equal(rules.PasswordLength, 40);
  });

  it("when a variable is empty, has the default", () => {
    assert.equal(readEnvironment({ ADMIN_DATABASE: "" }).adminDatabase, "postgres");
  });

  it("when PASSWORD_FORM is anything else, throws InvalidEnvironment", () => {
    for (const PASSWORD_FORM of ["", "md5", "Verifier"]) {
      assert.throws(() => readEnvironment({ PASSWORD_FORM }), {
        code: "InvalidEnvironment",
        message: "PASSWORD_FORM must be verifier or plaintext",
      });
    }
  });
});
