import { performance } from "node:perf_hooks";

/**
 * Evaluates the program with a number of databases in a process of its own, as each preview does, and prints what took
 * how long: `node --import tsx bench/stackProbe.ts 100`.
 */
export interface StackProbe {
  readonly databases: number;
  readonly importPulumiMs: number;
  readonly importAwsMs: number;
  readonly importProgramMs: number;
  readonly bundleMs: number;
  readonly evaluateMs: number;
  readonly resources: number;
  readonly policyBytes: number;
}

async function probe(databases: number): Promise<StackProbe> {
  // With `.js`, as an import at run time wants it. One after another, so that each is measured: the program's own imports bring in the ones before.
  const pulumi = await timed(() => import("@pulumi/pulumi"));
  const aws = await timed(async () => {
    await import("@pulumi/aws");
    await import("@pulumi/awsx");
  });
  const program = await timed(() => import("../infra/evaluate.js"));
  const { rotationFunctionFiles } = await import("../build/bundle.js");
  const bundle = await timed(async () => rotationFunctionFiles("us-east-1"));
  const evaluated = await timed(() =>
    program.result.evaluateProgram({
      stack: "bench",
      file: false,
      config: {
        network: {
          vpcId: "vpc-0a1b2c3d4e5f60718",
          subnetIds: ["subnet-0a1b2c3d4e5f60718", "subnet-1a1b2c3d4e5f60718"],
        },
        databases: Array.from({ length: databases }, (_, index) => databaseOf(index)),
        schedule: { cron: "cron(0 2 ? * SUN *)", duration: "4h" },
      },
    }),
  );
  const { resources } = evaluated.result;
  const policies = resources.flatMap(({ inputs }) =>
    [inputs.policy, inputs.assumeRolePolicy].filter((text): text is string => typeof text === "string"),
  );
  return {
    databases,
    importPulumiMs: pulumi.ms,
    importAwsMs: aws.ms,
    importProgramMs: program.ms,
    bundleMs: bundle.ms,
    evaluateMs: evaluated.ms,
    resources: resources.length,
    policyBytes: policies.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
  };
}

/** As in `Pulumi.prod.yaml.sample`: databases behind a few security groups. */
function databaseOf(index: number): Record<string, unknown> {
  return {
    secretName: `bench/team-${index % 20}/database-${index}`,
    host: `database-${index}.abcdefghijkl.us-east-1.rds.amazonaws.com`,
    username: "app",
    adminSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:bench/admin-AbCdEf",
    securityGroupId: `sg-0a1b2c3d4e5f6071${index % 8}`,
  };
}

async function timed<T>(run: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const startedAt = performance.now();
  const result = await run();
  return { result, ms: performance.now() - startedAt };
}

if (require.main === module) {
  probe(Number(process.argv[2])).then(
    (found) => {
      console.log(JSON.stringify(found));
      process.exit();
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}
