import type { Postgres } from "../../emulators/postgres/postgres";
import type { SecretsManager } from "../../emulators/secrets-manager";

const stages = ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"] as const;
/** `kept`: the label that `recover` gives a version before it takes AWSPENDING off, where it can't ask the database. */
export type StagingLabel = (typeof stages)[number] | "kept";

export interface LabelledLogin {
  readonly stage: StagingLabel;
  readonly versionId: string;
  readonly username: string;
  readonly password: string;
}

/** What the labelled versions of a secret hold, as far as it can be used to log in. */
export function labelledLogins(service: SecretsManager, secretId: string): LabelledLogin[] {
  const logins: LabelledLogin[] = [];
  for (const { id, stages: labels, value } of service.store.find(secretId).versions.values()) {
    if (value === undefined || !("SecretString" in value)) continue;
    const login = loginIn(value.SecretString);
    if (login === undefined) continue;
    for (const stage of stages) if (labels.has(stage)) logins.push({ stage, versionId: id, ...login });
    if ([...labels].some((label) => label.startsWith("kept-"))) logins.push({ stage: "kept", versionId: id, ...login });
  }
  return logins;
}

/** The invariant's left side: the labels whose version logs in, tried at the server itself. */
export async function workingLabels(
  service: SecretsManager,
  secretId: string,
  postgres: Postgres,
): Promise<StagingLabel[]> {
  const logins = labelledLogins(service, secretId);
  const works = new Map<string, Promise<boolean>>();
  for (const { versionId, username, password } of logins) {
    if (!works.has(versionId)) works.set(versionId, postgres.canLogIn(username, password));
  }
  const tried = await Promise.all(logins.map(({ versionId }) => works.get(versionId)));
  return logins.filter((_, index) => tried[index]).map(({ stage }) => stage);
}

function loginIn(text: string): { username: string; password: string } | undefined {
  try {
    const { username, password } = JSON.parse(text);
    return typeof username === "string" && typeof password === "string" ? { username, password } : undefined;
  } catch {
    return undefined;
  }
}

/** What the versions without a label of the rotation hold, newest first. */
export function unlabelledLogins(
  service: SecretsManager,
  secretId: string,
): { readonly username: string; readonly password: string }[] {
  return [...service.store.find(secretId).versions.values()]
    .filter((version) => version.value !== undefined && !stages.some((label) => version.stages.has(label)))
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
    .flatMap(({ value }) =>
      value !== undefined && "SecretString" in value ? (loginIn(value.SecretString) ?? []) : [],
    );
}
