import { randomBytes, randomUUID } from "node:crypto";
import {
  CancelRotateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { labelledLogins } from "../world/labels";
import type { Stand } from "../world/stand";
import type { Subject } from "../world/subject";
import type { Deed } from "./plan";

/** Does by hand what a person would do with the AWS CLI or psql. What the service refuses stays undone. */
export async function doByHand(stand: Stand, subject: Subject, deed: Deed): Promise<void> {
  const { client, service } = stand;
  const { secretId: SecretId } = subject;
  const idOf = (stage: string): string | undefined => {
    const { versions } = service.store.find(SecretId);
    return [...versions.values()].find(({ stages }) => stages.has(stage))?.id;
  };
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
  const current = (): Record<string, unknown> => {
    const value = service.store.find(SecretId).versions.get(idOf("AWSCURRENT") ?? "")?.value;
    try {
      return JSON.parse(value !== undefined && "SecretString" in value ? value.SecretString : "{}");
    } catch {
      return {};
    }
  };

  const deeds: Readonly<Record<Deed, () => Promise<unknown>>> = {
    "change the password in the database": async () => {
      const password = randomBytes(18).toString("base64url");
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
      put("AWSPENDING", idOf("AWSPENDING"), JSON.stringify({ ...current(), username: "somebody_else" })),
    "store another pending value": async () => {
      const password = randomBytes(18).toString("base64url");
      stand.ledger.passwords.add(password);
      await put("AWSPENDING", randomUUID(), JSON.stringify({ ...current(), password }));
    },
    "correct AWSCURRENT": async () => {
      const works = labelledLogins(service, SecretId).find(({ stage }) => stage === "AWSCURRENT");
      if (works === undefined) return;
      await put("AWSCURRENT", randomUUID(), JSON.stringify({ ...current(), corrected: Date.now() }));
    },
  };
  try {
    await deeds[deed]();
  } catch (error) {
    // Refused: moving to no version, a second value for one version, anything on a secret marked for deletion.
    if (!(error instanceof Error) || !/Exception$/.test(error.name)) throw error;
  }
}
