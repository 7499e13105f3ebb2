import type { Table } from "./table";

/** A quota, and how much of it one rotation takes. */
export interface Quota {
  readonly name: string;
  readonly perSecond: number;
  readonly perRotation: number;
}

/**
 * Secrets Manager's, for an account in a region, none of them adjustable
 * (https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html). What a rotation takes is what
 * `count.test.ts` holds it to.
 */
export const serviceQuotas: readonly Quota[] = [
  { name: "PutSecretValue, UpdateSecretVersionStage, … together", perSecond: 50, perRotation: 2 },
  { name: "GetRandomPassword", perSecond: 50, perRotation: 1 },
  { name: "RotateSecret and CancelRotateSecret together", perSecond: 50, perRotation: 0 },
  { name: "DescribeSecret and GetSecretValue together", perSecond: 10_000, perRotation: 9 },
];

/** Rotations in a second at which the first quota is used up. */
export const rotationsPerSecond = Math.min(
  ...serviceQuotas
    .filter(({ perRotation }) => perRotation > 0)
    .map(({ perSecond, perRotation }) => perSecond / perRotation),
);

/** At which fleet each quota binds: if all of it rotates in one second, and if an hour is evenly used. */
export function quotas(): Table {
  return {
    head: ["quota", "a second", "a rotation takes", "rotations a second", "in an hour"],
    rows: serviceQuotas.map(({ name, perSecond, perRotation }) => [
      name,
      perSecond,
      perRotation,
      perRotation === 0 ? "scheduled: none" : Math.floor(perSecond / perRotation),
      perRotation === 0 ? "–" : Math.floor((perSecond / perRotation) * 3600),
    ]),
  };
}
