/**
 * ARNs of another region than the stack's, by key. The function, its secrets and their keys are all of one region.
 *
 * @param given - The configuration as it was written; what is no ARN is reported elsewhere.
 */
export function regionProblems(given: unknown, region: string | undefined, path = ""): string[] {
  if (region === undefined || typeof given !== "object" || given === null) return [];
  return Object.entries(given).flatMap(([key, value]) => {
    const at = Array.isArray(given) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    if (path === "" && ["tags", "passwords"].includes(key)) return [];
    // A copy's key is of the copy's region.
    if (key === "replicaRegions") return ownRegionProblems(value, region, at);
    if (typeof value !== "string") return regionProblems(value, region, at);
    const [, other] = /Arns?(?:\[\d+\])?$/.test(at) ? (/^arn:[\w-]+:[\w-]+:([\w-]+):/.exec(value) ?? []) : [];
    if (other === undefined || other === region) return [];
    return [`\`${at}\`: is of ${other}, and the stack of ${region}: set an ARN of ${region}`];
  });
}

function ownRegionProblems(replicas: unknown, region: string, path: string): string[] {
  if (!Array.isArray(replicas)) return [];
  return replicas.flatMap((replica, i) =>
    replica === region || replica?.region === region
      ? [`\`${path}[${i}]\`: ${region} is the region of the secret itself: remove it`]
      : [],
  );
}
