/** The result of a client that logged in repeatedly during a rotation. */
export interface ClientLogins {
  readonly logins: number;
  readonly refused: number;
  /** From the first refused login to the next that worked, in milliseconds; 0 without any. */
  readonly refusedForMs: number;
}

/** A refusal that lasts longer than this after the rotation is regarded as permanent. */
const maxRefusalMs = 2_000;

/**
 * Behaves like an application without a cache: reads AWSCURRENT and logs in, repeatedly, until the rotation ends. If
 * the rotation succeeds, a refusal at its end is measured to its end.
 *
 * @param logIn reads the secret and logs in. Returns false if the server refuses.
 */
export async function watchLogins(logIn: () => Promise<boolean>, rotation: Promise<unknown>): Promise<ClientLogins> {
  let [logins, refused, refusedForMs] = [0, 0, 0];
  let refusedSince: number | undefined;
  let hasEnded = (): boolean => false;
  rotation.then(
    () => {
      const giveUpAt = performance.now() + maxRefusalMs;
      hasEnded = () => refusedSince === undefined || performance.now() > giveUpAt;
    },
    () => {
      hasEnded = () => true;
    },
  );
  while (!hasEnded()) {
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
  return { logins, refused, refusedForMs };
}
