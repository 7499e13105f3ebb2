import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { RotationError, remedies } from "../../rotation-fn/errors";
import { atTerminal } from "../remedies";
import { type Finding, preflight, signInForPreflight } from "./checks";
import { regionOf, trustDatabases } from "./databaseTrust";
import { type Target, type TargetOptions, targetOf } from "./target";

/** The findings about a secret's database, or why it could not be checked. */
export interface Report {
  /** Undefined for a database without a secret. */
  readonly secret: string | undefined;
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

/** The target, or why it is unknown. */
export type Candidate = { readonly secret: string | undefined; readonly target: Target | Error };

/** Reads the secret, and trusts the database's region. Call it for all secrets before the first login. */
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

/** Checks whether a rotation will work. A failure to connect is reported as a finding. */
export async function look({ secret, target }: Candidate, env: NodeJS.ProcessEnv): Promise<Report> {
  try {
    if (target instanceof Error) throw target;
    const { user, admin, plan } = target;
    const who = admin ?? user;
    const label = admin ? "the administrator's credentials" : "the user's credentials";
    const session = await signInForPreflight(who, label);
    try {
      const reached = { check: "login", ok: true, what: `${who.username}@${who.host}:${who.port}/${who.dbname}` };
      const findings = [reached, ...(await preflight(session, plan))];
      return { secret, ok: findings.every(({ ok }) => ok), findings };
    } finally {
      session.close();
    }
  } catch (error) {
    const { message: what, ...reported } = { ...atTerminal(error, env), ...ofPassword(target, error) };
    return { secret, ok: false, findings: [{ check: "login", ok: false, what, ...reported }] };
  }
}

/** Who corrects a refused password depends on where it comes from. */
function ofPassword(target: Target | Error, error: unknown): { code?: string; remedy?: string } {
  if (target instanceof Error || target.source === "AWSCURRENT") return {};
  const isRefused = error instanceof RotationError && error.code === "LoginRefused" && / 28P01 /.test(error.message);
  if (!isRefused) return {};
  const { admin, user, source } = target;
  return source === "the admin secret"
    ? { code: "AdminLoginRefused", remedy: remedies.AdminLoginRefused }
    : { remedy: `Set ${source} to the password that ${(admin ?? user).username} has in the database.` };
}
