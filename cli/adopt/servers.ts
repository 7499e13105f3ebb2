import { paginateDescribeDBClusters, paginateDescribeDBInstances, type RDSClient } from "@aws-sdk/client-rds";

/** A database server in RDS. */
export interface RdsServer {
  /** Name of the instance or cluster. */
  readonly id: string;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
  readonly masterUsername: string | undefined;
  /** The secret of the master user, if RDS manages it. */
  readonly masterSecretArn: string | undefined;
}

/** The servers of the region by endpoint in lowercase: instances, and writers of clusters. @throws Error of the SDK */
export async function serversByHost(client: RDSClient): Promise<Map<string, RdsServer>> {
  const servers = new Map<string, RdsServer>();
  const members = new Map<string, RdsServer>();
  for await (const page of paginateDescribeDBInstances({ client }, {})) {
    for (const one of page.DBInstances ?? []) {
      const { DBInstanceIdentifier: id = "", DBSubnetGroup: group, Endpoint: endpoint } = one;
      const server: RdsServer = {
        id,
        vpcId: group?.VpcId ?? "",
        subnetIds: (group?.Subnets ?? []).flatMap(({ SubnetIdentifier }) => SubnetIdentifier ?? []),
        securityGroupId: one.VpcSecurityGroups?.[0]?.VpcSecurityGroupId ?? "",
        masterUsername: one.MasterUsername,
        masterSecretArn: one.MasterUserSecret?.SecretArn,
      };
      if (endpoint?.Address) servers.set(endpoint.Address.toLowerCase(), server);
      if (one.DBClusterIdentifier) members.set(one.DBClusterIdentifier, server);
    }
  }
  for await (const page of paginateDescribeDBClusters({ client }, {})) {
    for (const one of page.DBClusters ?? []) {
      const { DBClusterIdentifier: id = "", Endpoint: host } = one;
      const member = members.get(id);
      if (host === undefined || member === undefined) continue;
      servers.set(host.toLowerCase(), {
        ...member,
        id,
        securityGroupId: one.VpcSecurityGroups?.[0]?.VpcSecurityGroupId ?? member.securityGroupId,
        masterUsername: one.MasterUsername,
        masterSecretArn: one.MasterUserSecret?.SecretArn,
      });
    }
  }
  return servers;
}
