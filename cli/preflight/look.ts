import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { RotationError } from "../../rotation-fn/errors";
import { type Finding, preflight, signInForPreflight } from "./checks";
import { regionOf, trustDatabases } from "./databaseTrust";
import { type Target, type TargetOptions, targetOf } from "./target";

/** What a secret's database was found to be like, or why it could not be looked at. */
export interface Report {
  /** Undefined for a database without a secret. */
  readonly secret: string | undefined;
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

/** Whom to look at, or why that can't be known. */
export type Candidate = { readonly secret: string | undefined; readonly target: Target | Error };

/** Reads the secret. Trusts the database's region, which must happen for all of them before the first log-in. */
export async function candidateOf(
  options: TargetOptions,
  env: NodeJS.ProcessEnv,
  client: SecretsManagerClient,
): Promise<Candidate> {
  const { secret } = options;
  try {
    const target = await targetOf(options, env, client);
    trustDatabases([regionOf([(target.admin ?? target.user).host, secret], env)]);
    return { secret, target };
  } catch (error) {
    return { secret, target: error as Error };
  }
}

/** Looks whether a rotation will work. What keeps the look from being taken is a finding, too. */
export async function look({ secret, target }: Candidate): Promise<Report> {
  try {
    if (target instanceof Error) throw target;
    const { user, admin, plan } = target;
    const who = admin ?? user;
    const label = admin ? "the administrator's credentials" : "the user's credentials";
    const session = await signInForPreflight(who, label);
    try {
      const reached = { check: "log-in", ok: true, what: `${who.username}@${who.host}:${who.port}/${who.dbname}` };
      const findings = [reached, ...(await preflight(session, plan))];
      return { secret, ok: findings.every(({ ok }) => ok), findings };
    } finally {
      session.close();
    }
  } catch (error) {
    const remedy = error instanceof RotationError ? error.remedy : "";
    const finding = { check: "log-in", ok: false, what: (error as Error).message, remedy };
    return { secret, ok: false, findings: [finding] };
  }
}
