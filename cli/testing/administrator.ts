import { CreateSecretCommand, TagResourceCommand } from "@aws-sdk/client-secrets-manager";
import type { DeployedSecret } from "../../proofs/world/deployedSecret";
import { databaseTag, type Strategy, settingTags } from "../../rotation-fn/secret/settings";

export interface Administrator {
  readonly strategy: Strategy;
  /** In the admin secret; in the database it is `right`. @default "right" */
  readonly password?: string;
}

/** Creates an administrator for the secret, its admin secret, and the tags of the stack. @returns the administrator's name */
export async function giveAdministrator(
  secret: DeployedSecret,
  { strategy, password = "right" }: Administrator,
): Promise<string> {
  const { client, postgres } = secret.deployment;
  const name = `${secret.user}_admin`;
  await postgres.query(`CREATE ROLE ${name} LOGIN CREATEROLE PASSWORD 'right'`);
  await postgres.query(`GRANT ${secret.user} TO ${name} WITH ADMIN OPTION`);
  const { ARN = "" } = await client.send(
    new CreateSecretCommand({ Name: name, SecretString: JSON.stringify({ username: name, password }) }),
  );
  const tags = {
    [settingTags.strategy]: strategy,
    [settingTags.adminSecretArn]: ARN,
    [settingTags.username]: secret.user,
    [settingTags.database]: databaseTag.write(postgres.host, postgres.port),
  };
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  await client.send(new TagResourceCommand({ SecretId: secret.arn, Tags }));
  return name;
}
