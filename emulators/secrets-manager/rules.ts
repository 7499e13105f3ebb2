/**
 * Rules of the service for which there is no recording, or a weak one. The service can follow either side of each, so
 * that what must hold can be shown for both.
 *
 * Ranks of evidence, here and in the tests: R recorded from the real service by a public suite, V a public test marked
 * as verified against AWS, D AWS's documentation or service model, T an acceptance test of the Terraform AWS provider,
 * ? a report or an inference only.
 */
export interface ServiceRules {
  /**
   * Takes AWSPENDING off the new version once its rotation has succeeded (?). The recorded answers right after
   * UpdateSecretVersionStage have both labels on it (R, V).
   * @default false
   */
  readonly removesPendingAfterRotation: boolean;
  /**
   * Milliseconds for which reads do not show a write. Reads "may lag" (D); by how much is not known (?).
   * @default 0
   */
  readonly readLagMs: number;
  /**
   * Runs the pending rotation again when RotateSecret is refused because of it. The message says so (T); that it
   * happens was never seen (?).
   * @default false
   */
  readonly reattemptsAfterRefusal: boolean;
  /**
   * Gives the version of a test rotation (`RotateImmediately: false`) the current value (V). Without it the version has
   * no value.
   * @default true
   */
  readonly testVersionHasValue: boolean;
}

export const defaultRules: ServiceRules = {
  removesPendingAfterRotation: false,
  readLagMs: 0,
  reattemptsAfterRefusal: false,
  testVersionHasValue: true,
};
