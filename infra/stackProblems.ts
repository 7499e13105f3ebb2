import {
  loginsOf,
  longestInterval,
  maxTags,
  nameInArn,
  passwordProblems,
  scheduleProblems,
  settingCount,
} from "../components";
import { rulesOf } from "./databaseSchema";
import { isObject } from "./fields";
import { environmentOf } from "./functionSettings";
import { fitsInPolicy } from "./policyLength";
import type { StackSettings } from "./schema";
import { secretNameOf, textOf } from "./secretNames";
import { withDefaultTags } from "./tags";

/** A problem between keys of the configuration. */
export interface StackProblem {
  path: PropertyKey[];
  message: string;
}

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
  return rules.flatMap((rule) => rule(settings, given));
}

type Database = NonNullable<StackSettings["databases"]>[number];
type Settings = Omit<StackSettings, "databases"> & { databases: (Database | undefined)[] };
type Rule = (settings: Settings, given: StackSettings) => StackProblem[];

const rules: readonly Rule[] = [
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

/** Rules of a security group in one direction (default quota of Amazon VPC). */
const maxRules = 60;

function networkAndDatabases(_: Settings, { network, databases }: StackSettings): StackProblem[] {
  if (network !== undefined && databases === undefined)
    return [problem(["databases"], "is missing: set the databases of `network`")];
  if (network === undefined && databases !== undefined)
    return [problem(["network"], "is missing: set the VPC of the databases")];
  return [];
}

function keyOutlivesSecrets({ kmsKeyArn, keyDeletionWindowInDays: key, recoveryWindowInDays }: Settings) {
  return kmsKeyArn === undefined && key < recoveryWindowInDays
    ? [
        problem(
          ["keyDeletionWindowInDays"],
          "is shorter than `recoveryWindowInDays`: a restored secret would have no key",
        ),
      ]
    : [];
}

function ownKeyIsReplaced({ kmsKeyArn, keepOwnKey }: Settings): StackProblem[] {
  return keepOwnKey && kmsKeyArn === undefined
    ? [problem(["keepOwnKey"], "applies only with `kmsKeyArn`: remove it, because the stack uses its own key")]
    : [];
}

function oneSecretForEachLogin({ databases }: Settings): StackProblem[] {
  const secrets = new Map<string, number>();
  const logins = new Map<string, number>();
  return databases.flatMap((one, index) => {
    if (one === undefined) return [];
    const problems: StackProblem[] = [];
    const secret = secretNameOf(one);
    const before = secrets.get(secret);
    secrets.set(secret, index);
    if (before !== undefined && secret !== "")
      problems.push(problem(["databases", index], `\`${secret}\` is already the secret of databases[${before}]`));
    for (const login of before === undefined ? loginsOf(one) : []) {
      const other = logins.get(login);
      if (other !== undefined)
        problems.push(
          problem(["databases", index], `\`${login}\` is already rotated by the secret of databases[${other}]`),
        );
      logins.set(login, index);
    }
    return problems;
  });
}

function policyHoldsAdministrators({ databases, additionalKmsKeyArns }: Settings): StackProblem[] {
  const given = databases.filter((one) => one !== undefined);
  const admins = given.flatMap((one) => textOf(one.adminSecretArn) ?? []);
  const keys = Array.isArray(additionalKmsKeyArns) ? additionalKmsKeyArns.filter(textOf) : [];
  return fitsInPolicy(given.map(secretNameOf), admins, keys)
    ? []
    : [
        problem(
          ["databases"],
          `an IAM policy cannot list ${new Set(admins).size} administrators' secrets and ${keys.length} additional keys: share administrators, or split the databases over several stacks`,
        ),
      ];
}

/** The function's security group has a rule for each destination, and one for Secrets Manager. */
function securityGroupHoldsRules({ databases }: Settings): StackProblem[] {
  const paths = new Set(databases.map((one) => `${one?.securityGroupId ?? one?.cidr}-${one?.port}`));
  return paths.size < maxRules
    ? []
    : [
        problem(
          ["databases"],
          `${paths.size} destinations need ${paths.size + 1} rules, and a security group holds ${maxRules}: set one \`cidr\` for several databases, or split the databases over several stacks`,
        ),
      ];
}

function passwordsHaveSecrets({ databases, passwords }: Settings): StackProblem[] {
  return Object.keys(passwords)
    .filter((name) => !databases.some((one) => one?.secretName === name))
    .map((name) => {
      const existing = databases.some((one) => nameInArn(textOf(one?.secretArn) ?? "") === name);
      return problem(
        ["passwords", name],
        existing
          ? "the secret exists, and its value is not written: remove it"
          : "no database has a secret with this name",
      );
    });
}

function intervals({ schedule, allowLongIntervals, databases }: Settings): StackProblem[] {
  const schedules = [
    ...databases.map((one, index) => ({ path: ["databases", index, "schedule"], rules: one?.schedule })),
    { path: ["schedule"], rules: schedule },
  ];
  return schedules.flatMap(({ path, rules: given }) => {
    if (!isObject(given) || allowLongIntervals) return [];
    const rotation = rulesOf(given);
    const longest = scheduleProblems(rotation).length > 0 ? 0 : (longestInterval(rotation) ?? 0);
    return longest > 90
      ? [
          problem(
            path,
            `${longest} days between two rotations are more than 90: set fewer days, or \`allowLongIntervals: true\``,
          ),
        ]
      : [];
  });
}

function generatedPasswords({ password }: Settings): StackProblem[] {
  if (!isObject(password)) return [];
  const names = {
    ...{ ExcludeCharacters: "excludeCharacters", ExcludeNumbers: "excludeNumbers", PasswordLength: "length" },
    ...{ ExcludePunctuation: "excludePunctuation", ExcludeUppercase: "excludeUppercase", IncludeSpace: "" },
    ...{ ExcludeLowercase: "excludeLowercase", RequireEachIncludedType: "requireEachIncludedType" },
  };
  try {
    return passwordProblems(environmentOf({ password }), (rule) => names[rule]).map((message) =>
      problem(["password"], message),
    );
  } catch {
    // The key itself has a message.
    return [];
  }
}

function tagNames({ tags }: Settings): StackProblem[] {
  const keys = new Map<string, string>();
  return Object.keys(tags).flatMap((key) => {
    const lower = key.toLowerCase();
    const other = keys.get(lower);
    keys.set(lower, key);
    return [
      ...(key.trim() === "" ? ["AWS rejects an empty key: name it, or remove it"] : []),
      ...(other === undefined ? [] : [`IAM treats it as the same key as \`${other}\`: keep one of the two`]),
      ...(lower.startsWith("aws:") ? ["AWS reserves the prefix `aws:`: rename it"] : []),
      ...(lower.startsWith("secrets-rotation:")
        ? ["the stack writes the tags with the prefix `secrets-rotation:`: remove it"]
        : []),
    ].map((message) => problem(["tags", key], message));
  });
}

function tagCount({ tags, databases }: Settings): StackProblem[] {
  const common = Object.keys(withDefaultTags(tags)).length;
  const settings = Math.max(0, ...databases.map((one) => (one?.secretName === undefined ? 0 : settingCount(one))));
  return common + settings <= maxTags
    ? []
    : [
        problem(
          ["tags"],
          `a resource can have ${maxTags} tags: ${common} with \`project\` and \`stack\`, and ${settings} of the settings of a secret, are too many. Remove ${common + settings - maxTags}`,
        ),
      ];
}

function problem(path: PropertyKey[], message: string): StackProblem {
  return { path, message };
}
