import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { databaseTag, loginsOf, nameInArn, settingTags, usernameTag } from "../components";
import type { DatabaseSettings } from "./databaseSchema";
import type { StackSettings } from "./schema";
import { secretNameOf } from "./secretNames";

/** Warns of a user whose secret is another one in the account, and of a secret that has another user there. */
export async function warnOfOtherSecrets({ databases = [] }: StackSettings): Promise<void> {
  if (databases.length === 0) return;
  for (const warning of otherSecretWarnings(databases, await taggedSecrets())) await pulumi.log.warn(warning);
}

type TaggedSecret = Awaited<ReturnType<typeof taggedSecrets>>[number];

async function taggedSecrets() {
  try {
    const found = await aws.resourcegroupstaggingapi.getResources({
      resourceTypeFilters: ["secretsmanager:secret"],
      tagFilters: [{ key: settingTags.username }],
    });
    return found.resourceTagMappingLists;
  } catch {
    await pulumi.log.warn(
      "the secrets of the account could not be compared with the configuration: allow tag:GetResources",
    );
    return [];
  }
}

/** The settings in a secret's tags. */
function databaseOf(tags: TaggedSecret["tags"]): Parameters<typeof loginsOf>[0] {
  const username = usernameTag.read(tags[settingTags.username] ?? "");
  return { username, strategy: tags[settingTags.strategy], ...databaseTag.read(tags[settingTags.database] ?? "") };
}

function* otherSecretWarnings(databases: DatabaseSettings[], found: TaggedSecret[]): Generator<string, void> {
  const others = found.map(({ resourceArn, tags }) => ({
    otherName: nameInArn(resourceArn),
    taken: loginsOf(databaseOf(tags)),
  }));
  for (const [i, database] of databases.entries()) {
    const { username, host, port } = database;
    if (username === undefined || host === undefined) continue;
    const name = secretNameOf(database);
    const [user, server] = [usernameTag.write(username), databaseTag.write(host, port)];
    const own = found.find(({ resourceArn }) => nameInArn(resourceArn) === name);
    const before = own?.tags[settingTags.username] ?? user;
    if (before !== user)
      yield `\`databases[${i}].username\`: ${name} has the password of ${usernameTag.read(before)}. Its value is not changed, and its rotation fails (TargetMismatch): use another \`secretName\` for ${username}`;
    const logins = loginsOf(database);
    const other = others.find(
      ({ otherName, taken }) => otherName !== name && taken.some((login) => logins.includes(login)),
    )?.otherName;
    if (other !== undefined)
      yield `\`databases[${i}]\`: ${other} already has the password of ${username} on ${server}. If you rename the secret, ${name} is a new secret with the password of the configuration, and clients must read it before ${other} is deleted. To keep the secret, keep its name`;
  }
}
