import { partitionOf, rdsBundleUrl } from "../components";

/** Where the stack is, as far as it is known. */
interface Place {
  region: string | undefined;
  accountId?: string;
}

/**
 * The ARNs of another partition, region or account than the stack's, and the RDS hosts of another region, by key.
 *
 * @param given - The configuration before validation. Another check reports values that are not ARNs.
 */
export function foreignProblems(given: { databases?: unknown; databaseCa?: unknown }, place: Place): string[] {
  return [...foreignArnProblems(given, place), ...foreignHostProblems(given, place)];
}

/** The function, its secrets and their keys must be in one partition, region and account. */
function foreignArnProblems(given: unknown, place: Place, path = ""): string[] {
  if (typeof given !== "object" || given === null) return [];
  return Object.entries(given).flatMap(([key, value]) => {
    const keyPath = Array.isArray(given) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    if (path === "" && ["tags", "passwords"].includes(key)) return [];
    if (key === "replicaRegions") return replicaProblems(value, place, keyPath);
    if (typeof value !== "string") return foreignArnProblems(value, place, keyPath);
    return /Arns?(?:\[\d+\])?$/.test(keyPath) ? arnProblems(value, place, keyPath) : [];
  });
}

/** The function trusts the RDS certificates of its own region, and `databaseCa`. */
function foreignHostProblems(
  { databases, databaseCa }: { databases?: unknown; databaseCa?: unknown },
  { region }: Place,
): string[] {
  if (region === undefined || databaseCa !== undefined || !Array.isArray(databases)) return [];
  return databases.flatMap((database, i) => {
    const [, its] = /\.([a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com$/i.exec(String(database?.host)) ?? [];
    if (its === undefined || its.toLowerCase() === region) return [];
    return [
      `\`databases[${i}].host\`: is in ${its}, and the function trusts the RDS certificates of ${region}: use a stack of ${its}, or set \`databaseCa\` to ${rdsBundleUrl(its)}`,
    ];
  });
}

function arnProblems(arn: string, { region, accountId }: Place, path: string): string[] {
  const [, partition, , arnRegion, account] = /^arn:([\w-]+):([\w-]+):([\w-]+):(\d{12}):/.exec(arn) ?? [];
  const parts: [string, string | undefined, string | undefined][] = [
    ["partition ", partition, region && partitionOf(region)],
    ["", arnRegion, region],
    ["account ", account, accountId],
  ];
  const [differs] = parts.filter(([, its, own]) => its !== undefined && own !== undefined && its !== own);
  if (differs === undefined) return [];
  const [what, its, own] = differs;
  return [`\`${path}\`: is in ${what}${its}, and the stack is in ${what}${own}: set an ARN of ${what}${own}`];
}

/** A replica and its key are in another region, but in the stack's account and partition. */
function replicaProblems(replicas: unknown, { region, ...place }: Place, path: string): string[] {
  if (!Array.isArray(replicas)) return [];
  return replicas.flatMap((replica, i) => {
    const its = typeof replica === "string" ? replica : replica?.region;
    if (typeof its !== "string" || region === undefined) return [];
    if (its === region) return [`\`${path}[${i}]\`: ${region} is the region of the stack: remove it`];
    if (partitionOf(its) !== partitionOf(region))
      return [`\`${path}[${i}]\`: Secrets Manager cannot replicate from ${region} to ${its}: remove it`];
    return foreignArnProblems(replica, { ...place, region: its }, `${path}[${i}]`);
  });
}
