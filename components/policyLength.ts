import { secretNamePatterns } from "./secretNamePatterns";

/** Maximum length of a managed policy in characters. AWS does not raise this quota. */
export const maxPolicyLength: number = 6144;

/** Length of the secrets policy without its lists, with the longest names of region, partition and stack. */
const fixed = 1_400;
/** Each entry of a list is in two statements: one for Secrets Manager, and one for KMS. */
const entry = (text: string): number => 2 * (text.length + '"",'.length);
const arnStart = "arn:aws-us-gov:secretsmanager:ap-southeast-2:123456789012:secret:-??????";

/** Whether the policy can list these administrators' secrets and keys. */
export function fitsInPolicy(secretNames: string[], adminSecretArns: string[], keyArns: string[]): boolean {
  const patterns = secretNamePatterns(secretNames).map((pattern) => arnStart + pattern);
  const listed = [...patterns, ...new Set(adminSecretArns), ...new Set(keyArns)];
  return fixed + listed.reduce((sum, text) => sum + entry(text), 0) <= maxPolicyLength;
}
