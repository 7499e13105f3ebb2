import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { listen } from "../listen";

/** A DB instance, or a cluster with two instances: a writer and a reader. */
export interface DbServer {
  readonly id: string;
  readonly kind: "instance" | "cluster";
  readonly engine: string;
  readonly host: string;
  readonly port: number;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
  readonly masterUsername: string;
  readonly masterSecretArn?: string;
  /** Name of the instance that this one is a read replica of. */
  readonly readReplicaOf?: string;
}

/**
 * Emulates `DescribeDBInstances` and `DescribeDBClusters` of RDS. It refuses all other calls.
 *
 * @param pageSize - Maximum number of entries in one answer. A client must follow the markers.
 */
export async function startRds(
  servers: readonly DbServer[],
  { pageSize = 20, refuse }: { pageSize?: number; refuse?: "AccessDenied" | "ThrottlingException" } = {},
) {
  /** Actions, in order. */
  const calls: string[] = [];
  const server = createServer(async (request, response) => {
    const input = new URLSearchParams(await text(request));
    const action = input.get("Action") ?? "";
    calls.push(action);
    const entries = entriesOf(action, servers);
    if (refuse || entries === undefined) {
      const code = refuse ?? "InvalidAction";
      const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${action} is refused</Message></Error>`;
      response.writeHead(refuse === "AccessDenied" ? 403 : 400).end(`<ErrorResponse>${error}</ErrorResponse>`);
      return;
    }
    const from = Number(input.get("Marker") ?? 0);
    const next = from + pageSize < entries.length ? `<Marker>${from + pageSize}</Marker>` : "";
    const [list, member] =
      action === "DescribeDBInstances" ? ["DBInstances", "DBInstance"] : ["DBClusters", "DBCluster"];
    const page = entries.slice(from, from + pageSize).map((entry) => `<${member}>${entry}</${member}>`);
    const result = `<${action}Result>${next}<${list}>${page.join("")}</${list}></${action}Result>`;
    response.writeHead(200).end(`<${action}Response>${result}</${action}Response>`);
  });
  const { port, close } = await listen(server);
  return { endpoint: `http://127.0.0.1:${port}`, calls, close };
}

function entriesOf(action: string, servers: readonly DbServer[]): string[] | undefined {
  if (action === "DescribeDBInstances") return servers.flatMap(instances);
  if (action === "DescribeDBClusters") return servers.filter(({ kind }) => kind === "cluster").map(cluster);
  return undefined;
}

function common({ engine, masterUsername, masterSecretArn }: DbServer): string {
  const secret = masterSecretArn && `<MasterUserSecret><SecretArn>${masterSecretArn}</SecretArn></MasterUserSecret>`;
  return `<Engine>${engine}</Engine><MasterUsername>${masterUsername}</MasterUsername>${secret ?? ""}`;
}

function groups({ securityGroupId }: DbServer): string {
  const group = `<VpcSecurityGroupId>${securityGroupId}</VpcSecurityGroupId><Status>active</Status>`;
  return `<VpcSecurityGroups><VpcSecurityGroupMembership>${group}</VpcSecurityGroupMembership></VpcSecurityGroups>`;
}

/** The endpoints of a cluster's instances. */
export function instanceHost({ id, host }: DbServer, number: 1 | 2): string {
  return host.replace(`${id}.cluster-`, `${id}-${number}.`);
}

function instances(server: DbServer): string[] {
  const { id, kind, host } = server;
  if (kind === "instance") return [instance(server, id, host)];
  return ([1, 2] as const).map((number) => instance(server, `${id}-${number}`, instanceHost(server, number)));
}

function instance(server: DbServer, name: string, host: string): string {
  const { id, kind, port, vpcId, subnetIds, readReplicaOf: source } = server;
  const subnets = subnetIds.map((one) => `<Subnet><SubnetIdentifier>${one}</SubnetIdentifier></Subnet>`).join("");
  return [
    `<DBInstanceIdentifier>${name}</DBInstanceIdentifier>`,
    kind === "cluster" ? `<DBClusterIdentifier>${id}</DBClusterIdentifier>` : "",
    source ? `<ReadReplicaSourceDBInstanceIdentifier>${source}</ReadReplicaSourceDBInstanceIdentifier>` : "",
    `<Endpoint><Address>${host}</Address><Port>${port}</Port></Endpoint>${common(server)}${groups(server)}`,
    `<DBSubnetGroup><VpcId>${vpcId}</VpcId><Subnets>${subnets}</Subnets></DBSubnetGroup>`,
  ].join("");
}

function cluster(server: DbServer): string {
  const { id, host, port } = server;
  const reader = host.replace(".cluster-", ".cluster-ro-");
  const endpoints = `<Endpoint>${host}</Endpoint><ReaderEndpoint>${reader}</ReaderEndpoint><Port>${port}</Port>`;
  const members = [1, 2].map(
    (number) =>
      `<DBClusterMember><DBInstanceIdentifier>${id}-${number}</DBInstanceIdentifier><IsClusterWriter>${number === 1}</IsClusterWriter></DBClusterMember>`,
  );
  return `<DBClusterIdentifier>${id}</DBClusterIdentifier><DBClusterMembers>${members.join("")}</DBClusterMembers>${endpoints}${common(server)}${groups(server)}`;
}
