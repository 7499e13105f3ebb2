import assert from "node:assert/strict";
import { printable } from "./printable";

describe("printable", () => {
  it("when text has no control characters, in any script, returns it unchanged", () => {
    for (const text of ['password authentication failed for user "app"', "Geheimnis ä ö ü", "пароль", "密码"]) {
      assert.equal(printable(text), text);
    }
  });

  it("when text moves the cursor, ends a line, sets the window's title or reorders text, escapes it", () => {
    assert.equal(
      printable("a\u001b[2Jb\u001b]0;t\u0007\r\nc\u0085\u2028\u202e\u0000"),
      "a\\u001b[2Jb\\u001b]0;t\\u0007\\u000d\\u000ac\\u0085\\u2028\\u202e\\u0000",
    );
  });

  it("when text has 5 MB, cuts it to 1,000 characters and appends its length", () => {
    const text = printable("x".repeat(5_000_000));
    assert.ok(text.length < 1_100);
    assert.match(text, /5000000 characters/);
  });
});
