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
import type { Command } from "./commands";
import type { Deed } from "./plan";

/** What is done with the AWS CLI or psql; the others are commands of this project. */
export type DeedByHand = Exclude<Deed, Command>;

/**
 * Does by hand what a person would do with the AWS CLI or psql.
 *
 * @returns false where the service has refused it
 */
export async function doByHand(stand: Harness, subject: TestSecret, deed: DeedByHand): Promise<boolean> {
  const { client } = stand;
  const { arn: SecretId } = subject;
  const idOf = (label: string): string | undefined => subject.labels()[label];
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
  const current = (): Record<string, unknown> => subject.value("AWSCURRENT") ?? {};

  const deeds: Readonly<Record<DeedByHand, () => Promise<unknown>>> = {
    "change the password in the database": async () => {
      const password = randomPassword();
      stand.ledger.passwords.add(password);
      await stand.superuser.query(`ALTER ROLE ${subject.user} PASSWORD '${password}'`);
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
      put("AWSPENDING", idOf("AWSPENDING"), JSON.stringify({ ...current(), username: `${subject.user}_else` })),
    "store another pending value": async () => {
      const password = randomPassword();
      stand.ledger.passwords.add(password);
      await put("AWSPENDING", randomUUID(), JSON.stringify({ ...current(), password }));
    },
    "edit AWSCURRENT": async () => {
      if (subject.credentials("AWSCURRENT") === undefined) return;
      await put("AWSCURRENT", randomUUID(), JSON.stringify({ ...current(), edited: randomUUID() }));
    },
  };
  try {
    await deeds[deed]();
    return true;
  } catch (error) {
    // Refused: moving to no version, a second value for one version, anything on a secret marked for deletion.
    if (!(error instanceof Error) || !/Exception$/.test(error.name)) throw error;
    return false;
  }
}

/**
 * What `recover` advises where no kept version logs in: the database gets the password in AWSCURRENT. Where that holds
 * no credentials of the user, somebody has to store some.
 */
export async function followAdvice(stand: Harness, subject: TestSecret): Promise<void> {
  const { arn: SecretId, user } = subject;
  const current = subject.credentials("AWSCURRENT");
  const isUsers = current !== undefined && [user, `${user}_clone`].includes(current.username);
  const username = isUsers ? current.username : user;
  const password = isUsers ? current.password : randomPassword();
  stand.ledger.passwords.add(password);
  await stand.superuser.query(`ALTER ROLE ${username} PASSWORD '${password}'`);
  if (isUsers) return;
  const value = {
    engine: "postgres",
    host: "localhost",
    port: stand.proxy.port,
    dbname: "postgres",
    username,
    password,
  };
  await stand.client.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(value) }));
}
