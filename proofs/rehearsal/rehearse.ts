import { Listr, type ListrTask } from "listr2";
import { colors } from "../../cli/terminal/colors";
import type { Terminal } from "../../cli/terminal/terminal";
import { remedies } from "../../rotation-fn/errors";
import { confidentialityProofs, type ProofResult, proofsOf, type RehearsalProof } from "./proofs";
import { type Rehearsal, RotationFailedError } from "./rehearsal";
import { rotationTask } from "./rotationTask";

/** The result of a rehearsal, as `--json` prints it. */
export type Result = Awaited<ReturnType<typeof rehearse>>;

/**
 * Starts the parts, rotates twice, and proves the outcome. Shows each step as it happens.
 *
 * @param progress Without it, nothing is shown.
 */
export async function rehearse(rehearsal: Rehearsal, progress?: Terminal["progress"]) {
  const startedAt = performance.now();
  const proofs: ProofResult[] = [];
  let failure: Error | undefined;

  const tasks: ListrTask[] = [
    timed("Evaluate the Pulumi program, stack dev", async () => {
      await rehearsal.evaluate();
      const { resources, lambda } = rehearsal.stack;
      const bytes = Buffer.byteLength(lambda.files["index.js"] ?? "");
      return `${resources} resources, handler of ${Math.round(bytes / 1000)} kB`;
    }),
    timed("Start PostgreSQL with TLS and SCRAM", async () => {
      await rehearsal.startDatabase();
      const { postgres } = rehearsal;
      const { rows } = await postgres.query<{ server_version: string }>("SHOW server_version");
      return `${rows[0]?.server_version} at ${postgres.host}:${postgres.port}`;
    }),
    timed("Start Secrets Manager and the function", async () => {
      await rehearsal.startService();
      return `${rehearsal.world.service.endpoint}, ${rehearsal.stack.secret.name}`;
    }),
    rotationTask("Rotate the password", rehearsal),
    proofTask(proofsOf(rehearsal.scenario, ""), rehearsal, proofs),
    rotationTask("Rotate it again", rehearsal),
    proofTask(proofsOf(rehearsal.scenario, "after a second rotation, "), rehearsal, proofs),
    proofTask(confidentialityProofs, rehearsal, proofs),
  ];
  try {
    const silentRenderer = { renderer: "silent", registerSignalListeners: false } as const;
    await new Listr(tasks, { ...(progress ?? silentRenderer), concurrent: false }).run();
  } catch (error) {
    failure = error as Error;
  }
  return {
    /** Whether both rotations succeeded and every proof held. */
    ok: failure === undefined && proofs.every(({ held }) => held),
    durationMs: Math.round(performance.now() - startedAt),
    rotations: rehearsal.rotations.map(({ token, durationMs, steps }) => ({
      version: token,
      durationMs: Math.round(durationMs),
      steps: Object.fromEntries(steps.map(({ step, durationMs }) => [step, Math.round(durationMs)])),
    })),
    proofs,
    ...(failure && { failure: describeFailure(failure) }),
  };
}

/** A task whose title ends with its result and its duration. */
function timed(title: string, work: () => Promise<string>): ListrTask {
  return {
    title,
    async task(_, task) {
      const startedAt = performance.now();
      const found = await work();
      task.title = `${title.padEnd(42)}${colors.dim(`${found}  ${seconds(performance.now() - startedAt)}`)}`;
    },
  };
}

/** Checks the proofs one after the other. If one does not hold, the others are checked too. */
function proofTask(proofs: readonly RehearsalProof[], rehearsal: Rehearsal, results: ProofResult[]): ListrTask {
  return {
    title: "Prove it",
    task: (_, task) =>
      task.newListr(
        proofs.map(({ name, check }) => ({
          title: name,
          async task(_, proof) {
            try {
              const detail = await check(rehearsal);
              results.push({ name, held: true, detail });
              proof.title = `${name.padEnd(66)}${colors.dim(detail)}`;
            } catch (error) {
              const detail = (error as Error).message;
              results.push({ name, held: false, detail });
              throw new Error(`${name}: no, ${detail}`);
            }
          },
        })),
        { exitOnError: false },
      ),
  };
}

/** Why the rehearsal ended early. */
function describeFailure(failure: Error): { what: string; step?: string; code?: string; remedy?: string | undefined } {
  if (!(failure instanceof RotationFailedError)) return { what: failure.message };
  const { step, code, message } = failure;
  const remedy = Object.hasOwn(remedies, code) ? remedies[code as keyof typeof remedies] : undefined;
  return { step, code, what: message, remedy };
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
