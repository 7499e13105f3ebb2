import { secretNamePatterns } from "./secretNames";

/** Characters of a managed policy, which AWS does not raise. */
export const policyRoom = 6144;

/** What the policy of secrets has besides its lists, with the longest names of region, partition and stack. */
const fixed = 1_400;
/** Each entry of a list is in two statements: for Secrets Manager, and for KMS. */
const entry = (text: string): number => 2 * (text.length + '"",'.length);
const arnStart = "arn:aws-us-gov:secretsmanager:ap-southeast-2:123456789012:secret:-??????";

/** Whether administrators' secrets and keys, which a policy names one by one, fit in it. */
export function fitsInPolicy(secretNames: string[], adminSecretArns: string[], keyArns: string[]): boolean {
  const patterns = secretNamePatterns(secretNames).map((pattern) => arnStart + pattern);
  const listed = [...patterns, ...new Set(adminSecretArns), ...new Set(keyArns)];
  return fixed + listed.reduce((sum, text) => sum + entry(text), 0) <= policyRoom;
}
