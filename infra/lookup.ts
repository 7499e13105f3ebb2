import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { seedLabel } from "../components";
import type { DatabaseSettings } from "./databaseSchema";
import { omitUndefined } from "./omitUndefined";
import type { StackSettings } from "./schema";

/** A subnet and its Availability Zone. */
export interface ZonedSubnet {
  id: string;
  zone: string;
}

/** Something that the configuration names. */
export interface Named {
  /** Of the key: `network.vpcId`. */
  path: string;
  id: string;
  /** Where it must be. Default: in the stack's region and account. */
  within?: string;
}

/** Looks up what the configuration names in one region and account, and collects a line for each that does not fit. */
export class Lookup {
  readonly problems: string[] = [];
  /** Many secrets have the same key. */
  readonly #keys = new Map<string, Promise<aws.kms.GetKeyResult>>();

  constructor(
    private readonly settings: StackSettings,
    private readonly region: string,
    private readonly accountId: string,
  ) {}

  async vpc(named: Named): Promise<void> {
    await this.#find(named, () => aws.ec2.getVpc({ id: named.id }));
  }

  async subnet({ path, id }: Named): Promise<ZonedSubnet | undefined> {
    const vpcId = this.settings.network?.vpcId;
    const subnet = await this.#find({ path, id, within: `in ${vpcId}` }, () =>
      aws.ec2.getSubnet({ id, ...omitUndefined({ vpcId }) }),
    );
    if (subnet?.ipv6Native)
      this.#problem(path, `${id} has no IPv4 addresses, and the function connects by IPv4: set another subnet`);
    return subnet && { id, zone: subnet.availabilityZone };
  }

  async securityGroup(named: Named): Promise<void> {
    const vpcId = this.settings.network?.vpcId;
    const group = await this.#find(named, () => aws.ec2.getSecurityGroup({ id: named.id }));
    if (group?.vpcId && group.vpcId !== vpcId)
      await pulumi.log.warn(
        `\`${named.path}\`: ${named.id} is in ${group.vpcId}: a rule in ${vpcId} can name it only if peering or a transit gateway connects the two`,
      );
  }

  async key(named: Named): Promise<void> {
    const key = await this.#find(named, () => this.#getKey(named.id));
    if (key !== undefined && (!key.enabled || key.keySpec !== "SYMMETRIC_DEFAULT")) {
      const is = key.enabled ? `a key for ${key.keySpec}` : key.keyState;
      this.#problem(named.path, `${named.id} is ${is}: set an enabled, symmetric key`);
    }
  }

  /** Also the key that it is encrypted with. */
  async secret(named: Named): Promise<void> {
    const { path, id } = named;
    const secret = await this.#find(named, () => aws.secretsmanager.getSecret({ arn: id }));
    if (secret?.arn && secret.arn !== id) this.#problem(path, `the ARN of this secret is ${secret.arn}: set it`);
    const { kmsKeyArn, additionalKmsKeyArns } = this.settings;
    const allowed = [kmsKeyArn, ...additionalKmsKeyArns];
    const keyId = secret?.kmsKeyId;
    if (!keyId || allowed.includes(keyId)) return;
    const key = await this.#find({ ...named, id: keyId }, () => this.#getKey(keyId));
    if (!key?.arn || key.keyManager === "AWS" || allowed.includes(key.arn)) return;
    if (kmsKeyArn === undefined && key.arn === (await this.#ownKey())?.arn) return;
    this.#problem(
      path,
      key.arn.split(":")[4] === this.accountId
        ? `is encrypted with ${key.arn}: add this key to \`additionalKmsKeyArns\``
        : `is encrypted with ${key.arn} of another account: encrypt it with a key of account ${this.accountId}`,
    );
  }

  /** Without a password in the configuration, the secret must have its first value, or an administrator that rotates it. */
  async firstPassword(
    path: string,
    { secretName, adminSecretArn, rotateImmediately }: DatabaseSettings,
  ): Promise<void> {
    if (secretName === undefined || Reflect.has(this.settings.passwords, secretName)) return;
    if (adminSecretArn !== undefined && rotateImmediately !== false) return;
    if (await hasFirstValue(secretName)) return;
    if (adminSecretArn === undefined)
      this.#problem(
        path,
        `has no first password: run \`pulumi config set --secret --path 'passwords["${secretName}"]'\`, or set \`adminSecretArn\``,
      );
    else
      this.#problem(
        `${path}.rotateImmediately`,
        "must be true without a password in `passwords`: before the first rotation, the secret has a generated password that the database does not know",
      );
  }

  #problem(path: string, what: string): void {
    this.problems.push(`\`${path}\`: ${what}`);
  }

  /** Undefined if it does not exist. An error of another kind is a warning: the identity that previews may lack a permission. */
  async #find<T>({ path, id, within }: Named, look: () => Promise<T>): Promise<T | undefined> {
    try {
      return await look();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const last = text.trim().split("\n").at(-1);
      if (/no matching|not ?found|couldn't find|does not exist/i.test(text))
        this.#problem(path, `${id} does not exist ${within ?? `in ${this.region} of account ${this.accountId}`}`);
      else await pulumi.log.warn(`\`${path}\`: ${id} could not be looked up: ${last?.replace(/^[\s*]+/, "")}`);
      return undefined;
    }
  }

  #getKey(keyId: string): Promise<aws.kms.GetKeyResult> {
    const key = this.#keys.get(keyId) ?? aws.kms.getKey({ keyId });
    this.#keys.set(keyId, key);
    return key;
  }

  /** The key that an earlier deployment of this stack created. */
  #ownKey(): Promise<aws.kms.GetKeyResult | undefined> {
    return this.#getKey(`alias/${pulumi.getStack()}-secrets-rotation`).catch(() => undefined);
  }
}

/** Whether the secret has the version that a deployment created. Its value is not read. */
async function hasFirstValue(secretId: string): Promise<boolean> {
  const found = await aws.secretsmanager.getSecretVersions({ secretId }).catch(() => undefined);
  return found?.versions.some(({ versionStages }) => versionStages.includes(seedLabel)) ?? false;
}
