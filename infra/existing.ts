import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { seedLabel } from "../components";
import { notDeployable } from "./config";
import type { DatabaseSettings } from "./databaseSchema";
import { omitUndefined } from "./omitUndefined";
import { foreignArnProblems, foreignHostProblems } from "./regions";
import type { StackSettings } from "./schema";

/** A subnet and its Availability Zone. */
export interface ZonedSubnet {
  id: string;
  zone: string;
}

interface Named {
  path: string;
  id: string;
  /** Where it must be. Default: in the stack's region and account. */
  within?: string;
}

/**
 * Looks up what the configuration names: VPC, subnets, security groups, keys and secrets.
 *
 * @returns the configured subnets
 * @throws pulumi.RunError with one line for each ID that does not exist, or does not fit
 */
export async function lookUpExisting(settings: StackSettings): Promise<ZonedSubnet[]> {
  const [{ region }, { accountId }] = await Promise.all([aws.getRegion({}), aws.getCallerIdentity({})]);
  const foreign = [
    ...foreignArnProblems(settings, { region, accountId }),
    ...foreignHostProblems(settings, { region, accountId }),
  ];
  if (foreign.length > 0) throw notDeployable(foreign.sort());
  const problems: string[] = [];
  const subnets: ZonedSubnet[] = [];
  const { vpcId, subnetIds = [], endpointSecurityGroupId } = settings.network ?? {};
  const databases = settings.databases ?? [];
  const at = `in ${region} of account ${accountId}`;

  /** Undefined if it does not exist. An error of another kind is a warning: the identity that previews may lack a permission. */
  async function find<T>({ path, id, within = at }: Named, look: () => Promise<T>): Promise<T | undefined> {
    try {
      return await look();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (/no matching|not ?found|couldn't find|does not exist/i.test(text)) {
        problems.push(`\`${path}\`: ${id} does not exist ${within}`);
      } else {
        await pulumi.log.warn(
          `\`${path}\`: ${id} could not be looked up: ${text
            .trim()
            .split("\n")
            .at(-1)
            ?.replace(/^[\s*]+/, "")}`,
        );
      }
      return undefined;
    }
  }
  /** Many secrets have the same key. */
  const keys = new Map<string, ReturnType<typeof aws.kms.getKey>>();
  function getKey(keyId: string): ReturnType<typeof aws.kms.getKey> {
    const key = keys.get(keyId) ?? aws.kms.getKey({ keyId });
    keys.set(keyId, key);
    return key;
  }
  async function findKey(named: Named): Promise<void> {
    const key = await find(named, () => getKey(named.id));
    if (key !== undefined && (!key.enabled || key.keySpec !== "SYMMETRIC_DEFAULT"))
      problems.push(
        `\`${named.path}\`: ${named.id} is ${key.enabled ? `a key for ${key.keySpec}` : key.keyState}: set an enabled, symmetric key`,
      );
  }

  const keyArns = [settings.kmsKeyArn, ...settings.additionalKmsKeyArns];
  async function findSecret(named: Named): Promise<void> {
    const { path, id } = named;
    const secret = await find(named, () => aws.secretsmanager.getSecret({ arn: id }));
    if (secret?.arn && secret.arn !== id) problems.push(`\`${path}\`: the ARN of this secret is ${secret.arn}: set it`);
    const keyId = secret?.kmsKeyId;
    if (!keyId || keyArns.includes(keyId)) return;
    const key = await find({ ...named, id: keyId }, () => getKey(keyId));
    if (!key?.arn || key.keyManager === "AWS" || keyArns.includes(key.arn)) return;
    if (settings.kmsKeyArn === undefined && key.arn === (await ownKeyArn(getKey))) return;
    problems.push(
      key.arn.split(":")[4] === accountId
        ? `\`${path}\`: is encrypted with ${key.arn}: add this key to \`additionalKmsKeyArns\``
        : `\`${path}\`: is encrypted with ${key.arn} of another account: encrypt it with a key of account ${accountId}`,
    );
  }
  async function findSecurityGroup(named: Named): Promise<void> {
    const group = await find(named, () => aws.ec2.getSecurityGroup({ id: named.id }));
    if (group?.vpcId && group.vpcId !== vpcId)
      await pulumi.log.warn(
        `\`${named.path}\`: ${named.id} is in ${group.vpcId}: a rule in ${vpcId} can name it only if peering or a transit gateway connects the two`,
      );
  }

  await Promise.all([
    ...named("network.vpcId", vpcId).map((one) => find(one, () => aws.ec2.getVpc({ id: one.id }))),
    ...subnetIds.map(async (id, i) => {
      const path = `network.subnetIds[${i}]`;
      const subnet = await find({ path, id, within: `in ${vpcId}` }, () =>
        aws.ec2.getSubnet({ id, ...omitUndefined({ vpcId }) }),
      );
      if (subnet?.ipv6Native)
        problems.push(
          `\`${path}\`: ${id} has no IPv4 addresses, and the function connects by IPv4: set another subnet`,
        );
      if (subnet !== undefined) subnets[i] = { id, zone: subnet.availabilityZone };
    }),
    ...[
      ...named("network.endpointSecurityGroupId", endpointSecurityGroupId),
      ...databases.flatMap((one, i) => named(`databases[${i}].securityGroupId`, one.securityGroupId)),
    ]
      .filter(once)
      .map(findSecurityGroup),
    ...[
      ...named("kmsKeyArn", settings.kmsKeyArn),
      ...settings.additionalKmsKeyArns.flatMap((arn, i) => named(`additionalKmsKeyArns[${i}]`, arn)),
    ].map(findKey),
    ...databases
      .flatMap(({ secretArn, adminSecretArn }, i) => [
        ...named(`databases[${i}].secretArn`, secretArn),
        ...named(`databases[${i}].adminSecretArn`, adminSecretArn),
      ])
      .filter(once)
      .map(findSecret),
    ...databases.map(async (database, i) => {
      const problem = await firstPasswordProblem(database, settings.passwords);
      if (problem !== undefined) problems.push(`\`databases[${i}]${problem}`);
    }),
  ]);
  if (problems.length > 0) throw notDeployable(problems.sort());
  return subnets;
}

/** What is wrong without a password in the configuration. Nothing is after the secret got its first value. */
async function firstPasswordProblem(
  { secretName, adminSecretArn, rotateImmediately }: DatabaseSettings,
  passwords: Record<string, string>,
): Promise<string | undefined> {
  if (secretName === undefined || Reflect.has(passwords, secretName)) return undefined;
  if (adminSecretArn !== undefined && rotateImmediately !== false) return undefined;
  if (await hasFirstValue(secretName)) return undefined;
  return adminSecretArn === undefined
    ? `\`: has no first password: run \`pulumi config set --secret --path 'passwords["${secretName}"]'\`, or set \`adminSecretArn\``
    : ".rotateImmediately`: must be true without a password in `passwords`: before the first rotation, the secret has a generated password that the database does not know";
}

/** ARN of the key that an earlier deployment of this stack created. */
async function ownKeyArn(getKey: (keyId: string) => Promise<aws.kms.GetKeyResult>): Promise<string | undefined> {
  try {
    return (await getKey(`alias/${pulumi.getStack()}-secrets-rotation`)).arn;
  } catch {
    return undefined;
  }
}

/** Whether the secret has the version that a deployment created. Its value is not read. */
async function hasFirstValue(secretId: string): Promise<boolean> {
  try {
    const { versions } = await aws.secretsmanager.getSecretVersions({ secretId });
    return versions.some(({ versionStages }) => versionStages.includes(seedLabel));
  } catch {
    return false;
  }
}

function named(path: string, id: string | undefined): Named[] {
  return id === undefined ? [] : [{ path, id }];
}

function once({ id }: Named, index: number, all: Named[]): boolean {
  return all.findIndex((other) => other.id === id) === index;
}
