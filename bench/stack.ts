import type { Part } from "./part";

/** What the program registers for a number of databases. */
type StackSize = Awaited<ReturnType<typeof evaluate>>;

export const stack: Part = {
  name: "stack",
  title: "The Pulumi program",
  async measure({ quick, progress }) {
    await evaluate(1);
    const sizes: StackSize[] = [];
    for (const databases of quick ? [1, 10, 100] : [1, 10, 100, 1000]) {
      progress(`evaluating the program with ${databases} databases`);
      sizes.push(await evaluate(databases));
    }
    return {
      table: {
        head: ["databases", "evaluation", "resources", "bytes of IAM policies"],
        rows: sizes.map(({ databases, evaluateMs, resources, policyBytes }) => [
          databases.toLocaleString("en-US"),
          `${evaluateMs.toFixed(0)} ms`,
          resources,
          policyBytes,
        ]),
      },
      note: `${growthOf(sizes)} Measured without Pulumi's engine, after all modules were loaded.`,
      figures: { sizes },
    };
  },
};

/**
 * Describes the growth per database, from the smallest and the largest stack.
 *
 * @throws Error if there is only one size
 */
export function growthOf(sizes: readonly StackSize[]): string {
  const [first, last] = [sizes[0], sizes.at(-1)];
  if (first === undefined || last === undefined || first === last) throw new Error("Growth needs two sizes.");
  const databases = last.databases - first.databases;
  const resources = (last.resources - first.resources) / databases;
  const bytes = Math.round((last.policyBytes - first.policyBytes) / databases);
  return `Each additional database adds ${resources.toFixed(1)} resources and ${bytes > 0 ? `${bytes} bytes of` : "no"} policy text.`;
}

async function evaluate(databases: number) {
  // Imported here, because Pulumi and its providers take a second to load.
  const { evaluateProgram } = await import("../infra/evaluate.js");
  const startedAt = performance.now();
  const { resources } = await evaluateProgram({
    stack: "bench",
    file: false,
    config: {
      network: { vpcId: "vpc-0a1b2c3d4e5f60718", subnetIds: ["subnet-0a1b2c3d4e5f60718", "subnet-1a1b2c3d4e5f60718"] },
      databases: Array.from({ length: databases }, (_, index) => databaseOf(index)),
      schedule: { cron: "cron(0 2 ? * SUN *)", duration: "4h" },
    },
  });
  const evaluateMs = performance.now() - startedAt;
  const policies = resources
    .flatMap(({ inputs }) => [inputs.policy, inputs.assumeRolePolicy])
    .filter((text): text is string => typeof text === "string");
  const policyBytes = policies.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { databases, evaluateMs, resources: resources.length, policyBytes };
}

/** As in `Pulumi.prod.yaml.sample`: the databases share a few security groups. */
function databaseOf(index: number): Record<string, unknown> {
  return {
    secretName: `bench/team-${index % 20}/database-${index}`,
    host: `database-${index}.abcdefghijkl.us-east-1.rds.amazonaws.com`,
    username: "app",
    adminSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:bench/admin-AbCdEf",
    securityGroupId: `sg-0a1b2c3d4e5f6071${index % 8}`,
  };
}
