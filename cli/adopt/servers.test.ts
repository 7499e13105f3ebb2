import assert from "node:assert/strict";
import { RDSClient } from "@aws-sdk/client-rds";
import { type DbServer, instanceHost, startRds } from "../../emulators/rds/rds";
import { type RdsServer, serversByHost } from "./servers";

const common = {
  ...{ port: 5432, vpcId: "vpc-0a1b2c3d", subnetIds: ["subnet-0a1b2c3d", "subnet-1a1b2c3d"] },
  ...{ securityGroupId: "sg-0a1b2c3d", masterUsername: "master" },
};
const orders: DbServer = { ...common, id: "orders", kind: "instance", engine: "postgres", host: "Orders.example.com" };
const copy: DbServer = { ...orders, id: "copy", host: "copy.example.com", readReplicaOf: "orders" };
const reports: DbServer = {
  ...{ ...common, id: "reports", kind: "cluster", engine: "aurora-postgresql" },
  host: "reports.cluster-abcdefghijkl.us-east-1.rds.amazonaws.com",
};

describe("serversByHost", () => {
  let servers: ReadonlyMap<string, RdsServer>;
  before(async () => {
    const rds = await startRds([orders, copy, reports], { pageSize: 1 });
    const client = new RDSClient({
      ...{ endpoint: rds.endpoint, region: "us-east-1" },
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    servers = await serversByHost(client);
    client.destroy();
    await rds.close();
  });
  const problemOf = (host: string) => servers.get(host)?.readOnly;

  it("instances and the writer endpoints of clusters accept changes", () => {
    for (const host of ["orders.example.com", reports.host]) {
      assert.deepEqual([servers.get(host)?.vpcId, problemOf(host)], ["vpc-0a1b2c3d", undefined]);
      assert.deepEqual(servers.get(host)?.notes, []);
    }
    assert.equal(servers.get(reports.host)?.id, "reports");
  });

  it("a read replica accepts no changes: the instance that it is a replica of", () => {
    assert.equal(
      problemOf("copy.example.com"),
      "is a read replica, which accepts no changes: set the endpoint of orders",
    );
  });

  it("an instance of a cluster: a reader accepts no changes, and the writer may become a reader", () => {
    const [writer, reader] = [instanceHost(reports, 1), instanceHost(reports, 2)];
    assert.equal(
      problemOf(reader),
      `is an instance of the cluster reports that accepts no changes: set ${reports.host}`,
    );
    assert.equal(problemOf(writer), undefined);
    assert.deepEqual(servers.get(writer)?.notes, [
      `\`host\` is an instance of the cluster reports, and after a failover it accepts no changes: set ${reports.host}`,
    ]);
  });
});
