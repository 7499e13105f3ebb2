import { z } from "zod";
import { printable } from "../rotation-fn/printable";

/** What the commands work on: secrets, and what stands around them where that is known. */
export interface Targets {
  /** Names or ARNs. */
  readonly secrets: readonly string[];
  readonly region: string | undefined;
  readonly functionName: string | undefined;
  readonly logGroupName: string | undefined;
  readonly alarmTopicArn: string | undefined;
}

/** The stack's outputs that are of use here; there may be others. */
const outputs = z.object({
  secretNames: z.array(z.string()).optional(),
  secretArns: z.array(z.string()).min(1),
  functionName: z.string().optional(),
  functionArn: z.string().optional(),
  logGroupName: z.string().optional(),
  alarmTopicArn: z.string().optional(),
});

/**
 * Reads what `pulumi stack output --json` printed.
 *
 * @throws Error saying what it should have been
 */
export function targetsOfStack(text: string): Targets {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error("the stack's outputs are not JSON: pass what `npx pulumi stack output --json` prints");
  }
  const parsed = outputs.safeParse(json);
  if (!parsed.success) {
    const keys = [...new Set(parsed.error.issues.map(({ path }) => path.join(".") || "all of it"))].join(", ");
    throw new Error(
      `the stack's outputs are not this stack's (${keys}): is the stack deployed, and the right one selected?`,
    );
  }
  const { secretArns, functionName, functionArn, logGroupName, alarmTopicArn } = parsed.data;
  for (const arn of secretArns) requireName(arn);
  return {
    secrets: secretArns,
    region: regionOf(functionArn ?? secretArns[0] ?? ""),
    functionName,
    logGroupName,
    alarmTopicArn,
  };
}

/** Secrets by name or ARN, with nothing known around them. */
export function targetsOfNames(secrets: readonly string[]): Targets {
  for (const secret of secrets) requireName(secret);
  const region = secrets.map(regionOf).find(Boolean);
  return { secrets, region, functionName: undefined, logGroupName: undefined, alarmTopicArn: undefined };
}

/** Only the secrets of a stack that were asked for, by name or ARN. */
export function narrowed(targets: Targets, wanted: readonly string[]): Targets {
  if (wanted.length === 0) return targets;
  const secrets = wanted.map((want) => {
    const found = targets.secrets.find((arn) => arn === want || nameOf(arn) === want);
    if (found === undefined) throw new Error(`the stack has no secret ${want}`);
    return found;
  });
  return { ...targets, secrets };
}

/** A secret's name, out of its ARN too, where six random characters follow it. */
export function nameOf(secret: string): string {
  return secret.replace(/^arn:.*:secret:(.*)-.{6}$/, "$1");
}

/** The function's name out of its ARN, with or without a version behind it. */
export function functionNameOf(arn: string | undefined): string | undefined {
  return arn?.split(":")[6];
}

function regionOf(arn: string): string | undefined {
  return arn.startsWith("arn:") ? arn.split(":")[3] || undefined : undefined;
}

/** Names appear in progress lines, which are written as they are. */
function requireName(secret: string): void {
  if (printable(secret) !== secret) throw new Error(`${printable(secret, 100)} is no name of a secret`);
}
