import { randomBytes } from "node:crypto";
import { PutSecretValueCommand, UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import { type LabelledLogin, labelledLogins } from "../world/labels";
import type { Stand } from "../world/stand";
import type { Strategy, Subject } from "../world/subject";

/**
 * What docs/reliability.md tells to do when a rotation is stuck.
 *
 * @param working - The labelled versions that log in.
 */
export async function wayOut(
  stand: Stand,
  strategy: Strategy,
  subject: Subject,
  working: readonly LabelledLogin[],
): Promise<void> {
  const { secretId: SecretId } = subject;
  const versionWith = (label: string) =>
    [...stand.service.store.find(SecretId).versions.values()].find(({ stages }) => stages.has(label));
  const move = (VersionStage: string, ids: { readonly to?: string; readonly from?: string | undefined }) =>
    stand.client.send(
      new UpdateSecretVersionStageCommand({
        ...{ SecretId, VersionStage, MoveToVersionId: ids.to, RemoveFromVersionId: ids.from },
      }),
    );

  if (!working.some(({ stage }) => stage === "AWSCURRENT")) {
    // A version may have been stored by hand that names a user which does not exist.
    const known = labelledLogins(stand.service, SecretId).filter(({ username }) => username.startsWith(subject.user));
    const best = working[0] ?? known.find(({ stage }) => stage !== "AWSPENDING");
    if (best === undefined) await storeAnew(stand, subject);
    if (best !== undefined && best.stage !== "AWSCURRENT") {
      await move("AWSCURRENT", { to: best.versionId, from: versionWith("AWSCURRENT")?.id });
    }
    // Where an administrator changes the password, the next rotation heals this.
    if (best !== undefined && working.length === 0 && strategy.name === "single-user") {
      await stand.superuser.query(`ALTER ROLE ${best.username} PASSWORD '${best.password}'`);
    }
  }
  const pending = versionWith("AWSPENDING");
  if (pending !== undefined && !pending.stages.has("AWSCURRENT")) await move("AWSPENDING", { from: pending.id });
}

/** No labelled version holds credentials at all: somebody has to store some. */
async function storeAnew(stand: Stand, { secretId, user: username }: Subject): Promise<void> {
  const password = randomBytes(18).toString("base64url");
  stand.ledger.passwords.add(password);
  await stand.superuser.query(`ALTER ROLE ${username} PASSWORD '${password}'`);
  const value = { engine: "postgres", host: "localhost", port: stand.proxy.port, username, password };
  await stand.client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: JSON.stringify(value) }));
}
