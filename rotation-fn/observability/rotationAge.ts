import { paginateListSecrets, type SecretListEntry, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { secretsManagerError } from "../secret/secretsManagerError";
import { settingTags } from "../secret/settings";
import { logFor } from "./log";
import { reportAge, reportOverdue } from "./metrics";

const dayMs = 86_400_000;

/** Whether this is the event of the age check, `{ "Check": "rotation-age" }`, which runs twice a day. */
export function isAgeCheck(event: unknown): boolean {
  return (event as { Check?: unknown } | null | undefined)?.Check === "rotation-age";
}

/**
 * Reports the age of each password that this function rotates, and how many rotations are overdue: a rotation that does not
 * start writes no error. The check also prevents Lambda from removing the network interfaces of an idle function.
 *
 * @param functionArn - The function's own ARN. Secrets of other functions are omitted.
 * @param signal - Once it is aborted, nothing more is sent or reported.
 * @throws RotationError if `ListSecrets` fails.
 */
export async function reportRotationAges(
  client: SecretsManagerClient,
  functionArn: string,
  signal: AbortSignal,
): Promise<void> {
  const log = logFor({ check: "rotation-age" });
  const now = Date.now();
  let secrets = 0;
  let overdue = 0;
  try {
    const filters = { Filters: [{ Key: "tag-key" as const, Values: [settingTags.strategy] }] };
    const options = { abortSignal: signal };
    for await (const page of paginateListSecrets({ client, pageSize: 100 }, filters, options)) {
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
    signal.throwIfAborted();
    throw secretsManagerError(error, "secretsmanager:ListSecrets", "all secrets");
  }
  reportOverdue(overdue);
  log.info(`${secrets} secrets checked, ${overdue} overdue`, { secrets, overdue });
}

/** Compares the ARNs without the function's alias or version. */
function isRotatedBy(secret: SecretListEntry, functionArn: string): boolean {
  return secret.RotationLambdaARN?.split(":").slice(0, 7).join(":") === functionArn.split(":").slice(0, 7).join(":");
}

function ageInDays({ LastRotatedDate, CreatedDate }: SecretListEntry, now: number): number {
  const since = LastRotatedDate ?? CreatedDate;
  return since === undefined ? 0 : (now - since.getTime()) / dayMs;
}

/**
 * Whether rotation is off, or the service's date for the next rotation is more than a day in the past ("If rotation is
 * unsuccessful, this date may be in the past", DescribeSecret).
 */
function isOverdue({ RotationEnabled, NextRotationDate }: SecretListEntry, now: number): boolean {
  return RotationEnabled === false || (NextRotationDate !== undefined && now - NextRotationDate.getTime() > dayMs);
}
