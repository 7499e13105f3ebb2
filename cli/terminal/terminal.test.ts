import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { Listr } from "listr2";
import { shortVersionId, terminal } from "./terminal";

function written(env: NodeJS.ProcessEnv, json = false) {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), env };
  const text = (stream: PassThrough): string => String(stream.read() ?? "");
  const { stdin } = streams;
  const tty = (): void => void Object.assign(streams.stdout, { isTTY: true });
  return {
    ...terminal(streams, json),
    stdin,
    tty,
    stdout: () => text(streams.stdout),
    stderr: () => text(streams.stderr),
  };
}

describe("terminal", () => {
  const untrustedText = "\u001b]0;t\u0007\u001b[2J\u001b[8m\r\n";
  const escaped = "\\u001b]0;t\\u0007\\u001b[2J\\u001b[8m\\u000d\\u000a";

  it("say: keeps the program's own colors, and escapes every other code, also inside of colors", () => {
    const { say, color: c, stdout } = written({ FORCE_COLOR: "1" });
    say(`${untrustedText}${c.red(untrustedText)} ${c.dim("x")}`);
    assert.equal(stdout(), `${escaped}\u001b[31m${escaped}\u001b[39m \u001b[2mx\u001b[22m\n`);
  });

  it("say: without colors, escapes every code", () => {
    const { say, color: c, stdout } = written({});
    say(`\u001b[31m${c.red(untrustedText)}`);
    assert.equal(stdout(), `\\u001b[31m${escaped}\n`);
  });

  it("progress: escapes the title of a task", async () => {
    const { progress, stdout } = written({});
    await new Listr([{ title: `${untrustedText}.`, task: () => undefined }], progress).run();
    assert.equal(stdout(), `✔ ${escaped}.\n`);
  });

  it("result: escapes the texts and keys of nested JSON, and cuts long ones", () => {
    const { result, stdout } = written({}, true);
    result({ a: [{ [`k${untrustedText}`]: untrustedText, date: new Date(0) }], long: "x".repeat(5_000_000) });
    const line = stdout();
    assert.ok(line.length < 5_000);
    const { a, long } = JSON.parse(line);
    assert.deepEqual(a, [{ [`k${escaped}`]: escaped, date: "1970-01-01T00:00:00.000Z" }]);
    assert.match(long, /\(5000000 characters\)$/);
  });

  it("result: without --json, prints no JSON, and lines for people go to stdout", () => {
    const { result, say, stdout, stderr } = written({});
    result({ ok: true });
    say("line");
    assert.deepEqual([stdout(), stderr()], ["line\n", ""]);
  });

  it("during: prints the title and the progress at the end", async () => {
    const { during, stdout } = written({});
    const found = await during("work", async (show) => {
      show(`3 of 3${untrustedText}`);
      return 7;
    });
    assert.deepEqual([found, stdout()], [7, `✔ work  3 of 3${escaped}\n`]);
  });

  it("confirm: when the input is closed, returns false", async () => {
    const { confirm, stdin } = written({});
    const answer = confirm("Run this plan?");
    stdin.end();
    assert.equal(await answer, false);
  });

  it("confirm: when Ctrl-C is typed, sends SIGINT to the process", async () => {
    const { confirm, stdin, tty } = written({});
    tty();
    const others = process.listeners("SIGINT");
    process.removeAllListeners("SIGINT");
    const interrupted = new Promise((resolve) => process.once("SIGINT", resolve));
    try {
      const answer = confirm("Run this plan?");
      stdin.write("\u0003");
      await interrupted;
      stdin.end();
      assert.equal(await answer, false);
    } finally {
      for (const listener of others) process.on("SIGINT", listener);
    }
  });
});

describe("shortVersionId", () => {
  it("a UUID: its first eight characters; a version ID of Pulumi's provider: all of it, because they begin alike", () => {
    assert.equal(shortVersionId("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"), "0a1b2c3d");
    assert.equal(shortVersionId("terraform-20261125074901123400000001"), "terraform-20261125074901123400000001");
  });
});
