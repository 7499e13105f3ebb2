import { short } from "../../cli/terminal/terminal";
import { findLeaks, Ledger } from "../world/ledger";
import type { Rehearsal, RehearsedRotation } from "./rehearsal";
import type { RotationScenario } from "./scenarios";

/** An assertion after the rotations. */
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

/** Proofs after one rotation: who can log in, and which version has which label. */
export function proofsOf(
  scenario: RotationScenario,
  rotated: () => RehearsedRotation,
  name: (what: string) => string,
): RehearsalProof[] {
  return [
    {
      name: name("the new password logs in"),
      async check({ logIn, userOf }) {
        const { current } = rotated();
        demand(await logIn(current), "PostgreSQL refuses the password of AWSCURRENT");
        return `as ${userOf(current)}`;
      },
    },
    scenario.previousLogsIn
      ? {
          name: name("the other user still logs in"),
          async check({ logIn, userOf }) {
            const { previous } = rotated();
            demand(await logIn(previous), "PostgreSQL refuses the login from before the rotation");
            return `as ${userOf(previous)}`;
          },
        }
      : {
          name: name("the old password is refused"),
          async check({ logIn, userOf }) {
            const { previous } = rotated();
            demand(!(await logIn(previous)), "PostgreSQL still takes the password from before the rotation");
            return `for ${userOf(previous)}`;
          },
        },
    {
      name: name(scenario.previousLogsIn ? "no login was refused meanwhile" : "logins were refused only for a moment"),
      async check() {
        const { watched } = rotated();
        if (watched === undefined) return "there was no user before";
        const { logins, refused, refusedForMs } = watched;
        demand(logins > refused, "no login worked during the rotation");
        demand(!scenario.previousLogsIn || refused === 0, `${refused} of ${logins} logins were refused`);
        return `${refused} of ${logins} logins, for ${Math.round(refusedForMs)} ms`;
      },
    },
    {
      name: name("each label is where it belongs"),
      async check({ secret }) {
        const { token, previousToken } = rotated();
        const { AWSCURRENT, AWSPREVIOUS, AWSPENDING } = secret.labels();
        demand(AWSCURRENT === token, `AWSCURRENT is on ${short(AWSCURRENT)}, not on the new version ${short(token)}`);
        demand(
          AWSPREVIOUS === previousToken,
          `AWSPREVIOUS is on ${short(AWSPREVIOUS)}, not on ${short(previousToken)}`,
        );
        demand(AWSPENDING === undefined || AWSPENDING === token, `AWSPENDING is left on ${short(AWSPENDING)}`);
        return `AWSCURRENT ${short(AWSCURRENT)}, AWSPREVIOUS ${short(AWSPREVIOUS)}`;
      },
    },
  ];
}

/** Proofs about everything that was written. */
export const silenceProofs: readonly RehearsalProof[] = [
  {
    name: "PostgreSQL keeps a SCRAM verifier",
    async check({ storedVerifier }) {
      const verifier = await storedVerifier();
      demand(/^SCRAM-SHA-256\$\d+:/.test(verifier), "PostgreSQL keeps something other than a SCRAM-SHA-256 verifier");
      return verifier.slice(0, verifier.indexOf(":"));
    },
  },
  {
    name: "the function's sessions were encrypted",
    async check({ world: { postgres } }) {
      const sessions = (await postgres.completeLog())
        .split("\n")
        .filter((line) => line.includes("connection authorized") && line.includes("application_name=secrets-rotation"));
      demand(sessions.length > 0, "PostgreSQL saw no session of the function");
      demand(
        sessions.every((line) => line.includes("SSL enabled")),
        "PostgreSQL let a session of the function in without TLS",
      );
      return /protocol=([\w.]+)/.exec(sessions[0] ?? "")?.[1] ?? "";
    },
  },
  {
    name: "no password and no verifier in PostgreSQL's log",
    check: async ({ world: { postgres }, passwords, storedVerifier }) =>
      silent(await postgres.completeLog(), passwords(), [await storedVerifier()]),
  },
  {
    name: "no password in the function's log and metrics",
    async check({ world, passwords }) {
      const log = world.log.join("\n");
      demand(log.includes("[ROTATION]"), "the function has logged nothing");
      demand(log.includes('"Duration"'), "the function has sent no metric Duration");
      return silent(log, passwords());
    },
  },
];

/** Searches for every credential, in each encoding. */
function silent(text: string, passwords: readonly string[], verifiers: readonly string[] = []): string {
  const ledger = new Ledger();
  for (const password of passwords) ledger.passwords.add(password);
  for (const verifier of verifiers) ledger.verifiers.add(verifier);
  const [leak] = findLeaks(ledger, { text });
  demand(leak === undefined, `found a ${leak?.kind}`);
  return `${passwords.length + verifiers.length} secrets, ${text.split("\n").length} lines searched`;
}

function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
