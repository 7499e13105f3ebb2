/**
 * Rules of the service without strong evidence. The emulator can follow either variant of each rule, so that tests can
 * run with both.
 *
 * Ranks of evidence, here and in the tests:
 * - R: recorded from AWS by a public test suite
 * - V: a public test that is marked as verified against AWS
 * - D: AWS's documentation or service model
 * - T: an acceptance test of the Terraform AWS provider
 * - ?: only a report or an inference
 */
export const defaultRules = {
  /**
   * Removes AWSPENDING from the new version after its rotation has succeeded (?). In recorded answers, the version has
   * both labels immediately after UpdateSecretVersionStage (R, V). If a public suite shows it without AWSPENDING after
   * a rotation, the suite's own function has removed the label.
   */
  removesPendingAfterRotation: false,
  /** Milliseconds for which reads do not show a write. Reads "may lag" (D); the duration is unknown (?). */
  readLagMs: 0,
  /**
   * Runs the pending rotation again when RotateSecret is refused because of it. The message announces it (T), but no
   * evidence shows that it happens (?).
   */
  reattemptsAfterRefusal: false,
  /**
   * Gives the version of a test rotation (`RotateImmediately: false`) the current value (V). Without it the version has
   * no value.
   */
  testVersionHasValue: true,
};

export type ServiceRules = Readonly<typeof defaultRules>;
