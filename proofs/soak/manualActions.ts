import { randomUUID } from "node:crypto";
import { CancelRotateSecretCommand, DeleteSecretCommand, RestoreSecretCommand } from "@aws-sdk/client-secrets-manager";
import type { Harness } from "../world/harness";
import { randomPassword } from "../world/sharedPostgres";
import type { TestSecret } from "../world/testSecret";
import type { OperatorAction } from "./plan";

/** Actions with the AWS CLI or psql. The others are commands of this project. */
export type ManualAction = Exclude<OperatorAction, `run ${string}`>;

/** Does what an operator would do with the AWS CLI or psql. @returns false if the service has refused it */
export async function runManualAction(harness: Harness, secret: TestSecret, action: ManualAction): Promise<boolean> {
  const { client } = harness;
  const { arn: SecretId } = secret;
  const { AWSCURRENT, AWSPREVIOUS, AWSPENDING } = secret.labels();
  const knownPassword = (): string => {
    const password = randomPassword();
    harness.ledger.passwords.add(password);
    return password;
  };

  const operatorActions: Readonly<Record<ManualAction, () => Promise<unknown>>> = {
    "change the password in the database": () =>
      harness.superuser.query(`ALTER ROLE ${secret.user} PASSWORD '${knownPassword()}'`),
    "cancel the rotation": () => client.send(new CancelRotateSecretCommand({ SecretId })),
    "take AWSPENDING off": async () => AWSPENDING && secret.moveLabel("AWSPENDING", undefined, AWSPENDING),
    "move AWSCURRENT to the previous version": () => secret.moveLabel("AWSCURRENT", AWSPREVIOUS, AWSCURRENT),
    "move AWSCURRENT to the pending version": () => secret.moveLabel("AWSCURRENT", AWSPENDING, AWSCURRENT),
    "schedule the secret's deletion": () => client.send(new DeleteSecretCommand({ SecretId })),
    "restore the secret": () => client.send(new RestoreSecretCommand({ SecretId })),
    "store half-written JSON as pending": () => secret.put('{"username":"x","password":', ["AWSPENDING"], AWSPENDING),
    "store another user's name as pending": () =>
      secret.put({ username: `${secret.user}_else` }, ["AWSPENDING"], AWSPENDING),
    "store another pending value": () => secret.put({ password: knownPassword() }, ["AWSPENDING"]),
    "edit AWSCURRENT": async () => secret.credentials("AWSCURRENT") && secret.put({ edited: randomUUID() }),
  };
  try {
    await operatorActions[action]();
    return true;
  } catch (error) {
    // Refused: a move to no version, a second value for one version, or any change of a secret marked for deletion.
    if (!(error instanceof Error) || !/Exception$/.test(error.name)) throw error;
    return false;
  }
}

/**
 * Follows the advice of `recover` if no kept version logs in: sets the password of AWSCURRENT in the database. If AWSCURRENT
 * holds no credentials of the user, stores new ones.
 */
export async function followAdvice(harness: Harness, secret: TestSecret): Promise<void> {
  const { user } = secret;
  const current = secret.credentials("AWSCURRENT");
  const isUsers = current !== undefined && [user, `${user}_clone`].includes(current.username);
  const { username, password } = isUsers ? current : { username: user, password: randomPassword() };
  harness.ledger.passwords.add(password);
  await harness.superuser.query(`ALTER ROLE ${username} PASSWORD '${password}'`);
  if (isUsers) return;
  const address = { engine: "postgres", host: "localhost", port: harness.proxy.port, dbname: "postgres" };
  await secret.put(JSON.stringify({ ...address, username, password }));
}
