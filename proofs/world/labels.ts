import type { StoredLogin, TestSecret } from "./testSecret";

const stagingLabels = ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"] as const;
/** `kept`: the label `kept-…` that `recover` adds before it removes AWSPENDING, if it cannot reach the database. */
export type LabelOfLogin = (typeof stagingLabels)[number] | "kept";

export interface LabeledLogin extends StoredLogin {
  readonly label: LabelOfLogin;
  readonly versionId: string;
}

/** The labeled versions of a secret that have credentials. */
export function labeledLogins(secret: TestSecret): LabeledLogin[] {
  const logins: LabeledLogin[] = [];
  for (const { id: versionId, stages } of secret.versions.values()) {
    const credentials = secret.credentials(versionId);
    if (credentials === undefined) continue;
    for (const label of stagingLabels) if (stages.has(label)) logins.push({ label, versionId, ...credentials });
    const kept = [...stages].some((label) => label.startsWith("kept-"));
    if (kept) logins.push({ label: "kept", versionId, ...credentials });
  }
  return logins;
}

/** The staging labels whose version logs in, by a login to the server. */
export async function workingLabels(secret: TestSecret): Promise<string[]> {
  const labels = Object.keys(secret.labels());
  const tried = await Promise.all(labels.map((label) => secret.logsIn(label)));
  return labels.filter((_, index) => tried[index]);
}

/** The credentials of the versions without one of the three staging labels, newest first. */
export function unlabeledLogins(secret: TestSecret): StoredLogin[] {
  return [...secret.versions.values()]
    .filter(({ value, stages }) => value !== undefined && !stagingLabels.some((label) => stages.has(label)))
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
    .flatMap(({ id }) => secret.credentials(id) ?? []);
}
