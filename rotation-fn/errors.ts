import { printable } from "./printable";

/**
 * Every failure that a rotation can report, and what to do about it.
 *
 * The key is the error's `code` in the log; the text is its remedy, written for whoever is on call. What went wrong and
 * where is said by the message of each error. No message may hold a password, a verifier or a connection string.
 */
export const remedies = {
  // What goes in
  InvalidEvent:
    "Invoke the function through Secrets Manager (`aws secretsmanager rotate-secret`), which sends Step, SecretId and ClientRequestToken.",
  InvalidEnvironment: "Correct the function's environment variable and deploy it again.",
  InvalidSecret:
    "Store a JSON object with engine, host, username, password and, where they differ from the defaults, port, dbname and ssl as the secret's current version.",
  InvalidSettings: "Correct the secret's `secrets-rotation:*` tags by deploying the stack again.",
  TargetMismatch:
    "Store a value for the user and the server that the stack's configuration names, or correct the configuration and deploy it: with an administrator the secret's tags decide.",
  InvalidPending:
    "Let `npm run ops -- recover` take AWSPENDING off this version once it has seen that its password is not in force; the next rotation makes a new one.",
  // Secrets Manager
  SecretNotFound: "Check the secret's name, its region, and that it is not scheduled for deletion.",
  RotationDisabled: "Turn rotation on for the secret: deploy the stack, or `aws secretsmanager rotate-secret`.",
  UnknownVersion:
    "Let `npm run ops -- recover` find out which password is in force and rotate; never invoke the function by hand.",
  VersionNotPending:
    "Let `npm run ops -- recover` find out which password is in force and rotate: this rotation's label was moved.",
  PendingValueMissing: "Rotate again: the new password was never stored, and nothing was changed in the database.",
  InconsistentReads: "Nothing to do: Secrets Manager retries the rotation, by when its reads agree.",
  AccessDenied: "Give the function's role the action that the message names, for this secret: deploy the stack again.",
  KeyDenied:
    "Let the function's role use the secret's KMS key (kms:Decrypt and kms:GenerateDataKey via Secrets Manager), and check that the key is enabled.",
  Throttled: "Nothing to do: Secrets Manager retries. If it happens often, spread the rotation windows.",
  SecretsManagerUnreachable:
    "Check the VPC's Secrets Manager endpoint: its security group must admit the function's on port 443. One that the VPC had before must have private DNS on.",
  SecretsManagerFailed: "Secrets Manager retries by itself. If it goes on, look at the AWS Health Dashboard.",
  // The way to the database
  DatabaseUnreachable:
    "Let the function's security group reach the database on its port, check host and port in the secret, and that the database runs.",
  DatabaseTimeout:
    "Check the security groups and the subnets' routes between function and database, and the database's load and locks.",
  DatabaseConnectionLost: "Nothing to do if it happens once: Secrets Manager retries. Otherwise look for restarts.",
  DatabaseStarting: "Nothing to do: Secrets Manager retries while the database starts, stops or fails over.",
  DatabaseFull: "Raise max_connections, or close idle sessions; keep some reserved_connections for the rotation.",
  TlsUntrusted:
    "Give the certificate authority of the database's certificate as `databaseCa`, and check that the certificate is valid and names the secret's host.",
  TlsUnsupported: 'Turn TLS on in the server; only `"ssl": false` in the secret lets a password rotate without it.',
  PoolerBetween:
    "Let the secret's host name the database itself: a pooler (PgBouncer, RDS Proxy) does not pass on what the function sends at log-in.",
  ServerNotProven:
    "Make pg_hba.conf ask for scram-sha-256 (or md5): the server must prove that it knows the password before it is given anything.",
  AnswerTooLarge: "Check that the secret's host is the database: no PostgreSQL sends so much to this function.",
  // Inside the database
  LoginRefused:
    "Set the password in the database to the one in AWSCURRENT, or give the secret an admin secret, which heals it at the next rotation; where the server's words are of pg_hba.conf or of a role that may not log in, mend that.",
  AdminLoginRefused: "Correct the credentials in the admin secret: its user must be able to log in.",
  PermissionDenied:
    "Give the user that connects the right to change the role: its own password, or CREATEROLE and ADMIN OPTION on it.",
  RoleMissing: "Create the role in the database, or correct username in the secret.",
  DatabaseMissing: "Create the database, or correct dbname in the secret.",
  DatabaseReadOnly: "Point host at the writer: this server takes no changes (a replica, or a fail-over under way).",
  RoleRefused: "Run the SQL in the message, or name another user in the stack's configuration: docs/strategies.md.",
  SecondLoginLeft:
    "Deploy the stack again if the secret has lost its tags. If it has left alternating-users, run the SQL in the message.",
  ActsAsAnother:
    "Take the `role` setting that the message is about off the user, the database or its clone; the next rotation makes it again.",
  PasswordTracked:
    "Set `password.form` to verifier in the stack's configuration, or pg_stat_statements.track to top in the server: it keeps the password for members of pg_read_all_stats.",
  PasswordRejected:
    "The server checks passwords by rules of its own: set PASSWORD_LENGTH and EXCLUDE_CHARACTERS to meet them.",
  DatabaseFailed: "Look up the SQLSTATE in the message in PostgreSQL's manual, appendix A.",
  // Ourselves
  TimeLimit: "Secrets Manager retries. If it goes on, find what is slow by the log's durations, or raise the timeout.",
  InternalError: "This is a fault of the function: keep the log and report it.",
} as const;

export type ErrorCode = keyof typeof remedies;

/** A failure in words for the person on call: what is wrong and where (the message), and what to do (`remedy`). */
export class RotationError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  /** SQL that repairs it, where there is one. It is in the message, too. */
  readonly repair: string | undefined;

  /**
   * @param code - Which failure of the catalogue it is.
   * @param message - What is wrong, and where: the step's, key's or host's name, never its secret.
   * @param options - `cause`: the error underneath, for code that decides by it. It is never logged. `repair`: SQL.
   */
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; repair?: string }) {
    super(printable(options?.repair === undefined ? message : `${message} (${options.repair})`, 4_000));
    this.name = code;
    this.code = code;
    this.remedy = remedies[code];
    this.repair = options?.repair;
    // Not enumerable, as by `new Error(…, { cause })`: whatever prints the error by its keys leaves the cause out.
    if (options?.cause !== undefined) {
      Object.defineProperty(this, "cause", { value: options.cause, enumerable: false });
    }
  }
}

/** The error as one of the catalogue: itself, or an InternalError that names only the class of the unexpected one. */
export function asRotationError(error: unknown): RotationError {
  if (error instanceof RotationError) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  return new RotationError("InternalError", `unexpected ${kind}`, { cause: error });
}
