import { randomUUID } from "node:crypto";
import {
  CancelRotateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import type { Harness } from "../world/harness";
import { randomPassword } from "../world/sharedPostgres";
import type { TestSecret } from "../world/testSecret";
import type { SoakCommand } from "./commands";
import type { OperatorAction } from "./plan";

/** Actions with the AWS CLI or psql. The others are commands of this project. */
export type ManualAction = Exclude<OperatorAction, SoakCommand>;

/** Does what an operator would do with the AWS CLI or psql. @returns false if the service has refused it */
export async function runManualAction(harness: Harness, secret: TestSecret, action: ManualAction): Promise<boolean> {
  const { client } = harness;
  const { arn: SecretId } = secret;
  const idOf = (label: string): string | undefined => secret.labels()[label];
  const moveCurrent = async (to: string | undefined): Promise<unknown> =>
    client.send(
      new UpdateSecretVersionStageCommand({
        ...{ SecretId, VersionStage: "AWSCURRENT", MoveToVersionId: to, RemoveFromVersionId: idOf("AWSCURRENT") },
      }),
    );
  const put = async (stage: string, token: string | undefined, SecretString: string): Promise<unknown> =>
    client.send(
      new PutSecretValueCommand({ SecretId, ClientRequestToken: token, SecretString, VersionStages: [stage] }),
    );
  const current = (): Record<string, unknown> => secret.value("AWSCURRENT") ?? {};

  const operatorActions: Readonly<Record<ManualAction, () => Promise<unknown>>> = {
    "change the password in the database": async () => {
      const password = randomPassword();
      harness.ledger.passwords.add(password);
      await harness.superuser.query(`ALTER ROLE ${secret.user} PASSWORD '${password}'`);
    },
    "cancel the rotation": () => client.send(new CancelRotateSecretCommand({ SecretId })),
    "take AWSPENDING off": async () => {
      const from = idOf("AWSPENDING");
      if (from === undefined) return;
      await client.send(
        new UpdateSecretVersionStageCommand({ SecretId, VersionStage: "AWSPENDING", RemoveFromVersionId: from }),
      );
    },
    "move AWSCURRENT to the previous version": () => moveCurrent(idOf("AWSPREVIOUS")),
    "move AWSCURRENT to the pending version": () => moveCurrent(idOf("AWSPENDING")),
    "schedule the secret's deletion": () => client.send(new DeleteSecretCommand({ SecretId })),
    "restore the secret": () => client.send(new RestoreSecretCommand({ SecretId })),
    "store half-written JSON as pending": () => put("AWSPENDING", idOf("AWSPENDING"), '{"username":"x","password":'),
    "store another user's name as pending": () =>
      put("AWSPENDING", idOf("AWSPENDING"), JSON.stringify({ ...current(), username: `${secret.user}_else` })),
    "store another pending value": async () => {
      const password = randomPassword();
      harness.ledger.passwords.add(password);
      await put("AWSPENDING", randomUUID(), JSON.stringify({ ...current(), password }));
    },
    "edit AWSCURRENT": async () => {
      if (secret.credentials("AWSCURRENT") === undefined) return;
      await put("AWSCURRENT", randomUUID(), JSON.stringify({ ...current(), edited: randomUUID() }));
    },
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
  const { arn: SecretId, user } = secret;
  const current = secret.credentials("AWSCURRENT");
  const isUsers = current !== undefined && [user, `${user}_clone`].includes(current.username);
  const username = isUsers ? current.username : user;
  const password = isUsers ? current.password : randomPassword();
  harness.ledger.passwords.add(password);
  await harness.superuser.query(`ALTER ROLE ${username} PASSWORD '${password}'`);
  if (isUsers) return;
  const value = {
    engine: "postgres",
    host: "localhost",
    port: harness.proxy.port,
    dbname: "postgres",
    username,
    password,
  };
  await harness.client.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(value) }));
}
