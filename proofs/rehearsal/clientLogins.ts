/** The result of a client that logged in repeatedly during a rotation. */
export interface ClientLogins {
  readonly logins: number;
  readonly refused: number;
  /** From the first refused login to the next that worked, in milliseconds; 0 without any. */
  readonly refusedForMs: number;
}

/** Milliseconds that a refusal may last after the rotation, before it is regarded as permanent. */
const patienceMs = 2_000;

/**
 * Behaves like an application without a cache: reads AWSCURRENT and logs in, repeatedly.
 *
 * @param logIn reads the secret and logs in. Returns false if the server refuses.
 * @returns a function that stops the client. Its argument is whether a refusal is expected to end.
 */
export function watchLogins(logIn: () => Promise<boolean>): (endsWell: boolean) => Promise<ClientLogins> {
  let stopAt = Number.POSITIVE_INFINITY;
  let giveUpAt = Number.POSITIVE_INFINITY;
  let [logins, refused, refusedForMs] = [0, 0, 0];
  let refusedSince: number | undefined;
  const loop = (async () => {
    // A refusal at the end of the rotation is measured to its end.
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
