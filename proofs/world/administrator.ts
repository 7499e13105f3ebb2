import type { Strategy } from "../../rotation-fn/secret/settings";
import type { DeployedSecret } from "./deployedSecret";
import { tagsOf } from "./scenario";

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
  await secret.tag(tagsOf({ strategy, username, adminSecretArn, port: deployment.postgres.port }));
  return name;
}
