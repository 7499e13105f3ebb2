import { randomUUID } from "node:crypto";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { type DbServer, startRds } from "../../../emulators/rds/rds";
import { startSecretsManager } from "../../../emulators/secrets-manager";

/** An account with forty secrets, as RDS, CDK, Terraform and AWS's own functions create them. */
export type Fleet = Awaited<ReturnType<typeof startFleet>>;

const password = "find-me-4711";
const lambda = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
const hostOf = (id: string): string => `${id}.abcdefghijkl.us-east-1.rds.amazonaws.com`;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const orders = range(15).map(
  (i): DbServer => ({
    ...{ id: `orders-${i}`, kind: "instance", engine: "postgres", host: hostOf(`orders-${i}`), port: 5432 },
    ...{ vpcId: "vpc-0a1b2c3d", subnetIds: ["subnet-0a1b2c3d", "subnet-1a1b2c3d"] },
    ...{ securityGroupId: `sg-0a1b2c${10 + i}`, masterUsername: "master" },
  }),
);
const reports = range(4).map(
  (i): DbServer => ({
    ...{ id: `reports-${i}`, kind: "cluster", engine: "aurora-postgresql", port: 6432 },
    host: `reports-${i}.cluster-abcdefghijkl.us-east-1.rds.amazonaws.com`,
    ...{ vpcId: "vpc-1a1b2c3d", subnetIds: ["subnet-2a1b2c3d", "subnet-3a1b2c3d"], securityGroupId: "sg-1a1b2c3d" },
    masterUsername: "master",
  }),
);

export async function startFleet() {
  const service = await startSecretsManager({ invoke: async () => ({ ok: true }) });
  const client = new SecretsManagerClient({
    ...{ endpoint: service.endpoint, region: "us-east-1" },
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const rds = await startRds([...orders, ...reports], { pageSize: 7 });

  /** Returns the ARN. */
  async function create(Name: string, value: object | string | Uint8Array, fn?: string, tags = {}, days = 30) {
    const SecretString = typeof value === "string" ? value : JSON.stringify(value);
    const content = value instanceof Uint8Array ? { SecretBinary: value } : { SecretString };
    const Tags = Object.entries<string>(tags).map(([Key, Value]) => ({ Key, Value }));
    const { ARN = "" } = await client.send(new CreateSecretCommand({ Name, ...content, Tags }));
    if (fn !== undefined)
      await client.send(
        new RotateSecretCommand({
          ...{ SecretId: Name, ClientRequestToken: randomUUID(), RotationLambdaARN: lambda(fn) },
          ...{ RotationRules: { AutomaticallyAfterDays: days }, RotateImmediately: false },
        }),
      );
    return ARN;
  }
  const engine = "postgres";
  const login = (host = "", username = "app", more = {}) => ({ engine, host, port: 5432, username, password, ...more });

  const singleUser = "SecretsManagerRDSPostgreSQLRotationSingleUser";
  for (const i of range(12)) await create(`aws/single-${i}`, login(orders[i]?.host), singleUser, {}, i === 0 ? 7 : 30);
  const masterarn = await create("reports/admin", login(reports[0]?.host, "master", { port: 6432 }));
  for (const i of range(5))
    await create(
      `aws/multi-${i}`,
      login(reports[0]?.host, i === 0 ? "multi-0_clone" : `multi-${i}`, { port: 6432, masterarn }),
      "SecretsManagerRDSPostgreSQLRotationMultiUser",
    );
  for (const i of range(3)) await create(`rds!cluster-${i}`, { username: "master", password });
  for (const i of range(3)) {
    await create(`cdk-${i}`, login(orders[12]?.host, `cdk-${i}`), `Cdk${i}SecretRotationSingleUser-Ab12`);
    service.store.find(`cdk-${i}`).tags = new Map([["aws:cloudformation:stack-name", "DatabaseStack"]]);
  }
  for (const i of range(3))
    await create(`terraform-${i}`, login(orders[13]?.host, `tf-${i}`), undefined, { "managed-by": "terraform" });
  await create("plain/token", "not-json");
  await create("plain/api-key", { key: password });
  await create("binary", Buffer.from([1, 2, 3]));
  for (const other of ["mysql", "mariadb", "sqlserver"])
    await create(other, login("other.example.com", "app", { engine: other }));
  await create("deleted", login(orders[14]?.host, "deleted"));
  await client.send(new DeleteSecretCommand({ SecretId: "deleted" }));
  await create("forbidden", login(orders[14]?.host, "forbidden"));
  await create("on-premises", login("db.corp.example.com"), "own-rotation");
  await create("no-engine", login(orders[14]?.host, "none", { engine: undefined }));
  await create("reader", login(reports[1]?.host.replace(".cluster-", ".cluster-ro-"), "app", { port: 6432 }));
  for (const name of ["twice/a", "twice/b"]) await create(name, login(orders[14]?.host, "twice"));

  service.setHooks({
    before: ({ operation, body }) =>
      operation === "GetSecretValue" && String(body.SecretId).includes("forbidden")
        ? { kind: "error", type: "AccessDeniedException", message: "not authorized", status: 400 }
        : undefined,
  });
  client.destroy();
  return {
    ...{ service, rds },
    /** Every password in the fleet contains this text. */
    password,
    /** The calls that created the fleet. */
    created: service.calls.length,
    env: { SECRETS_MANAGER_ENDPOINT: service.endpoint, AWS_ENDPOINT_URL_RDS: rds.endpoint, AWS_REGION: "us-east-1" },
    async close() {
      await service.close();
      await rds.close();
    },
  };
}
