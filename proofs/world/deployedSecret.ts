import { randomUUID } from "node:crypto";
import { functionName, type InvocationFaults, sharedDeployment, topicArn } from "./deployment";
import { type RunOptions, runOps } from "./runOps";
import { freshRole } from "./sharedPostgres";
import type { TestSecret } from "./testSecret";

export type DeployedSecret = Awaited<ReturnType<typeof deployedSecret>>;

/** A secret of the shared deployment, with a role of its own. */
export async function deployedSecret(
  overrides: Readonly<Record<string, unknown>> = {},
  rotation: "configured" | "rotated once" | "none" = "configured",
) {
  const deployment = await sharedDeployment();
  const { monitoring, postgres } = deployment;
  // Without a database of its own, because creating one takes longer than a rotation.
  const login = await freshRole(postgres);
  const { username } = login;
  const first = { engine: "postgres", host: postgres.host, port: postgres.port, ...login };
  const name = `ananta/dev/${username}`;
  const created = await deployment.addSecret({ name, value: { dbname: undefined, ...first, ...overrides } });
  const stackOutputs = JSON.stringify({
    ...{ secretNames: [name], secretArns: [created.arn], functionName, functionArn: deployment.functionArn },
    ...{ alarmTopicArn: topicArn, logGroupName: monitoring.logGroupName, dashboardUrl: "https://example.com/" },
  });
  const [rotate, put] = [created.rotate.bind(created), created.put.bind(created)];

  const secret = Object.assign(created as Omit<TestSecret, "rotate">, {
    deployment,
    /** `pulumi stack output --json` of a stack with this secret alone. */
    stackOutputs,
    /** Runs a command for this secret. */
    ops: (args: readonly string[], options: RunOptions = {}) =>
      runOps([...args, ...(options.stdin ? [] : ["--secret", created.arn])], deployment.env, options),
    /** Rotates. @returns the token */
    async rotate(faults: InvocationFaults = {}) {
      const token = randomUUID();
      deployment.faults = faults;
      try {
        await rotate(token);
      } finally {
        deployment.faults = {};
      }
      return token;
    },
    /** As {@link TestSecret.put}, but the other keys are those of the first value. */
    put: (value: Readonly<Record<string, unknown>> | string, labels?: readonly string[], id?: string) =>
      put(typeof value === "string" ? value : JSON.stringify({ ...first, ...value }), labels, id),
    password: (versionId: string) => String(created.credentials(versionId)?.password),
    /** Changes the password in the database only. */
    async setPassword(text: string) {
      await postgres.query(`ALTER ROLE ${username} PASSWORD '${text}'`);
    },
    currentLogsIn: () => created.logsIn("AWSCURRENT"),
    /** The failures of this secret in the function's log. */
    failures: () =>
      monitoring.lines
        .filter(({ message }) => message.startsWith("{"))
        .map(({ message }) => JSON.parse(message) as Record<string, unknown>)
        .filter((line) => line.secret === created.arn && line.outcome === "failed"),
  });
  if (rotation === "rotated once") await secret.rotate();
  if (rotation === "configured") {
    // As after a deployment with `rotateImmediately: false`.
    await secret.register();
    await secret.dropPending();
  }
  return secret;
}
