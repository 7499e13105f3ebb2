export const goodNetwork = { vpcId: "vpc-0a1b2c3d", subnetIds: ["subnet-0a1b2c3d", "subnet-1a1b2c3d"] };
export const goodDatabase = {
  ...{ secretName: "app/db", host: "db.example.com", username: "app", securityGroupId: "sg-0a1b2c3d" },
  adminSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf",
};

/** A valid configuration. */
export const goodConfiguration = { network: goodNetwork, databases: [goodDatabase] };

/** A change to the only database of the valid configuration. `secretArn` and `cidr` take the place of another key. */
export function databaseWith(change: object): Record<string, unknown> {
  const { secretName, securityGroupId, ...rest } = goodDatabase;
  const replaced = {
    ...("secretArn" in change ? {} : { secretName }),
    ...("cidr" in change ? {} : { securityGroupId }),
  };
  return { databases: [{ ...rest, ...replaced, ...change }] };
}
