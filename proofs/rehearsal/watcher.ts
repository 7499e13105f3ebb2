/** What a client saw that logged in again and again with what the secret said. */
export interface Watched {
  readonly logins: number;
  readonly refused: number;
  /** From the first refused login to the next that worked, in milliseconds; 0 without any. */
  readonly refusedForMs: number;
}

/** How long a refusal may outlast the rotation before it counts as one that stays, in milliseconds. */
const patienceMs = 2_000;

/**
 * Behaves like an application that never caches: reads the current version and logs in with it, over and over.
 *
 * @param logIn - Reads the secret and signs in; false where the server refuses.
 * @returns the function that stops it, and tells it whether a refusal is expected to end.
 */
export function watch(logIn: () => Promise<boolean>): (endsWell: boolean) => Promise<Watched> {
  let stopAt = Number.POSITIVE_INFINITY;
  let giveUpAt = Number.POSITIVE_INFINITY;
  let [logins, refused, refusedForMs] = [0, 0, 0];
  let refusedSince: number | undefined;
  const loop = (async () => {
    // A refusal that is under way at the end is seen through, so that its length is known.
    while (performance.now() < stopAt || (refusedSince !== undefined && performance.now() < giveUpAt)) {
      const startedAt = performance.now();
      const accepted = await logIn();
      logins++;
      if (!accepted) {
        refused++;
        refusedSince ??= startedAt;
      } else if (refusedSince !== undefined) {
        refusedForMs += performance.now() - refusedSince;
        refusedSince = undefined;
      }
    }
  })();
  loop.catch(() => undefined);
  return async (endsWell) => {
    stopAt = performance.now();
    giveUpAt = endsWell ? stopAt + patienceMs : stopAt;
    await loop;
    return { logins, refused, refusedForMs };
  };
}
