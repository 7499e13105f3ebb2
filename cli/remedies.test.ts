import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority } from "../emulators/postgres/certificates";
import { askForClearText, startRogueServer } from "../emulators/postgres/rogueServer";
import { errorResponse } from "../emulators/postgres/wire/messages";
import type { ServiceFault } from "../emulators/secrets-manager";
import { giveAdministrator } from "../proofs/world/administrator";
import { type DeployedSecret, deployedSecret } from "../proofs/world/deployedSecret";
import { runOps } from "../proofs/world/runOps";
import { type ErrorCode, RotationError, remedies } from "../rotation-fn/errors";
import { asReported } from "./remedies";

const deniedAction = "secretsmanager:DescribeSecret on resource: app";

/** A situation of a person at a terminal and of the function: the code is the same, the remedy may differ. */
interface Situation {
  readonly what: string;
  readonly code: ErrorCode;
  /** At a terminal. */
  readonly remedy: RegExp;
  /** Whether the function's remedy is another one. */
  readonly differs: boolean;
  /** @returns what removes the cause */
  readonly provoke: (secret: DeployedSecret) => Promise<() => Promise<unknown>>;
}

const noCleanup = async (): Promise<void> => undefined;

function serviceError(type: string, message: string, status?: number): Situation["provoke"] {
  return serviceFault({ kind: "error", type, message, ...(status !== undefined && { status }) });
}

/** Secrets Manager answers every DescribeSecret with this fault. */
function serviceFault(fault: ServiceFault): Situation["provoke"] {
  return async ({ deployment: { service } }) => {
    service.setHooks({ before: ({ operation }) => (operation === "DescribeSecret" ? fault : undefined) });
    return async () => service.setHooks();
  };
}

function currentValue(changes: Readonly<Record<string, unknown>>): Situation["provoke"] {
  return async (secret) => {
    await secret.put(changes, ["AWSCURRENT"]);
    return noCleanup;
  };
}

function statement(breaks: string): Situation["provoke"] {
  return async ({ user, deployment: { postgres } }) => {
    await postgres.query(breaks.replaceAll("$", user));
    return noCleanup;
  };
}

/** A server that answers the login with this error. */
function loginAnswer(sqlState: string, message: string): Situation["provoke"] {
  return async (secret) => {
    const server = await startRogueServer({ inClear: true, answer: () => [errorResponse(sqlState, message)] });
    await secret.put({ port: server.port, ssl: false }, ["AWSCURRENT"]);
    return () => server.close();
  };
}

/** A certificate of PostgreSQL's own authority or of another. */
function certificate(wrong: "name" | "authority" | "expired"): Situation["provoke"] {
  return async (secret) => {
    const { authority } = secret.deployment.postgres;
    const issuer = wrong === "authority" ? await createAuthority("Another") : authority;
    const server = await startRogueServer({
      certificate: await issuer.issue({
        hostnames: [wrong === "name" ? "db.example.com" : "localhost"],
        ...(wrong === "expired" && { notAfter: new Date(Date.now() - 60_000) }),
      }),
    });
    await secret.put({ port: server.port }, ["AWSCURRENT"]);
    return () => server.close();
  };
}

const situations: readonly Situation[] = [
  // Secrets Manager
  {
    ...{ what: "an action is not allowed", code: "AccessDenied", differs: true },
    remedy: /^Allow your IAM identity the action in the message\.$/,
    provoke: serviceError(
      "AccessDeniedException",
      `User: u is not authorized to perform: ${deniedAction} because no identity-based policy allows the secretsmanager:DescribeSecret action`,
    ),
  },
  {
    ...{ what: "the secret's resource policy denies it", code: "DeniedByPolicy", differs: true },
    remedy: /resource policy denies it: `aws secretsmanager get-resource-policy`/,
    provoke: serviceError(
      "AccessDeniedException",
      `User: u is not authorized to perform: ${deniedAction} with an explicit deny in a resource-based policy`,
    ),
  },
  {
    ...{ what: "a policy of the organization denies it", code: "DeniedByPolicy", differs: true },
    remedy: /^A policy of the organization denies it/,
    provoke: serviceError(
      "AccessDeniedException",
      `User: u is not authorized to perform: ${deniedAction} with an explicit deny in a service control policy`,
    ),
  },
  {
    ...{ what: "the VPC endpoint's policy denies it", code: "DeniedByPolicy", differs: true },
    remedy: /^The policy of the VPC endpoint denies it/,
    provoke: serviceError(
      "AccessDeniedException",
      `User: u is not authorized to perform: ${deniedAction} with an explicit deny in a VPC endpoint policy`,
    ),
  },
  {
    ...{ what: "a policy of the identity denies it", code: "DeniedByPolicy", differs: true },
    remedy: /^A policy of your own identity denies it/,
    provoke: serviceError(
      "AccessDeniedException",
      `User: u is not authorized to perform: ${deniedAction} with an explicit deny in a permissions boundary`,
    ),
  },
  {
    ...{ what: "the KMS key is not allowed", code: "KeyDenied", differs: true },
    remedy: /^Allow your IAM identity kms:Decrypt/,
    provoke: serviceError("AccessDeniedException", "Access to KMS is not allowed"),
  },
  {
    ...{ what: "calls are throttled", code: "Throttled", differs: true },
    remedy: /^Wait a minute\. Run the command again\.$/,
    provoke: serviceError("ThrottlingException", "Rate exceeded"),
  },
  {
    ...{ what: "Secrets Manager has an internal error", code: "SecretsManagerFailed", differs: true },
    remedy: /^Run the command again\. .*AWS Health Dashboard\.$/,
    provoke: serviceError("InternalServiceError", "An error occurred on the server side.", 500),
  },
  {
    ...{ what: "the endpoint does not answer", code: "SecretsManagerUnreachable", differs: true },
    remedy: /^Check SECRETS_MANAGER_ENDPOINT: http:\S+ does not answer\.$/,
    provoke: serviceFault({ kind: "drop" }),
  },
  {
    ...{ what: "the secret does not exist", code: "SecretNotFound", differs: false },
    remedy: /^Check the secret's name and region/,
    provoke: serviceError("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
  },
  // The way to the database
  {
    ...{ what: "the connection is refused", code: "DatabaseUnreachable", differs: true },
    remedy: /^Check host and port, .*run the command where the database is reachable/,
    provoke: currentValue({ port: 1 }),
  },
  {
    ...{ what: "the host's name has no address", code: "DatabaseUnreachable", differs: true },
    remedy: /^Check the host's name\. If only the VPC resolves it, run the command where/,
    provoke: currentValue({ host: "db.invalid" }),
  },
  {
    ...{ what: "the connection breaks", code: "DatabaseConnectionLost", differs: true },
    remedy: /^Wait until the database runs\. Run the command again\.$/,
    provoke: async (secret) => {
      const server = await startRogueServer({ inClear: true, answer: () => [] });
      await secret.put({ port: server.port, ssl: false }, ["AWSCURRENT"]);
      return () => server.close();
    },
  },
  {
    ...{ what: "the database starts", code: "DatabaseStarting", differs: true },
    remedy: /^Wait until the database runs\. Run the command again\.$/,
    provoke: loginAnswer("57P03", "the database system is starting up"),
  },
  {
    ...{ what: "the certificate is of another authority", code: "TlsUntrusted", differs: true },
    remedy: /^Name the file of the certificate authority .*`preflight --ca`, or NODE_EXTRA_CA_CERTS/,
    provoke: certificate("authority"),
  },
  {
    ...{ what: "the certificate names another host, as through a tunnel", code: "TlsUntrusted", differs: true },
    remedy: /^Use a host name that the certificate contains\. For a tunnel/,
    provoke: certificate("name"),
  },
  {
    ...{ what: "the certificate has expired", code: "TlsUntrusted", differs: true },
    remedy: /^Renew the server's certificate\.$/,
    provoke: certificate("expired"),
  },
  {
    ...{ what: "the server has no TLS", code: "TlsUnsupported", differs: false },
    remedy: /^Turn TLS on in the server/,
    provoke: async (secret) => {
      const server = await startRogueServer({});
      await secret.put({ port: server.port }, ["AWSCURRENT"]);
      return () => server.close();
    },
  },
  {
    ...{ what: "a pooler refuses startup options", code: "PoolerDetected", differs: false },
    remedy: /^Set the secret's host to the database itself/,
    provoke: loginAnswer("08P01", "unsupported startup parameter: options"),
  },
  {
    ...{ what: "the secret names an RDS Proxy", code: "PoolerDetected", differs: false },
    remedy: /^Set the secret's host to the database itself/,
    provoke: loginAnswer("0A000", "Feature not supported: RDS Proxy currently doesn't support command-line options."),
  },
  {
    ...{ what: "a pooler answers with another protocol error", code: "PoolerDetected", differs: false },
    remedy: /^Set the secret's host to the database itself/,
    provoke: loginAnswer("08P01", "no such user"),
  },
  // The login and the change
  {
    ...{ what: "pg_hba.conf has no line for the address", code: "LoginNotAllowed", differs: true },
    remedy: /^Add a line .* to pg_hba\.conf\. The function has another address\.$/,
    provoke: loginAnswer("28000", 'no pg_hba.conf entry for host "10.0.0.9", user "app", database "app"'),
  },
  {
    ...{ what: "the server requires TLS and the secret turns it off", code: "LoginNotAllowed", differs: true },
    remedy: /^Remove `"ssl": false` from the secret/,
    provoke: currentValue({ ssl: "false" }),
  },
  {
    ...{ what: "the database accepts no connections", code: "LoginNotAllowed", differs: false },
    remedy: /^Correct what the server's message names/,
    provoke: loginAnswer("55000", 'database "shop" is not currently accepting connections'),
  },
  {
    ...{ what: "a login trigger refuses the user", code: "LoginNotAllowed", differs: false },
    remedy: /a login trigger/,
    provoke: loginAnswer("P0001", "no logins at night"),
  },
  {
    ...{ what: "the role may not log in", code: "LoginNotAllowed", differs: false },
    remedy: /the role's LOGIN/,
    provoke: statement("ALTER ROLE $ NOLOGIN"),
  },
  {
    ...{ what: "the server asks for the password in clear text", code: "ClearTextAsked", differs: false },
    remedy: /revoke rds_iam/,
    provoke: async (secret) => {
      const server = await startRogueServer({ inClear: true, answer: askForClearText });
      await secret.put({ port: server.port, ssl: false }, ["AWSCURRENT"]);
      return () => server.close();
    },
  },
  {
    ...{ what: "CONNECT on the database was revoked", code: "ConnectDenied", differs: false },
    remedy: /^Grant the user CONNECT/,
    provoke: async (secret) => {
      const { postgres } = secret.deployment;
      await postgres.query(`CREATE DATABASE ${secret.user}`);
      await postgres.query(`REVOKE CONNECT ON DATABASE ${secret.user} FROM PUBLIC`);
      await secret.put({ dbname: secret.user }, ["AWSCURRENT"]);
      return noCleanup;
    },
  },
  {
    ...{ what: "the role is locked by an open transaction", code: "DatabaseTimeout", differs: false },
    remedy: /^Look for a long transaction that holds the lock in the message/,
    provoke: async (secret) => {
      const { postgres } = secret.deployment;
      const other = await postgres.connect({ user: postgres.superuser, password: postgres.superuserPassword });
      await other.query(`BEGIN; ALTER ROLE ${secret.user} CONNECTION LIMIT 9`);
      return () => other.end();
    },
  },
  {
    ...{ what: "the admin secret's password is wrong", code: "AdminLoginRefused", differs: false },
    remedy: /^Correct the credentials in the admin secret/,
    provoke: async (secret) => {
      await giveAdministrator(secret, "single-user", "wrong");
      return noCleanup;
    },
  },
  {
    ...{ what: "the database does not exist", code: "DatabaseMissing", differs: false },
    remedy: /^Create the database, or correct dbname/,
    provoke: currentValue({ dbname: "nowhere" }),
  },
  {
    ...{ what: "the role's connection limit is 0", code: "DatabaseFull", differs: false },
    remedy: /^Close idle sessions, or raise/,
    provoke: statement("ALTER ROLE $ CONNECTION LIMIT 0"),
  },
];

describe("remedies: a person at a terminal, and the function in the same situation", () => {
  for (const { what, code, remedy, differs, provoke } of situations) {
    it(`when ${what}: ${code}, and the remedy is ${differs ? "not the function's" : "the function's, too"}`, async () => {
      const secret = await deployedSecret();
      const undo = await provoke(secret);
      try {
        const ran = await secret.ops(["preflight", "--json"]);
        assert.equal(ran.code, 1);
        const [finding] = (ran.json().findings as { ok: boolean; code: string; remedy: string }[]).filter(
          ({ ok }) => !ok,
        );
        assert.deepEqual([finding?.code], [code], ran.stderr);
        assert.match(finding?.remedy ?? "", remedy);
        assert.equal(finding?.remedy !== remedies[code], differs);

        await secret.rotate();
        const failure = secret.failures().at(-1);
        assert.deepEqual([failure?.code, failure?.remedy], [code, remedies[code]]);
      } finally {
        await undo();
      }
    });
  }
});

/** Runs a command in a process with nothing of this one's configuration of AWS. */
async function runProcess(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  files: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; output: string; failure: { code?: string; what?: string; remedy?: string } }> {
  const home = mkdtempSync(join(tmpdir(), "home-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(home, name, ".."), { recursive: true });
    writeFileSync(join(home, name), text);
  }
  const child = spawn(process.execPath, ["--import", "tsx", join(__dirname, "main.ts"), ...args, "--json"], {
    env: { PATH: process.env.PATH, HOME: home, AWS_EC2_METADATA_DISABLED: "true", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const chunks = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      chunks[name] += text;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  rmSync(home, { recursive: true });
  const { error = {} } = JSON.parse(chunks.stdout.trimEnd().split("\n").at(-1) || "{}") as { error?: object };
  return { code, output: chunks.stderr, failure: error };
}

const status = ["status", "--secret", "app"];
const region = { AWS_REGION: "us-east-1" };
const keys = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" };
const sso = `[profile sso]
sso_session = example
sso_account_id = 123456789012
sso_role_name = reader
region = us-east-1
[sso-session example]
sso_region = us-east-1
sso_start_url = https://example.com/start
sso_registration_scopes = sso:account:access
`;
const ssoCache = `.aws/sso/cache/${createHash("sha1").update("example").digest("hex")}.json`;
const expired = JSON.stringify({
  ...{ accessToken: "x", expiresAt: "2020-01-01T00:00:00Z" },
  ...{ region: "us-east-1", startUrl: "https://example.com/start" },
});

describe("asReported: errors that need a certain server or moment", () => {
  for (const [code, cause, pattern] of [
    ["TlsUntrusted", Object.assign(new Error("m"), { code: "CERT_NOT_YET_VALID" }), /this machine's clock/],
    ["InconsistentReads", undefined, /^Wait a minute\. Run the command again\.$/],
    [
      "KeyDenied",
      Object.assign(new Error("The ciphertext refers to a customer master key that …"), {
        name: "AccessDeniedException",
      }),
      /kms:Decrypt .* that the key is enabled/,
    ],
  ] as const) {
    it(`${code}: ${pattern.source}`, () =>
      assert.match(asReported(new RotationError(code, "m", { cause }), {}).remedy ?? "", pattern));
  }
});

describe("remedies: this machine's own configuration, which the function does not have", () => {
  const machines: [
    what: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv,
    code: string,
    remedy: RegExp,
    files?: Record<string, string>,
  ][] = [
    ["there is no region", status, keys, "RegionMissing", /^Pass --region, or set AWS_REGION\.$/],
    [
      "the profile that should have the region does not exist",
      ...([status, { ...keys, AWS_PROFILE: "nowhere" }, "RegionMissing"] as const),
      /AWS_PROFILE is nowhere: `aws configure list-profiles`/,
    ],
    ["there are no credentials", status, region, "CredentialsMissing", /^Log in to AWS .*AWS_ACCESS_KEY_ID/],
    [
      "the profile does not exist",
      ...([status, { ...region, AWS_PROFILE: "nowhere" }, "CredentialsMissing"] as const),
      /AWS_PROFILE is nowhere: `aws configure list-profiles`/,
    ],
    [
      "there is no SSO session",
      ...([status, { AWS_PROFILE: "sso" }, "CredentialsExpired", /^Run `aws sso login --profile sso`/] as const),
      { ".aws/config": sso },
    ],
    [
      "the SSO session has expired",
      ...([status, { AWS_PROFILE: "sso" }, "CredentialsExpired", /^Run `aws sso login --profile sso`/] as const),
      { ".aws/config": sso, [ssoCache]: expired },
    ],
    [
      "nothing listens at the endpoint",
      status,
      { SECRETS_MANAGER_ENDPOINT: "http://localhost:1" },
      "SecretsManagerUnreachable",
      /^Check SECRETS_MANAGER_ENDPOINT: http:\/\/localhost:1 does not answer\.$/,
    ],
    [
      "the region's name has no endpoint",
      ...([[...status, "--region", "us-nowhere-9"], keys, "SecretsManagerUnreachable"] as const),
      /^Check this machine's network and proxy, and the name of the region\.$/,
    ],
  ];
  for (const [what, args, env, code, remedy, files] of machines) {
    it(`when ${what}: ${code}`, async () => {
      const ran = await runProcess(args, env, files);
      assert.equal(ran.code, 1, ran.output);
      assert.equal(ran.failure.code, code, ran.output);
      assert.match(ran.failure.remedy ?? "", remedy);
      assert.doesNotMatch(ran.output, /Health Dashboard|Secrets Manager's retry/);
    });
  }

  for (const [type, message, code, remedy] of [
    [
      "ExpiredTokenException",
      "The security token included in the request is expired",
      "CredentialsExpired",
      /sso login/,
    ],
    ["UnrecognizedClientException", "The security token is invalid.", "CredentialsInvalid", /get-caller-identity/],
    ["InvalidSignatureException", "Signature expired: 20260101T000000Z", "CredentialsInvalid", /this machine's clock/],
  ] as const) {
    it(`when Secrets Manager answers ${type}: ${code}`, async () => {
      const secret = await deployedSecret();
      const undo = await serviceError(type, message)(secret);
      const ran = await secret.ops(["status", "--json"]);
      await undo();
      assert.equal(ran.code, 1);
      const error = ran.json().error as { code: string; remedy: string };
      assert.equal(error.code, code);
      assert.match(error.remedy, remedy);
    });
  }

  it("when PGPASSWORD or ADMIN_PASSWORD is refused, names the variable", async () => {
    const { user, deployment } = await deployedSecret();
    const { host, port } = deployment.postgres;
    const at = ["preflight", "--host", host, "--port", String(port), "--username", user];
    const env = { PGPASSWORD: "wrong", ADMIN_PASSWORD: "wrong" };
    const own = await runOps(at, env);
    assert.match(own.stdout, new RegExp(`Set PGPASSWORD to the password that ${user} has in the database\\.`));
    const admin = await runOps([...at, "--admin", "postgres"], env);
    assert.match(admin.stdout, /Set ADMIN_PASSWORD to the password that postgres has in the database\./);
  });

  it("when pg_hba.conf has no line for this machine, recover does not take AWSCURRENT for refused", async () => {
    const secret = await deployedSecret();
    const message = 'no pg_hba.conf entry for host "10.0.0.9", user "app", database "app", no encryption';
    const undo = await loginAnswer("28000", message)(secret);
    const ran = await secret.ops(["recover", "--yes"]);
    await undo();
    assert.match(ran.stdout, /this machine cannot find out whether AWSCURRENT logs in/);
    assert.match(ran.stdout, /Add a line for this user, database and address to pg_hba\.conf/);
  });
});

describe("remedies: options that cannot work exit with 2", () => {
  const arn = (name: string, of: string): string => `arn:aws:secretsmanager:${of}:123456789012:secret:${name}-AbCdEf`;
  const invalidOptions: [string, readonly string[], RegExp][] = [
    [
      "--region is not the ARN's",
      ["status", "--secret", arn("app", "eu-west-1"), "--region", "us-east-1"],
      /--region is us-east-1, but the ARN is of eu-west-1/,
    ],
    [
      "the ARNs are of several regions",
      ["status", "--secret", arn("a", "eu-west-1"), "--secret", arn("b", "us-east-1")],
      /several regions \(eu-west-1, us-east-1\): run once for each region/,
    ],
  ];
  for (const [what, args, pattern] of invalidOptions) {
    it(`when ${what}`, async () => {
      const ran = await runOps(args, {});
      assert.equal(ran.code, 2);
      assert.match(ran.stderr, pattern);
    });
  }

  it("when SECRETS_MANAGER_ENDPOINT is not a URL", async () => {
    const ran = await runOps(status, { SECRETS_MANAGER_ENDPOINT: "localhost:4566" });
    assert.equal(ran.code, 2);
    assert.match(
      ran.stderr,
      /SECRETS_MANAGER_ENDPOINT must be a URL, such as http:\/\/localhost:4566, not localhost:4566/,
    );
  });

  for (const [what, text] of [
    ["is no certificate", "not a certificate\n"],
    ["is a damaged certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
  ] as const) {
    it(`when the --ca file ${what}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "ca-"));
      writeFileSync(join(folder, "ca.pem"), text);
      const args = ["preflight", "--host", "localhost", "--username", "app", "--ca", join(folder, "ca.pem")];
      const ran = await runOps(args, { PGPASSWORD: "x" });
      rmSync(folder, { recursive: true });
      assert.equal(ran.code, 2);
      assert.match(ran.stderr, /--ca: file \S+ contains no certificate in PEM format/);
    });
  }
});
