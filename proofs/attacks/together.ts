/** More at the same time wait for the machine's processors. */
const atOnce = 6;

/**
 * Defines tests that run at the same time, each with a title of its own: an attack waits for servers most of its time,
 * and has its own roles and secret.
 */
export function together(tests: Readonly<Record<string, () => Promise<void>>>): void {
  const waiting = Object.entries(tests);
  const running = new Map<string, Promise<void>>();

  before(() => {
    let free: Promise<unknown>[] = Array.from({ length: atOnce }, () => Promise.resolve());
    for (const [title, test] of waiting) {
      const [first = Promise.resolve(), ...others] = free;
      const run = first.then(test);
      // Its own test reports it.
      const over = run.catch(() => undefined);
      free = [...others, over];
      running.set(title, run);
    }
  });

  for (const [title] of waiting) it(title, () => running.get(title));
}
