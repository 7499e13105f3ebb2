import { paginateListSecrets, type SecretListEntry, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { secretsManagerError } from "../secret/secretsManagerError";
import { settingTags } from "../secret/settings";
import { logFor } from "./log";
import { reportAge, reportOverdue } from "./metrics";

const dayMs = 86_400_000;

/** The event of the look, twice a day, at every secret's last rotation: `{ "Check": "rotation-age" }`. */
export function isAgeCheck(event: unknown): boolean {
  return typeof event === "object" && event !== null && "Check" in event && event.Check === "rotation-age";
}

/**
 * Reports how old each password is that this function rotates, and how many are overdue: a rotation that does not
 * happen writes no error anywhere. Run twice a day, it also keeps the function's network interfaces from being reclaimed.
 *
 * @param functionArn - The function's own ARN; secrets that another function rotates are left out.
 * @throws RotationError as of `ListSecrets`.
 */
export async function reportRotationAges(client: SecretsManagerClient, functionArn: string): Promise<void> {
  const log = logFor({ check: "rotation-age" });
  const now = Date.now();
  let secrets = 0;
  let overdue = 0;
  try {
    const filters = { Filters: [{ Key: "tag-key" as const, Values: [settingTags.strategy] }] };
    for await (const page of paginateListSecrets({ client, pageSize: 100 }, filters)) {
      for (const secret of page.SecretList ?? []) {
        if (!isRotatedBy(secret, functionArn)) continue;
        secrets++;
        const days = ageInDays(secret, now);
        reportAge(secret.Name ?? "", days);
        if (isOverdue(secret, now)) {
          overdue++;
          log.warn(`${secret.Name} should have been rotated`, { secret: secret.ARN, days: Math.floor(days) });
        }
      }
    }
  } catch (error) {
    throw secretsManagerError(error, "secretsmanager:ListSecrets", "all secrets");
  }
  reportOverdue(overdue);
  log.info(`${secrets} secrets looked at, ${overdue} overdue`, { secrets, overdue });
}

/** An alias or version behind the function's name is not part of what the secret names. */
function isRotatedBy(secret: SecretListEntry, functionArn: string): boolean {
  return secret.RotationLambdaARN?.split(":").slice(0, 7).join(":") === functionArn.split(":").slice(0, 7).join(":");
}

function ageInDays({ LastRotatedDate, CreatedDate }: SecretListEntry, now: number): number {
  const since = LastRotatedDate ?? CreatedDate;
  return since === undefined ? 0 : (now - since.getTime()) / dayMs;
}

/**
 * Overdue: rotation was switched off, or the service's own date for the next one is over a day past ("If rotation is
 * unsuccessful, this date may be in the past", DescribeSecret).
 */
function isOverdue({ RotationEnabled, NextRotationDate }: SecretListEntry, now: number): boolean {
  return RotationEnabled === false || (NextRotationDate !== undefined && now - NextRotationDate.getTime() > dayMs);
}
