import assert from "node:assert/strict";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { DeployedSecret } from "../../proofs/world/deployedSecret";

/**
 * Asserts that a program logs in before and after a rotation. Ends the program.
 *
 * @param program - For each line of input, opens a connection and prints the current user.
 */
export async function staysLoggedIn(
  program: ChildProcessByStdio<Writable, Readable, null>,
  secret: DeployedSecret,
): Promise<void> {
  const currentUser = (): Promise<string> => {
    program.stdin.write("\n");
    return new Promise((resolve) => program.stdout.once("data", (data: Buffer) => resolve(data.toString().trim())));
  };
  try {
    assert.equal(await currentUser(), secret.user);
    await secret.rotate();
    assert.equal(await currentUser(), secret.user);
  } finally {
    program.kill();
  }
}
