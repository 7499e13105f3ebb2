const { availableParallelism } = require("node:os");

// Which files: see `test` in package.json. Named here, they would run beside a file that `npx mocha FILE` names.
module.exports = {
  require: ["tsx", "./proofs/mocha/setup.ts"],
  reporter: "./proofs/mocha/slowestTests.ts",
  // Each worker has a PostgreSQL of its own, and waits for that or for a child process most of the time: one more of them
  // than there are processors fills the gaps.
  parallel: true,
  jobs: Math.min(availableParallelism() + 1, 6),
  // A machine that builds for many can hold a process up for longer than a time limit that is under test.
  retries: process.env.CI ? 1 : 0,
  // Ends a test that hangs. No test measures time, and a busy machine can be ten times slower.
  timeout: 300_000,
  slow: 2_000,
  exit: true,
};
