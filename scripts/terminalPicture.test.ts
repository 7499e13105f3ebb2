import assert from "node:assert/strict";
import { pictureOf, textOf } from "./terminalPicture";

const output = "\u001b[32m✔\u001b[39m rotate <name>  \u001b[2m5 ms & more\u001b[22m\n  done\n";

describe("pictureOf", () => {
  it("when the output has colors, shows each part in its color, and no code", () => {
    const picture = pictureOf(output);
    assert.match(picture, /<tspan fill="#3fb950">✔<\/tspan> rotate &lt;name>/);
    assert.match(picture, /<tspan fill="#8b949e">5 ms &amp; more<\/tspan>/);
    assert.ok(!picture.includes("\u001b"));
  });
});

describe("textOf", () => {
  it("returns the text of the output, without colors", () => {
    assert.equal(textOf(pictureOf(output)), "✔ rotate <name>  5 ms & more\n  done");
  });
});
