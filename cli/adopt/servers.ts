import {
  type DBCluster,
  type DBInstance,
  paginateDescribeDBClusters,
  paginateDescribeDBInstances,
  type RDSClient,
} from "@aws-sdk/client-rds";

/** A database server in RDS. */
export type RdsServer = Readonly<NonNullable<ReturnType<typeof serverOf>>>;

/** The servers of the region by endpoint in lowercase: instances, and writers of clusters. @throws Error of the SDK */
export async function serversByHost(client: RDSClient): Promise<Map<string, RdsServer>> {
  const servers = new Map<string, RdsServer>();
  /** The endpoints of the instances by name. */
  const hosts = new Map<string, string>();
  for await (const page of paginateDescribeDBInstances({ client }, {}))
    for (const one of page.DBInstances ?? []) {
      const host = one.Endpoint?.Address?.toLowerCase();
      const server = serverOf(one);
      if (host === undefined || server === undefined) continue;
      servers.set(host, server);
      hosts.set(server.id, host);
    }
  for await (const page of paginateDescribeDBClusters({ client }, {}))
    for (const one of page.DBClusters ?? []) {
      const { DBClusterIdentifier: id = "", Endpoint: endpoint = "", DBClusterMembers: members = [] } = one;
      for (const { DBInstanceIdentifier: instance = "", IsClusterWriter: writes } of members) {
        const host = hosts.get(instance) ?? "";
        const member = servers.get(host);
        if (member === undefined) continue;
        servers.set(endpoint.toLowerCase(), { ...member, ...clusterOf(one), id });
        const text = `is an instance of the cluster ${id}`;
        servers.set(host, {
          ...member,
          readOnly: writes ? undefined : `${text} that accepts no changes: set ${endpoint}`,
          notes: writes ? [`\`host\` ${text}, and after a failover it accepts no changes: set ${endpoint}`] : [],
        });
      }
    }
  return servers;
}

/** Undefined if the instance has no VPC or no security group. */
function serverOf(instance: DBInstance) {
  const { DBInstanceIdentifier: id = "", DBSubnetGroup: group, VpcSecurityGroups: securityGroups = [] } = instance;
  const { ReadReplicaSourceDBInstanceIdentifier: source } = instance;
  const securityGroupId = securityGroups[0]?.VpcSecurityGroupId;
  if (group?.VpcId === undefined || securityGroupId === undefined) return undefined;
  return {
    /** Name of the instance or cluster. */
    id,
    ...{ vpcId: group.VpcId, securityGroupId },
    subnetIds: (group.Subnets ?? []).flatMap(({ SubnetIdentifier }) => SubnetIdentifier ?? []),
    masterUsername: instance.MasterUsername,
    /** The secret of the master user, if RDS manages it. */
    masterSecretArn: instance.MasterUserSecret?.SecretArn,
    /** The reason why it accepts no changes, and the host to set; undefined if it accepts them. */
    readOnly: source && `is a read replica, which accepts no changes: set the endpoint of ${source}`,
    /** Remarks about the server, for the operator. */
    notes: [] as readonly string[],
  };
}

/** The properties of a cluster that replace those of its instances. */
function clusterOf({ VpcSecurityGroups: groups = [], ...cluster }: DBCluster): Partial<RdsServer> {
  const { ReplicationSourceIdentifier: source } = cluster;
  return {
    ...(groups[0]?.VpcSecurityGroupId !== undefined && { securityGroupId: groups[0].VpcSecurityGroupId }),
    masterUsername: cluster.MasterUsername,
    masterSecretArn: cluster.MasterUserSecret?.SecretArn,
    readOnly: source && `is a replica, which accepts no changes: set the endpoint of ${source}`,
  };
}
