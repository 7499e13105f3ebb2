import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { type Listening, listen } from "../listen";

/** A DB instance, or a cluster with one instance. */
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
}

/** Emulates `DescribeDBInstances` and `DescribeDBClusters` of RDS. It refuses all other calls. */
export interface Rds extends Pick<Listening, "close"> {
  readonly endpoint: string;
  /** Actions, in order. */
  readonly calls: string[];
}

/** Starts the emulator. @param pageSize - Entries of one answer, so that a client must follow markers */
export async function startRds(servers: readonly DbServer[], { pageSize = 20, refuse = false } = {}): Promise<Rds> {
  const calls: string[] = [];
  const server = createServer(async (request, response) => {
    const input = new URLSearchParams(await text(request));
    const action = input.get("Action") ?? "";
    calls.push(action);
    const entries = entriesOf(action, servers);
    if (refuse || entries === undefined) {
      const code = refuse ? "AccessDenied" : "InvalidAction";
      const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${action} is refused</Message></Error>`;
      response.writeHead(refuse ? 403 : 400).end(`<ErrorResponse>${error}</ErrorResponse>`);
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
  if (action === "DescribeDBInstances") return servers.map(instance);
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

function instance(server: DbServer): string {
  const { id, kind, host, port, vpcId, subnetIds } = server;
  const subnets = subnetIds.map((one) => `<Subnet><SubnetIdentifier>${one}</SubnetIdentifier></Subnet>`).join("");
  const own = kind === "cluster" ? `${id}-1.instance.example.com` : host;
  return [
    `<DBInstanceIdentifier>${kind === "cluster" ? `${id}-1` : id}</DBInstanceIdentifier>`,
    kind === "cluster" ? `<DBClusterIdentifier>${id}</DBClusterIdentifier>` : "",
    `<Endpoint><Address>${own}</Address><Port>${port}</Port></Endpoint>${common(server)}${groups(server)}`,
    `<DBSubnetGroup><VpcId>${vpcId}</VpcId><Subnets>${subnets}</Subnets></DBSubnetGroup>`,
  ].join("");
}

function cluster(server: DbServer): string {
  const { id, host, port } = server;
  const reader = host.replace(".cluster-", ".cluster-ro-");
  const endpoints = `<Endpoint>${host}</Endpoint><ReaderEndpoint>${reader}</ReaderEndpoint><Port>${port}</Port>`;
  return `<DBClusterIdentifier>${id}</DBClusterIdentifier>${endpoints}${common(server)}${groups(server)}`;
}
