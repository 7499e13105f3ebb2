import assert from "node:assert/strict";
import { printable } from "./printable";

describe("printable", () => {
  it("leaves ordinary text as it is, in any script", () => {
    for (const text of ['password authentication failed for user "app"', "Geheimnis ä ö ü", "пароль", "密码"]) {
      assert.equal(printable(text), text);
    }
  });

  it("escapes what moves a cursor, ends a line, retitles a window or reorders text", () => {
    assert.equal(
      printable("a\u001b[2Jb\u001b]0;t\u0007\r\nc\u0085\u2028\u202e\u0000"),
      "a\\u001b[2Jb\\u001b]0;t\\u0007\\u000d\\u000ac\\u0085\\u2028\\u202e\\u0000",
    );
  });

  it("cuts text of 5 MB to 1,000 characters and says how long it was", () => {
    const text = printable("x".repeat(5_000_000));
    assert.ok(text.length < 1_100);
    assert.match(text, /5000000 characters/);
  });
});
