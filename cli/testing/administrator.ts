import { TagResourceCommand } from "@aws-sdk/client-secrets-manager";
import type { DeployedSecret } from "../../proofs/world/deployedSecret";
import { tagsOf } from "../../proofs/world/scenario";
import type { Strategy } from "../../rotation-fn/secret/settings";

/**
 * Creates an administrator for the secret, its admin secret, and the tags of the stack.
 *
 * @param password - In the admin secret; in the database it is `right`.
 * @returns the administrator's name
 */
export async function giveAdministrator(
  secret: DeployedSecret,
  strategy: Strategy,
  password = "right",
): Promise<string> {
  const { deployment, user: username } = secret;
  const name = `${username}_admin`;
  await deployment.postgres.query(`CREATE ROLE ${name} LOGIN CREATEROLE PASSWORD 'right'`);
  await deployment.postgres.query(`GRANT ${username} TO ${name} WITH ADMIN OPTION`);
  const { arn: adminSecretArn } = await deployment.addSecret({ name, value: { username: name, password } });
  const tags = tagsOf({ strategy, username, adminSecretArn, port: deployment.postgres.port });
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  await deployment.client.send(new TagResourceCommand({ SecretId: secret.arn, Tags }));
  return name;
}
