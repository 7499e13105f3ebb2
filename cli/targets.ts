import { z } from "zod";
import { printable } from "../rotation-fn/printable";

/** Outputs of a stack that the commands use. */
const resources = z.object({
  functionName: z.string().optional(),
  logGroupName: z.string().optional(),
  alarmTopicArn: z.string().optional(),
  /** Environment variables of the function that decide how it changes a password. */
  functionVariables: z.record(z.string(), z.string()).optional(),
});
const outputs = resources.extend({ secretArns: z.array(z.string()).min(1), functionArn: z.string().optional() });

/** The secrets that the commands work on, and the resources of their stack, if known. */
export interface Targets extends Readonly<z.infer<typeof resources>> {
  /** Names or ARNs. */
  readonly secrets: readonly string[];
  readonly region: string | undefined;
}

/**
 * Parses the output of `pulumi stack output --json`.
 *
 * @throws Error that names the missing outputs
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
    const keys = [...new Set(parsed.error.issues.map(({ path }) => path.join(".") || "all outputs"))].join(", ");
    throw new Error(
      `the outputs are not those of such a stack (missing or invalid: ${keys}). Deploy the stack, and select it with \`pulumi stack select\``,
    );
  }
  const { secretArns: secrets, functionArn = "", ...others } = parsed.data;
  for (const arn of secrets) requireName(arn);
  return { ...others, secrets, region: commonRegion([...secrets, functionArn]) };
}

/** Secrets by name or ARN, without a stack. Removes duplicates, also of a name and its ARN. */
export function targetsOfNames(named: readonly string[]): Targets {
  for (const secret of named) requireName(secret);
  const distinct = [...new Set(named)];
  // Two ARNs of one name are two secrets: of other accounts or regions, or one that was deleted and created again.
  const namesOfArns = new Set(distinct.filter((secret) => secret.startsWith("arn:")).map(nameOf));
  const secrets = distinct.filter((secret) => !namesOfArns.has(secret));
  return { secrets, region: commonRegion(secrets) };
}

/** The secrets of a stack that were named, by name or ARN. */
export function selectTargets(targets: Targets, wanted: readonly string[]): Targets {
  if (wanted.length === 0) return targets;
  const secrets = wanted.map((want) => {
    const secret = targets.secrets.find((arn) => arn === want || nameOf(arn) === want);
    if (secret === undefined) throw new Error(`the stack has no secret ${want}`);
    return secret;
  });
  return { ...targets, secrets: [...new Set(secrets)] };
}

/** A secret's name, also from its ARN, which appends six random characters. */
export function nameOf(secret: string): string {
  return secret.replace(/^arn:.*:secret:(.*)-.{6}$/, "$1");
}

/** The function's name from its ARN, which may end in a version. */
export function functionNameOf(arn: string | undefined): string | undefined {
  return arn?.split(":")[6];
}

/** A command has one client. Secrets Manager would answer that a secret of another region does not exist. */
function commonRegion(arns: readonly string[]): string | undefined {
  const [region, ...others] = new Set(arns.map(regionOf).filter((each) => each !== undefined));
  if (others.length > 0) {
    throw new Error(`the ARNs are of several regions (${[region, ...others].join(", ")}): run once for each region`);
  }
  return region;
}

function regionOf(arn: string): string | undefined {
  return arn.startsWith("arn:") ? arn.split(":")[3] || undefined : undefined;
}

/** Progress lines show names without escaping them. A shell variable that is not set results in an empty name. */
function requireName(secret: string): void {
  if (secret.trim() === "") throw new Error("the name of a secret is empty");
  if (printable(secret) !== secret) throw new Error(`${printable(secret, 100)} is not a valid name of a secret`);
}
