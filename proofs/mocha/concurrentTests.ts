/** More would only wait for the processors. */
const workers = 6;

type Run = () => Promise<void>;

/**
 * Defines tests that run at the same time: each waits for servers most of its time, and has roles and a secret of its own.
 *
 * @param define adds tests by a function like mocha's `it`
 */
export function concurrentTests(define: (test: (title: string, run: Run) => void) => void): void {
  const tests = new Map<string, Run>();
  define((title, run) => void tests.set(title, run));
  const running = new Map<string, Promise<void>>();

  before(() => {
    let free: Promise<unknown>[] = Array.from({ length: workers }, () => Promise.resolve());
    for (const [title, test] of tests) {
      const [first = Promise.resolve(), ...others] = free;
      const run = first.then(test);
      running.set(title, run);
      // The test itself reports a failure.
      free = [...others, run.catch(() => undefined)];
    }
  });

  for (const title of tests.keys()) it(title, () => running.get(title));
}
