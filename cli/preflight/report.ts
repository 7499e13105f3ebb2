import { randomBytes } from "node:crypto";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type NewPassword, newPasswordForm } from "../../rotation-fn/database/changeStatement";
import { tryToSignIn } from "../../rotation-fn/database/session";
import { type Environment, readEnvironment } from "../../rotation-fn/environment";
import { type RotationError, remedies } from "../../rotation-fn/errors";
import { SecretClient } from "../../rotation-fn/secret/secretClient";
import type { Credentials } from "../../rotation-fn/secret/secretValue";
import { asReported } from "../remedies";
import { checkDatabase, type Finding } from "./checks";
import { regionOf, trustDatabases } from "./databaseTrust";
import { type PreflightOptions, type PreflightTarget, targetOf } from "./target";
import { loginsOfUsers } from "./usersLogins";

/** The findings about a secret's database, or why it could not be checked. */
export interface Report {
  /** Undefined for a database without a secret. */
  readonly secret: string | undefined;
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

/** The database and user that a rotation of the secret would change, or the error that prevented finding them. */
export interface Candidate {
  readonly secret: string | undefined;
  readonly target: (PreflightTarget & { readonly newPassword: NewPassword }) | Error;
}

/**
 * Reads the secret, and trusts the database's region. Call it for all secrets before the first login.
 *
 * @param env - With the function's own variables: `PASSWORD_FORM` and others.
 */
export async function candidateOf(
  options: PreflightOptions,
  env: NodeJS.ProcessEnv,
  client: SecretsManagerClient,
): Promise<Candidate> {
  const { secret } = options;
  try {
    const target = await targetOf(options, env, client);
    trustDatabases([regionOf([(target.admin ?? target.user).host, secret], env)]);
    const newPassword = await discardedPassword(readEnvironment(env), client, secret);
    return { secret, target: { ...target, newPassword } };
  } catch (error) {
    return { secret, target: error as Error };
  }
}

/** Checks whether a rotation will work. A failure to connect is reported as a finding. */
export async function checkCandidate({ secret, target }: Candidate, env: NodeJS.ProcessEnv): Promise<Report> {
  const tried: LoginTry[] = [];
  try {
    if (target instanceof Error) throw target;
    const { newPassword } = target;
    const session = await target.signIn(async (credentials, label) => {
      const { session, refusal } = await tryToSignIn(credentials, label, { newPassword, signal: undefined });
      tried.push({ credentials, label, refusal });
      return session;
    });
    if (session === undefined) throw tried[0]?.refusal;
    try {
      const findings = [
        loginFinding(tried),
        ...(await checkDatabase(session, target.plan, target.admin?.username)),
        ...(await loginsOfUsers(session, target, env)),
      ];
      return { secret, ok: findings.every(({ ok }) => ok), findings };
    } finally {
      session.close();
    }
  } catch (error) {
    const { message: what, ...reported } = { ...asReported(error, env), ...remedyOfRefusal(tried[0], error) };
    return { secret, ok: false, findings: [{ check: "login", ok: false, what, ...reported }] };
  }
}

/**
 * Generates a password that is not stored, in the form that the function sends. It meets the function's rules, because
 * the server may check them.
 */
async function discardedPassword(
  { passwordForm, rules }: Environment,
  client: SecretsManagerClient,
  secret: string | undefined,
): Promise<NewPassword> {
  const password =
    passwordForm === "plaintext"
      ? await new SecretClient(client, secret ?? "").randomPassword(rules)
      : randomBytes(24).toString("hex");
  return newPasswordForm(password, passwordForm);
}

interface LoginTry {
  readonly credentials: Credentials;
  readonly label: string;
  readonly refusal: RotationError | undefined;
}

function loginFinding(tried: readonly LoginTry[]): Finding {
  const { credentials, label } = tried.at(-1) as LoginTry;
  const { username, host, port, dbname } = credentials;
  const others = tried.slice(0, -1).map((each) => each.label);
  const instead = others.length === 0 ? "" : `, with ${label}: ${others.join(" and ")} is refused`;
  return { check: "login", ok: true, what: `${username}@${host}:${port}/${dbname}${instead}` };
}

/** The code and remedy of a refused password depend on its source. */
function remedyOfRefusal(first: LoginTry | undefined, error: unknown): { code?: string; remedy?: string } {
  if (first?.refusal === undefined || first.refusal !== error) return {};
  const { label, credentials } = first;
  if (label.startsWith("the admin secret")) return { code: "AdminLoginRefused", remedy: remedies.AdminLoginRefused };
  if (label === "AWSCURRENT") return {};
  return { remedy: `Set ${label} to the password that ${credentials.username} has in the database.` };
}
