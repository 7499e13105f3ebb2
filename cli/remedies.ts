import { partsOf, RotationError } from "../rotation-fn/errors";
import { isCode } from "../rotation-fn/secret/secretsManagerError";

/** An error as a command reports it. */
export interface Reported {
  readonly message: string;
  readonly code?: string;
  readonly remedy?: string;
}

/** The remedy for a person at a terminal. `code` replaces the code of the error. */
type Remedy = Omit<Reported, "message">;

const runAgain = "Run the command again.";
const whereReachable = "run the command where the database is reachable (a bastion, a VPN, a tunnel)";

/**
 * An error with the remedy for a person at a terminal. The remedies of {@link RotationError} are for the function,
 * which has a role, a VPC and Secrets Manager's retry. A remedy for both (a missing privilege, an invalid value) stays
 * as it is.
 */
export function asReported(error: unknown, env: NodeJS.ProcessEnv): Reported {
  const { message, code, remedy } = error as Partial<Reported>;
  const found = { ...(code && { code }), ...(remedy && { remedy }), ...remedyOf(error, env) };
  return { message: message ?? String(error), ...found };
}

function remedyOf(error: unknown, env: NodeJS.ProcessEnv): Remedy | undefined {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const ofAws = cause instanceof Error ? remedyOfAws(cause, env) : undefined;
  if (ofAws !== undefined || !(error instanceof RotationError)) return ofAws;
  const remedy = remedyOfService(error, env) ?? remedyOfDatabase(error);
  return remedy === undefined ? undefined : { remedy };
}

/** Remedies for the region and the credentials of this machine. */
function remedyOfAws(error: Error, env: NodeJS.ProcessEnv): Remedy | undefined {
  const { name, message } = error;
  const profile = env.AWS_PROFILE
    ? ` AWS_PROFILE is ${env.AWS_PROFILE}: \`aws configure list-profiles\` shows whether that profile exists.`
    : "";
  if (/^Region is missing/.test(message)) {
    return { code: "RegionMissing", remedy: `Pass --region, or set AWS_REGION.${profile}` };
  }
  if (/aws sso login/.test(message) || /^ExpiredToken|^TokenRefreshRequired|^RequestExpired/.test(name)) {
    const login = `aws sso login${env.AWS_PROFILE ? ` --profile ${env.AWS_PROFILE}` : ""}`;
    return { code: "CredentialsExpired", remedy: `Run \`${login}\`, or get new temporary credentials.` };
  }
  if (/^CredentialsProviderError|^TokenProviderError/.test(name)) {
    return {
      code: "CredentialsMissing",
      remedy: `Log in to AWS (\`aws sso login\`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.${profile}`,
    };
  }
  if (/^UnrecognizedClient|^InvalidClientTokenId|Signature|^MissingAuthenticationToken/.test(name)) {
    const remedy =
      "Check the access key of these credentials (`aws sts get-caller-identity`), and this machine's clock.";
    return { code: "CredentialsInvalid", remedy };
  }
  if (/^AccessDenied/.test(name) && !/\bKMS\b|kms:|customer master key/.test(message)) {
    const denied = deniedBy.find(([pattern]) => pattern.test(message))?.[1];
    return { remedy: denied ?? "Allow your IAM identity the action in the message." };
  }
  return undefined;
}

/**
 * The policy that denies explicitly, in the words of IAM's messages → the remedy.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
const deniedBy: readonly (readonly [RegExp, string])[] = [
  [
    /explicit deny in a resource-based policy/,
    "The secret's resource policy denies it: `aws secretsmanager get-resource-policy` shows it. No permission of yours overrides it.",
  ],
  [
    /explicit deny in a (service|resource) control policy/,
    "A policy of the organization denies it: ask its administrator, or use another account.",
  ],
  [
    /explicit deny in a VPC endpoint policy/,
    "The policy of the VPC endpoint denies it: change it, or run the command in another network.",
  ],
  [
    /explicit deny/,
    "A policy of your own identity denies it: remove the Deny. Another permission does not override it.",
  ],
];

function remedyOfService({ code, cause }: RotationError, env: NodeJS.ProcessEnv): string | undefined {
  const endpoint = env.SECRETS_MANAGER_ENDPOINT;
  switch (code) {
    case "KeyDenied":
      return "Allow your IAM identity kms:Decrypt for the secret's KMS key, and check that the key is enabled.";
    case "SecretsManagerUnreachable":
      return endpoint
        ? `Check SECRETS_MANAGER_ENDPOINT: ${endpoint} does not answer.`
        : "Check this machine's network and proxy, and the name of the region.";
    case "Throttled":
    case "InconsistentReads":
      return `Wait a minute. ${runAgain}`;
    case "SecretsManagerFailed":
      return isCode(cause, "InternalServiceError")
        ? `${runAgain} If it fails again, see the AWS Health Dashboard.`
        : "See the message of Secrets Manager.";
    default:
      return undefined;
  }
}

/** The end of the server's message about pg_hba.conf. */
const endsWithNoEncryption = /, no encryption$/;

function remedyOfDatabase(error: RotationError): string | undefined {
  const { code, message } = error;
  switch (code) {
    case "DatabaseUnreachable":
      if (/ENOTFOUND|EAI_AGAIN/.test(message))
        return `Check the host's name. If only the VPC resolves it, ${whereReachable}.`;
      return /timeout|ETIMEDOUT/.test(message)
        ? `Nothing answers this machine: ${whereReachable}, or check routes and security groups.`
        : `Check host and port, and that the database is running. If it is private, ${whereReachable}.`;
    case "DatabaseConnectionLost":
    case "DatabaseStarting":
      return `Wait until the database runs. ${runAgain}`;
    case "TlsUntrusted":
      return remedyOfCertificate(partsOf(error.cause).code);
    case "LoginNotAllowed":
      if (!/no pg_hba\.conf entry/.test(message)) return undefined;
      return `${endsWithNoEncryption.test(message) ? 'Remove `"ssl": false` from the secret if the server requires TLS. Otherwise: ' : ""}Add a line for this user, database and address to pg_hba.conf. The function has another address.`;
    default:
      return undefined;
  }
}

function remedyOfCertificate(code: string): string {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID" || code === "HOSTNAME_MISMATCH") {
    return "Use a host name that the certificate contains. For a tunnel, point that name to 127.0.0.1 in /etc/hosts.";
  }
  if (code === "CERT_NOT_YET_VALID") return "Check this machine's clock, and the dates of the server's certificate.";
  if (code === "CERT_HAS_EXPIRED") return "Renew the server's certificate.";
  return "Name the file of the certificate authority that issued the server's certificate: `preflight --ca`, or NODE_EXTRA_CA_CERTS for every command. Those of RDS are trusted.";
}
