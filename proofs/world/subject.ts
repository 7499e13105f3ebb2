import { randomBytes } from "node:crypto";
import { CreateSecretCommand, type SecretsManagerClient, type Tag } from "@aws-sdk/client-secrets-manager";
import {
  databaseTag,
  type Strategy as StrategyName,
  settingTags,
  usernameTag,
} from "../../rotation-fn/secret/settings";

/** What a strategy's secrets and roles are made in. */
export interface Place {
  /** Runs a statement as the superuser, without a trace in the server's log: it is searched for passwords. */
  readonly sql: (statement: string) => Promise<unknown>;
  /** The port that the secret names: of the proxy in front of the server. */
  readonly port: number;
  readonly client: SecretsManagerClient;
}

/** One secret to rotate, and the roles in the database that it is about. */
export interface Subject {
  /** ARN. */
  readonly secretId: string;
  /** The role whose password the secret holds at first; its database has the same name. */
  readonly user: string;
  readonly database: string;
  /** Names that differ from run to run, and the words for them in an effect's name; longer ones first. */
  readonly names: readonly (readonly [string, string])[];
}

export interface Strategy {
  readonly name: string;
  prepare(place: Place): Promise<Subject>;
}

/** The ways to rotate, each with what has to be there before the first rotation. */
export const strategies: readonly Strategy[] = [
  { name: "single-user", prepare: (place) => subjectOf(place) },
  { name: "single-user with an admin", prepare: (place) => subjectOf(place, "single-user") },
  { name: "alternating-users", prepare: (place) => subjectOf(place, "alternating-users") },
];

/** @param strategyWithAdmin of a secret with an administrator; without it the user changes its own password. */
async function subjectOf(place: Place, strategyWithAdmin?: StrategyName): Promise<Subject> {
  const user = `app_${randomBytes(5).toString("hex")}`;
  const password = randomBytes(18).toString("base64url");
  const admin = `admin_${user}`;
  const adminPassword = randomBytes(18).toString("base64url");
  await place.sql(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
  if (strategyWithAdmin !== undefined) {
    await place.sql(`CREATE ROLE ${admin} LOGIN CREATEROLE PASSWORD '${adminPassword}'`);
    // What a CREATEROLE that is no superuser needs from PostgreSQL 16 on, and no more.
    await place.sql(`GRANT ${user} TO ${admin} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
  }
  const adminSecretId =
    strategyWithAdmin && (await storeSecret(place, admin, { username: admin, password: adminPassword }));
  const secretId = await storeSecret(place, user, { username: user, password }, [
    ...(strategyWithAdmin === undefined ? [] : [{ Key: settingTags.strategy, Value: strategyWithAdmin }]),
    ...(adminSecretId === undefined
      ? []
      : [
          { Key: settingTags.adminSecretArn, Value: adminSecretId },
          { Key: settingTags.username, Value: usernameTag.write(user) },
          { Key: settingTags.database, Value: databaseTag.write("localhost", place.port) },
        ]),
  ]);
  return {
    secretId,
    user,
    database: "postgres",
    names: [
      ...(adminSecretId === undefined ? [] : [[adminSecretId, "the admin secret"] as const]),
      [secretId, "the secret"],
      [admin, "admin"],
      [user, "app"],
    ],
  };
}

/** @returns the secret's ARN */
async function storeSecret(
  { client, port }: Place,
  name: string,
  login: { username: string; password: string },
  tags: readonly Tag[] = [],
): Promise<string> {
  const value = { engine: "postgres", host: "localhost", port, dbname: "postgres", ...login };
  const { ARN } = await client.send(
    new CreateSecretCommand({ Name: `db/${name}`, SecretString: JSON.stringify(value), Tags: [...tags] }),
  );
  if (ARN === undefined) throw new Error(`the secret for ${name} has no ARN`);
  return ARN;
}

/** An effect's name with the words of {@link Subject.names}, and without anything random. */
export function neutralName({ names }: Subject, text: string): string {
  return names
    .reduce((name, [from, to]) => name.replaceAll(from, to), text)
    .replace(/SCRAM-SHA-256\$[^'"\s]+/g, "<verifier>")
    .replace(/ of the secret$/, "");
}
