import { printable } from "./printable";

/**
 * Every failure that a rotation can report, and what to do about it.
 *
 * The key is the error's `code` in the log. The text is its remedy, for the person on call. The message of each error
 * says what failed and where. No message may contain a password, a verifier or a connection string.
 */
export const remedies = {
  // Configuration, secret and tags
  InvalidEvent: "Invoke the function through Secrets Manager: `aws secretsmanager rotate-secret`.",
  InvalidEnvironment: "Correct the function's environment variable, and deploy the function again.",
  InvalidSecret:
    "Store a JSON object with engine, host, username and password as the secret's AWSCURRENT version. Add port, dbname and ssl if they differ from the defaults.",
  InvalidSettings: "Run `npx pulumi up --refresh`: it writes the secret's `secrets-rotation:*` tags again.",
  TargetMismatch:
    "Store a value for the user and the server that the stack's configuration names, or correct the configuration and run `npx pulumi up --refresh`. With an administrator, the secret's tags decide.",
  InvalidPending:
    "Run `npm run ops -- recover`: it finds out which password logs in, and rotates with a new pending version.",
  // Secrets Manager
  SecretNotFound: "Check the secret's name and region, and that it is not scheduled for deletion.",
  RotationDisabled:
    "Turn rotation on for the secret: run `npx pulumi up --refresh`, or `aws secretsmanager rotate-secret`.",
  UnknownVersion:
    "Run `npm run ops -- recover`: it finds out which password logs in, and rotates. Never invoke the function by hand.",
  VersionNotPending: "Run `npm run ops -- recover`: it finds out which password logs in, and rotates.",
  PendingValueMissing: "Rotate again. No new password was stored, and the database was not changed.",
  InconsistentReads: "Wait for Secrets Manager's retry, or run `npm run ops -- recover` if clients are refused.",
  AccessDenied:
    "Allow the function's role the action in the message, for this secret. `npx pulumi up --refresh` restores the policies of the stack.",
  DeniedByPolicy:
    "Change the policy in the message (the secret's resource policy, the VPC endpoint's, the organization's, or a permissions boundary): it denies the function's role the action. A deny wins over what the role allows.",
  KeyDenied:
    "Allow the function's role to use the secret's KMS key (kms:Decrypt and kms:GenerateDataKey through Secrets Manager), and check that the key is enabled.",
  Throttled:
    "Wait for Secrets Manager's retry, or run `npm run ops -- recover` if clients are refused. If it happens often, spread the rotation windows.",
  SecretsManagerUnreachable:
    "Check the VPC's endpoint for Secrets Manager: its security group must allow the function's security group on port 443, and private DNS must be enabled.",
  SecretsManagerFailed:
    "Wait for Secrets Manager's retry, or run `npm run ops -- recover` if clients are refused. If it fails again, correct what the message names, or see the AWS Health Dashboard.",
  // Connection to the database
  DatabaseUnreachable:
    "Check host and port in the secret, that the database is running, that its security group allows the function's security group on that port, and the routes between their subnets.",
  DatabaseTimeout: "Look for a long transaction that holds the lock in the message, and check the database's load.",
  DatabaseConnectionLost:
    "Wait for Secrets Manager's retry, or run `npm run ops -- recover` if clients are refused. If it fails again, check whether the database restarts.",
  DatabaseStarting: "Wait for Secrets Manager's retry, or run `npm run ops -- recover` if clients are refused.",
  DatabaseFull:
    "Close idle sessions, or raise the limit in the message: max_connections, or CONNECTION LIMIT of the role or the database.",
  TlsUntrusted:
    "Set `databaseCa` to the certificate authority of the database's certificate. Check that the certificate is valid and names the secret's host.",
  TlsUnsupported: 'Turn TLS on in the server. Only `"ssl": false` in the secret allows a connection without TLS.',
  PoolerDetected:
    "Set the secret's host to the database itself. A pooler (PgBouncer, RDS Proxy) does not forward the settings that the function sends when it logs in.",
  ServerNotAuthenticated:
    "Check that the secret's host is the database. Set the method for this user in pg_hba.conf to scram-sha-256 (or md5): the server must ask for a proof of the password.",
  ClearTextAsked:
    "On RDS and Aurora, revoke rds_iam from the user: its members log in with IAM tokens only. On other servers, set the method for this user in pg_hba.conf to scram-sha-256, instead of password, ldap, pam or radius.",
  TooManyIterations:
    "Lower scram_iterations in the server, and set the user's password again: each login would take the function too long.",
  AnswerTooLarge: "Check that the secret's host is the database: PostgreSQL does not send so much to this function.",
  // Login and password in the database
  LoginRefused:
    "Run `npm run ops -- recover`: it finds out which password logs in. If none does, check that the role's VALID UNTIL has not passed, and set the password in the database to the one in AWSCURRENT, or give the secret an admin secret, with which the next rotation repairs it.",
  LoginNotAllowed:
    "Correct what the server's message names: a line in pg_hba.conf for this user, database and address, the role's LOGIN, or a rule of the server (a login trigger, an extension). If it names `no encryption`, remove `\"ssl\": false` from the secret. The function did not try another password.",
  ConnectDenied:
    "Grant the user CONNECT on the database (its clone inherits it). If the message names anything else, a login trigger or a setting of the database refused the session.",
  AdminLoginRefused: "Correct the credentials in the admin secret: its user must be able to log in.",
  PermissionDenied:
    "Grant the privilege in the message. An administrator needs CREATEROLE and, granted to itself, ADMIN OPTION on the role; on RDS, the role that changes the password may need `rds_password`.",
  RoleMissing:
    "Create the role in the message. If the message names a role of `memberOf`, or not your user, correct the stack's configuration instead.",
  DatabaseMissing: "Create the database, or correct dbname in the secret.",
  DatabaseReadOnly: "Set host to the writer: this server accepts no changes (a replica, or a failover in progress).",
  RoleRefused:
    "Run the SQL in the message, or name another user or admin secret in the stack's configuration (docs/strategies.md).",
  SecondLoginLeft:
    "If the secret has lost its tags, run `npx pulumi up --refresh`. If it has left alternating-users, run the SQL in the message.",
  ActsAsAnother:
    "Reset the `role` setting (on the user, the database or the clone) by which the session acts as another role. The next rotation sets the clone's again.",
  PasswordTracked:
    "Set `password.form` to verifier in the stack's configuration, or pg_stat_statements.track to top in the server. Otherwise members of pg_read_all_stats can read the password.",
  PasswordRejected:
    "The server checks passwords with rules of its own. If it wants the plain text, set `password.form` to plaintext in the stack's configuration; otherwise change `password.length` and the other keys of `password` so that new passwords meet the rules. Then run `npm run ops -- recover`: it rotates with a new password.",
  DatabaseFailed: "Look up the SQLSTATE in the message in PostgreSQL's manual, appendix A.",
  // The function itself
  TimeLimit:
    "Wait for Secrets Manager's retry, or run `npm run ops -- recover` if clients are refused. If it fails again, find the slow step by the log's durations, or raise the function's timeout.",
  InternalError: "This is a bug in the function: keep the log and report it.",
} as const;

export type ErrorCode = keyof typeof remedies;

/** A failure for the person on call: the message says what failed and where, `remedy` what to do. */
export class RotationError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  /** SQL that repairs the cause, if there is any. The message contains it, too. */
  readonly repair: string | undefined;

  /**
   * @param code - Key of {@link remedies}.
   * @param message - What failed, and where: names of steps, keys and hosts, never a credential.
   * @param options - `cause`: the original error, for code that depends on it. It is never logged. `repair`: SQL.
   */
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; repair?: string }) {
    super(printable(options?.repair === undefined ? message : `${message} (${options.repair})`, 4_000), options);
    this.name = code;
    this.code = code;
    this.remedy = remedies[code];
    this.repair = options?.repair;
  }
}

/** Whether it is a RotationError with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is RotationError {
  return error instanceof RotationError && codes.includes(error.code);
}

/** Returns a RotationError as it is, and wraps any other error in an InternalError that contains only its class name. */
export function asRotationError(error: unknown): RotationError {
  if (error instanceof RotationError) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  return new RotationError("InternalError", `unexpected ${kind}`, { cause: error });
}

/** The code of an error of Node, `pg` or the SDK, if any, its name (or the type of anything else), and its text. */
export function partsOf(error: unknown): { readonly code: string; readonly name: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: "", name: typeof error, message: "" };
  // A host with several addresses fails with one error for each address.
  if (error instanceof AggregateError && error.errors[0] instanceof Error) {
    return { ...partsOf(error.errors[0]), message: error.errors.map((each) => partsOf(each).message).join("; ") };
  }
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return { code, name: error.name, message: error.message };
}
