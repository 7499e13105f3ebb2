/** Maximum number of concurrent tests: more would only wait for the processors. */
const workers = 6;

type Run = () => Promise<void>;

/**
 * Defines tests that run at the same time. Each test mostly waits for servers, and has its own roles and secret.
 *
 * @param define adds tests by a function like mocha's `it`
 */
export function concurrentTests(define: (test: (title: string, run: Run) => void) => void): void {
  const tests = new Map<string, Run>();
  define((title, run) => void tests.set(title, run));
  const running = new Map<string, Promise<void>>();

  before(() => {
    let slots: Promise<unknown>[] = Array.from({ length: workers }, () => Promise.resolve());
    for (const [title, test] of tests) {
      const [first = Promise.resolve(), ...others] = slots;
      const run = first.then(test);
      running.set(title, run);
      // The test itself reports a failure.
      slots = [...others, run.catch(() => undefined)];
    }
  });

  for (const title of tests.keys()) it(title, () => running.get(title));
}
