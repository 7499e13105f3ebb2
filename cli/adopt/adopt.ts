import type { RDSClient } from "@aws-sdk/client-rds";
import type { Command } from "../command";
import { columns, formatDuration, type Terminal } from "../terminal/terminal";
import { type Assessment, assessSecrets } from "./assessment";
import { configurations, type StackConfiguration, yamlOf } from "./configuration";
import { findSecrets, listSecrets } from "./foundSecret";
import { type RdsServer, serversByHost } from "./servers";

/** Looks at the secrets of a region, and prints the configuration that adopts them. Changes nothing. */
export const adopt: Command = async ({ clients, options, terminal, now }) => {
  const secrets = await listSecrets(clients.secretsManager);
  const found = await findSecrets(clients.secretsManager, secrets, options);
  const { servers, problem } = await lookUpServers(clients.rds);
  const assessments = assessSecrets(found, { secrets, servers });
  const region = await clients.secretsManager.config.region();
  const stacks = configurations(assessments, region);
  const listed = assessments.filter(({ verdict }) => verdict !== "other");
  showSecrets(terminal, listed, now());
  if (problem !== undefined) terminal.say(terminal.color.red(`RDS was not looked up: ${problem}`));
  terminal.say(
    `Secrets: ${assessments.length}, ${assessments.length - listed.length} of them without PostgreSQL credentials.`,
  );
  for (const stack of stacks) showStack(terminal, stack);
  const ok = listed.every(({ verdict }) => verdict !== "needs action");
  terminal.result({ ok, secrets: assessments, stacks: stacks.map(({ vpcId, config }) => ({ vpcId, config })) });
  return ok;
};

async function lookUpServers(
  client: RDSClient | undefined,
): Promise<{ servers?: ReadonlyMap<string, RdsServer>; problem?: string }> {
  if (client === undefined) return { problem: "it has no endpoint here (AWS_ENDPOINT_URL_RDS)" };
  try {
    return { servers: await serversByHost(client) };
  } catch (error) {
    const { name, message } = error as Error;
    const remedy = /denied|unauthorized/i.test(name)
      ? "allow rds:DescribeDBInstances and rds:DescribeDBClusters"
      : `${message}: run adopt again`;
    return { problem: `${name}: ${remedy}` };
  }
}

/** Secrets that need action first. */
function showSecrets({ say, color: c }: Terminal, assessments: readonly Assessment[], now: Date): void {
  const order = ["needs action", "ready", "adopted", "managed"];
  const rows = [...assessments].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  const cells = rows.map(({ name, verdict, rotatedBy, nextRotationAt, database }) => [
    name,
    verdict,
    database?.strategy ?? (database === undefined ? "-" : "single-user"),
    nextRotationAt === undefined
      ? "-"
      : nextRotationAt < now
        ? "overdue"
        : `in ${formatDuration(nextRotationAt.getTime() - now.getTime())}`,
    rotatedBy,
  ]);
  const [heading = "", ...lines] = columns([["secret", "", "strategy", "next", "rotated by"], ...cells]);
  say(c.dim(heading));
  for (const [index, line] of lines.entries()) {
    const { verdict = "", missing = [], notes = [] } = rows[index] ?? {};
    say(verdict === "needs action" ? c.red(line) : line);
    if (verdict === "needs action") for (const text of missing) say(`    ${text}`);
    if (verdict !== "managed") for (const text of notes) say(c.dim(`    ${text}`));
  }
  say();
}

function showStack({ say, color: c }: Terminal, stack: StackConfiguration): void {
  say();
  say(c.bold(`# Pulumi.<stack>.yaml for ${stack.vpcId}: ${stack.databases.length} databases`));
  for (const line of yamlOf(stack).trimEnd().split("\n")) say(line);
}
