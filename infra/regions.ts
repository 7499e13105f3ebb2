/**
 * The ARNs of another region than the stack's, by key. The function, its secrets and their keys must be in one region.
 *
 * @param given - The configuration before validation. Another check reports values that are not ARNs.
 */
export function regionProblems(given: unknown, region: string | undefined, path = ""): string[] {
  if (region === undefined || typeof given !== "object" || given === null) return [];
  return Object.entries(given).flatMap(([key, value]) => {
    const keyPath = Array.isArray(given) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    if (path === "" && ["tags", "passwords"].includes(key)) return [];
    // The key of a replica is in the replica's region.
    if (key === "replicaRegions") return ownRegionProblems(value, region, keyPath);
    if (typeof value !== "string") return regionProblems(value, region, keyPath);
    const [, other] = /Arns?(?:\[\d+\])?$/.test(keyPath) ? (/^arn:[\w-]+:[\w-]+:([\w-]+):/.exec(value) ?? []) : [];
    if (other === undefined || other === region) return [];
    return [`\`${keyPath}\`: is in ${other}, and the stack is in ${region}: set an ARN of ${region}`];
  });
}

function ownRegionProblems(replicas: unknown, region: string, path: string): string[] {
  if (!Array.isArray(replicas)) return [];
  return replicas.flatMap((replica, i) =>
    replica === region || replica?.region === region
      ? [`\`${path}[${i}]\`: ${region} is the region of the stack: remove it`]
      : [],
  );
}
