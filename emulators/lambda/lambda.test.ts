import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { type Lambda, type LambdaOptions, startLambda } from "./lambda";

describe("startLambda", () => {
  const running: Lambda[] = [];

  function lambda(source: string, options: Partial<LambdaOptions> = {}): Lambda {
    const started = startLambda({
      ...{ files: { "index.js": source }, handler: "index.handler", functionName: "dev-rotation", ...options },
    });
    running.push(started);
    return started;
  }

  afterEach(async () => {
    await Promise.all(running.splice(0).map((started) => started.stop()));
  });

  it("hands over event and context, and gives back what the handler returns", async () => {
    const subject = lambda(
      `exports.handler = async (event, context) => ({ event, context, remaining: context.getRemainingTimeInMillis() });`,
      { timeoutSeconds: 700, memorySize: 256 },
    );

    const result = await subject.invoke({ Step: "createSecret" });

    assert.ok(result.ok);
    const { event, context, remaining } = result.payload as Record<string, Record<string, string>>;
    assert.deepEqual(event, { Step: "createSecret" });
    assert.equal(context?.awsRequestId, result.requestId);
    assert.equal(context?.functionName, "dev-rotation");
    assert.equal(context?.invokedFunctionArn, "arn:aws:lambda:us-east-1:000000000000:function:dev-rotation");
    assert.equal(context?.memoryLimitInMB, "256");
    assert.equal(context?.logGroupName, "/aws/lambda/dev-rotation");
    assert.ok(Number(remaining) > 600_000 && Number(remaining) <= 700_000);
  });

  it("runs ECMAScript modules as well", async () => {
    const subject = lambda("", { files: { "index.mjs": "export const handler = async () => import.meta.url;" } });

    const result = await subject.invoke({});

    assert.ok(result.ok);
    assert.match(String(result.payload), /index\.mjs$/);
  });

  it("shows the function no variables but its own and Lambda's", async () => {
    process.env.SECRET_OF_THE_PARENT = "leaked";
    const subject = lambda("exports.handler = async () => process.env;", { environment: { MINE: "1" } });

    const result = await subject.invoke({});
    delete process.env.SECRET_OF_THE_PARENT;

    assert.ok(result.ok);
    const { MINE, AWS_REGION, TZ, SECRET_OF_THE_PARENT, HOME } = result.payload as NodeJS.ProcessEnv;
    assert.deepEqual([MINE, AWS_REGION, TZ], ["1", "us-east-1", ":UTC"]);
    assert.deepEqual([SECRET_OF_THE_PARENT, HOME], [undefined, undefined]);
  });

  it("refuses variables that Lambda reserves", () => {
    assert.throws(
      () => lambda("", { environment: { AWS_REGION: "eu-west-1", MINE: "1" } }),
      /reserves these environment variables.*: AWS_REGION$/,
    );
  });

  it("keeps the process, and what the module holds, from one invocation to the next", async () => {
    const subject = lambda("let count = 0; exports.handler = async () => ++count;");

    const [first, second] = await Promise.all([subject.invoke({}), subject.invoke({})]);

    assert.ok(first?.ok && second?.ok);
    assert.deepEqual([first.payload, first.coldStart], [1, true]);
    assert.deepEqual([second.payload, second.coldStart], [2, false]);
  });

  it("takes one event at a time", async () => {
    const subject = lambda(
      "let busy = 0; exports.handler = async () => { busy++; await new Promise((r) => setTimeout(r, 20)); return busy--; };",
    );

    const results = await Promise.all([1, 2, 3].map((event) => subject.invoke(event)));

    assert.deepEqual(
      results.map((result) => result.ok && result.payload),
      [1, 1, 1],
    );
  });

  it("gives each invocation the lines that it wrote, to whichever stream", async () => {
    const subject = lambda(
      'exports.handler = async (n) => { console.log("out", n); console.error("err", n); process.stdout.write("open"); };',
    );

    const first = await subject.invoke(1);
    const second = await subject.invoke(2);

    assert.deepEqual([...first.log].sort(), ["err 1", "open", "out 1"]);
    assert.deepEqual([...second.log].sort(), ["err 2", "open", "out 2"]);
    assert.equal(subject.log().length, 6);
  });

  it("waits for the last line before it gives an invocation's result", async () => {
    const subject = lambda(
      "exports.handler = async () => { for (let n = 0; n < 20_000; n++) console.log(String(n).padStart(60)); };",
    );

    assert.equal((await subject.invoke({})).log.length, 20_000);
  });

  it("reports an error with its name, message and stack, and lives on", async () => {
    const subject = lambda(
      'exports.handler = async (fail) => { if (fail) throw new TypeError("wrong"); return process.pid; };',
    );

    const before = await subject.invoke(false);
    const failed = await subject.invoke(true);
    const after = await subject.invoke(false);

    assert.ok(!failed.ok && before.ok && after.ok);
    assert.deepEqual([failed.errorType, failed.errorMessage], ["TypeError", "wrong"]);
    assert.match(failed.stack ?? "", /index\.js/);
    assert.equal(before.payload, after.payload);
  });

  it("ends an invocation at the time limit, and starts anew for the next", async () => {
    const subject = lambda("exports.handler = async (hang) => { while (hang); return 'well'; };", {
      timeoutSeconds: 1,
    });

    const hung = await subject.invoke(true);
    const next = await subject.invoke(false);

    assert.ok(!hung.ok);
    assert.equal(hung.errorType, "Sandbox.Timedout");
    assert.equal(hung.errorMessage, `RequestId: ${hung.requestId} Error: Task timed out after 1.00 seconds`);
    assert.ok(next.ok && next.coldStart);
  });

  const crashes: [string, string, string, RegExp][] = [
    [
      "exits",
      "exports.handler = async () => process.exit(3);",
      "Runtime.ExitError",
      /exited with error: exit status 3/,
    ],
    [
      "exits without an error",
      "exports.handler = async () => process.exit(0);",
      "Runtime.ExitError",
      /exited without providing a reason/,
    ],
    [
      "leaves a rejection to nobody",
      'exports.handler = () => { Promise.reject(new Error("lost")); return new Promise(() => {}); };',
      "Runtime.UnhandledPromiseRejection",
      /lost/,
    ],
    ["has no such export", "exports.other = 1;", "Runtime.HandlerNotFound", /index\.handler is undefined/],
    ["does not load", "throw new RangeError('at load')", "RangeError", /at load/],
    [
      "runs out of memory",
      "exports.handler = async () => { const a = []; for (;;) a.push({}); };",
      "Runtime.ExitError",
      /exited/,
    ],
  ];
  for (const [what, source, errorType, message] of crashes) {
    it(`reports code that ${what}, and starts a new process for the next event`, async () => {
      const subject = lambda(source, { timeoutSeconds: 250, memorySize: 64 });

      const results = [await subject.invoke({}), await subject.invoke({})];

      for (const result of results) {
        assert.ok(!result.ok);
        assert.equal(result.errorType, errorType);
        assert.match(result.errorMessage, message);
        assert.equal(result.coldStart, true);
      }
    });
  }

  it("reports an invocation during which the environment is killed", async () => {
    const subject = lambda('exports.handler = () => { console.log("begun"); return new Promise(() => {}); };', {
      onLog: () => subject.kill(),
    });

    const result = await subject.invoke({});

    assert.ok(!result.ok);
    assert.match(result.errorMessage, /Runtime exited with error: signal: killed/);
    assert.deepEqual(result.log, ["begun"]);
  });

  it("removes its files when it stops", async () => {
    const subject = lambda("exports.handler = async () => __filename;");
    const result = await subject.invoke({});

    await subject.stop();

    assert.ok(result.ok);
    assert.equal(existsSync(String(result.payload)), false);
  });
});
