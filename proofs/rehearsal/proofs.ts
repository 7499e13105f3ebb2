import { shortVersionId } from "../../cli/terminal/terminal";
import { findLeaks, Ledger } from "../world/ledger";
import type { Rehearsal } from "./rehearsal";
import type { RotationScenario } from "./scenarios";

export interface RehearsalProof {
  readonly name: string;
  /** @returns what was found @throws Error if the assertion does not hold */
  readonly check: (rehearsal: Rehearsal) => Promise<string>;
}

export interface ProofResult {
  readonly name: string;
  readonly held: boolean;
  /** What was found. */
  readonly detail: string;
}

/**
 * Proofs after a rotation: who can log in, and which version has which label.
 *
 * @param prefix of their names
 */
export function proofsOf({ previousLogsIn }: RotationScenario, prefix: string): RehearsalProof[] {
  return [
    {
      name: `${prefix}the new password logs in`,
      async check(rehearsal) {
        const { current } = rehearsal.latest;
        assertThat(await rehearsal.logIn(current), "PostgreSQL refuses the password of AWSCURRENT");
        return `as ${rehearsal.userOf(current)}`;
      },
    },
    previousLogsIn
      ? {
          name: `${prefix}the other user still logs in`,
          async check(rehearsal) {
            const { previous } = rehearsal.latest;
            assertThat(await rehearsal.logIn(previous), "PostgreSQL refuses the login from before the rotation");
            return `as ${rehearsal.userOf(previous)}`;
          },
        }
      : {
          name: `${prefix}the old password is refused`,
          async check(rehearsal) {
            const { previous } = rehearsal.latest;
            assertThat(
              !(await rehearsal.logIn(previous)),
              "PostgreSQL still takes the password from before the rotation",
            );
            return `for ${rehearsal.userOf(previous)}`;
          },
        },
    {
      name: `${prefix}${previousLogsIn ? "no login was refused during the rotation" : "logins were refused only for a moment"}`,
      async check({ latest: { clientLogins } }) {
        if (clientLogins === undefined) return "there was no user before";
        const { logins, refused, refusedForMs } = clientLogins;
        assertThat(logins > refused, "no login worked during the rotation");
        assertThat(!previousLogsIn || refused === 0, `${refused} of ${logins} logins were refused`);
        return `${refused} of ${logins} logins, for ${Math.round(refusedForMs)} ms`;
      },
    },
    {
      name: `${prefix}the staging labels are correct`,
      async check({ secret, latest: { token, previousToken } }) {
        const { AWSCURRENT, AWSPREVIOUS, AWSPENDING } = secret.labels();
        assertThat(
          AWSCURRENT === token,
          `AWSCURRENT is on ${shortVersionId(AWSCURRENT)}, not on the new version ${shortVersionId(token)}`,
        );
        assertThat(
          AWSPREVIOUS === previousToken,
          `AWSPREVIOUS is on ${shortVersionId(AWSPREVIOUS)}, not on ${shortVersionId(previousToken)}`,
        );
        assertThat(
          AWSPENDING === undefined || AWSPENDING === token,
          `AWSPENDING is left on ${shortVersionId(AWSPENDING)}`,
        );
        return `AWSCURRENT ${shortVersionId(AWSCURRENT)}, AWSPREVIOUS ${shortVersionId(AWSPREVIOUS)}`;
      },
    },
  ];
}

/** Proofs that no credential was exposed: verifier, TLS, and both logs. */
export const confidentialityProofs: readonly RehearsalProof[] = [
  {
    name: "PostgreSQL keeps a SCRAM verifier",
    async check(rehearsal) {
      const verifier = await rehearsal.storedVerifier();
      assertThat(
        /^SCRAM-SHA-256\$\d+:/.test(verifier),
        "PostgreSQL keeps something other than a SCRAM-SHA-256 verifier",
      );
      return verifier.slice(0, verifier.indexOf(":"));
    },
  },
  {
    name: "the function's sessions were encrypted",
    async check({ postgres }) {
      const sessions = (await postgres.completeLog())
        .split("\n")
        .filter((line) => line.includes("connection authorized") && line.includes("application_name=secrets-rotation"));
      assertThat(sessions.length > 0, "PostgreSQL saw no session of the function");
      assertThat(
        sessions.every((line) => line.includes("SSL enabled")),
        "PostgreSQL let a session of the function in without TLS",
      );
      return /protocol=([\w.]+)/.exec(sessions[0] ?? "")?.[1] ?? "";
    },
  },
  {
    name: "no password and no verifier in PostgreSQL's log",
    check: async (rehearsal) =>
      assertNoCredential(await rehearsal.postgres.completeLog(), rehearsal.passwords(), [
        await rehearsal.storedVerifier(),
      ]),
  },
  {
    name: "no password in the function's log and metrics",
    async check(rehearsal) {
      const log = rehearsal.world.log.join("\n");
      assertThat(log.includes("[ROTATION]"), "the function has logged nothing");
      assertThat(log.includes('"Duration"'), "the function has sent no metric Duration");
      return assertNoCredential(log, rehearsal.passwords());
    },
  },
];

/** Searches for each credential in each encoding. @returns what was searched @throws Error if one was found */
function assertNoCredential(text: string, passwords: readonly string[], verifiers: readonly string[] = []): string {
  const ledger = new Ledger();
  for (const password of passwords) ledger.passwords.add(password);
  for (const verifier of verifiers) ledger.verifiers.add(verifier);
  const [leak] = findLeaks(ledger, { text });
  assertThat(leak === undefined, `found a ${leak?.kind}`);
  return `${passwords.length + verifiers.length} secrets, ${text.split("\n").length} lines searched`;
}

function assertThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
