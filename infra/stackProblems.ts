import {
  fitsInPolicy,
  loginsOf,
  longestInterval,
  maxDestinations,
  maxTags,
  mostDays,
  nameInArn,
  passwordProblems,
  scheduleProblems,
  scheduleRules,
  settingCount,
  tagKeyProblems,
} from "../components";
import { environmentOf } from "./environment";
import { isObject } from "./fields";
import type { StackSettings } from "./schema";
import { asString, secretNameOf } from "./secretNames";
import { withDefaultTags } from "./tags";

/**
 * The problems between keys of the configuration. Values may have any type: a wrong type has its own message, and does
 * not hide these problems.
 */
export function stackProblems(given: StackSettings): StackProblem[] {
  const settings = {
    ...given,
    databases: Array.isArray(given.databases) ? given.databases.map((one) => (isObject(one) ? one : undefined)) : [],
    passwords: isObject(given.passwords) ? given.passwords : {},
    tags: isObject(given.tags) ? given.tags : {},
  };
  return rules.flatMap((rule) => [...rule(settings, given)]);
}

type Database = NonNullable<StackSettings["databases"]>[number];
type Settings = Omit<StackSettings, "databases"> & { databases: (Database | undefined)[] };
type StackProblem = [path: PropertyKey[], message: string];
type Problems = Generator<StackProblem, void>;

const rules: readonly ((settings: Settings, given: StackSettings) => Problems)[] = [
  networkAndDatabases,
  keyOutlivesSecrets,
  ownKeyIsReplaced,
  oneSecretForEachLogin,
  policyHoldsAdministrators,
  securityGroupHoldsRules,
  passwordsHaveSecrets,
  intervals,
  generatedPasswords,
  tagNames,
  tagCount,
];

function* networkAndDatabases(_: Settings, { network, databases }: StackSettings): Problems {
  if (network !== undefined && databases === undefined)
    yield [["databases"], "is missing: set the databases of `network`"];
  if (network === undefined && databases !== undefined) yield [["network"], "is missing: set the VPC of the databases"];
}

function* keyOutlivesSecrets({ kmsKeyArn, keyDeletionWindowInDays: key, recoveryWindowInDays }: Settings): Problems {
  const message = "is shorter than `recoveryWindowInDays`: a restored secret would have no key";
  if (kmsKeyArn === undefined && key < recoveryWindowInDays) yield [["keyDeletionWindowInDays"], message];
}

function* ownKeyIsReplaced({ kmsKeyArn, keepOwnKey }: Settings): Problems {
  if (keepOwnKey && kmsKeyArn === undefined)
    yield [["keepOwnKey"], "applies only with `kmsKeyArn`: remove it, because the stack uses its own key"];
}

function* oneSecretForEachLogin({ databases }: Settings): Problems {
  const secrets = new Map<string, number>();
  const logins = new Map<string, number>();
  for (const [index, one] of databases.entries()) {
    if (one === undefined) continue;
    const path = ["databases", index];
    const secret = secretNameOf(one);
    const before = secrets.get(secret);
    secrets.set(secret, index);
    if (before !== undefined) {
      if (secret !== "") yield [path, `\`${secret}\` is already the secret of databases[${before}]`];
      continue;
    }
    for (const login of loginsOf(one)) {
      const other = logins.get(login);
      logins.set(login, index);
      if (other !== undefined) yield [path, `\`${login}\` is already rotated by the secret of databases[${other}]`];
    }
  }
}

function* policyHoldsAdministrators({ databases, additionalKmsKeyArns }: Settings): Problems {
  const given = databases.filter((one) => one !== undefined);
  const admins = given.flatMap((one) => asString(one.adminSecretArn) ?? []);
  const keys = Array.isArray(additionalKmsKeyArns) ? additionalKmsKeyArns.filter(asString) : [];
  if (!fitsInPolicy(given.map(secretNameOf), admins, keys))
    yield [
      ["databases"],
      `an IAM policy cannot list ${new Set(admins).size} administrators' secrets and ${keys.length} additional keys: share administrators, or split the databases over several stacks`,
    ];
}

function* securityGroupHoldsRules({ databases }: Settings): Problems {
  const { size } = new Set(databases.map((one) => `${one?.securityGroupId ?? one?.cidr}-${one?.port}`));
  if (size > maxDestinations)
    yield [
      ["databases"],
      `${size} destinations need ${size + 1} rules, and a security group holds ${maxDestinations + 1}: set one \`cidr\` for several databases, or split the databases over several stacks`,
    ];
}

function* passwordsHaveSecrets({ databases, passwords }: Settings): Problems {
  for (const name of Object.keys(passwords)) {
    if (databases.some((one) => one?.secretName === name)) continue;
    const exists = databases.some((one) => nameInArn(asString(one?.secretArn) ?? "") === name);
    yield [
      ["passwords", name],
      exists ? "the secret exists, and its value is not written: remove it" : "no database has a secret with this name",
    ];
  }
}

function* intervals({ schedule, allowLongIntervals, databases }: Settings): Problems {
  const schedules = [
    ...databases.map((one, index) => ({ path: ["databases", index, "schedule"], given: one?.schedule })),
    { path: ["schedule"], given: schedule },
  ];
  for (const { path, given } of schedules) {
    if (!isObject(given) || allowLongIntervals) continue;
    const rotation = scheduleRules(given);
    const longest = scheduleProblems(rotation).length > 0 ? 0 : (longestInterval(rotation) ?? 0);
    if (longest > mostDays)
      yield [
        path,
        `${longest} days between two rotations are more than ${mostDays}: set fewer days, or \`allowLongIntervals: true\``,
      ];
  }
}

function* generatedPasswords({ password }: Settings): Problems {
  if (!isObject(password)) return;
  const nameOf = (rule: string): string => rule.replace("Exclude", "exclude");
  try {
    for (const message of passwordProblems(environmentOf({ password }), nameOf)) yield [["password"], message];
  } catch {
    // The key itself has a message.
  }
}

function* tagNames({ tags }: Settings): Problems {
  for (const { key, message } of tagKeyProblems(Object.keys(tags))) yield [["tags", key], message];
}

function* tagCount({ tags, databases }: Settings, given: StackSettings): Problems {
  const common = Object.keys(withDefaultTags(tags)).length;
  const created = databases.flatMap((one) => (one?.secretName === undefined ? [] : settingCount(one)));
  // Without `databases`, the stack creates the secret of its own database.
  const own = given.databases === undefined ? settingCount({ host: "", username: "" }) : 0;
  const settings = Math.max(own, ...created);
  if (common + settings > maxTags)
    yield [
      ["tags"],
      `a resource can have ${maxTags} tags: ${common} with \`project\` and \`stack\`, and ${settings} of the settings of a secret, are too many. Remove ${common + settings - maxTags}`,
    ];
}
