import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Rehearsal } from "./rehearsal";

/**
 * Prints how to look at what runs with tools that have nothing to do with this project, and waits for Ctrl-C. The
 * database's credentials go into files that only this user can read, never onto the screen.
 */
export async function keepRunning(
  { postgres, endpoint, deployment }: Rehearsal,
  options: { readonly json: boolean },
): Promise<never> {
  const folder = mkdtempSync(join(tmpdir(), "rehearsal-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const ca = join(folder, "ca.pem");
  const passwords = join(folder, "pgpass");
  writeFileSync(ca, postgres.ca);
  writeFileSync(passwords, `*:*:*:${postgres.superuser}:${postgres.superuserPassword}\n`, { mode: 0o600 });

  const { host, port, superuser } = postgres;
  const { name } = deployment.secret;
  // Where stdout is for a machine, its last line is the result.
  (options.json ? process.stderr : process.stdout).write(`
Left running until Ctrl-C. PostgreSQL, as its superuser:
  PGPASSFILE=${passwords} psql "host=${host} port=${port} user=${superuser} dbname=${deployment.database.dbname} sslmode=verify-full sslrootcert=${ca}"
  openssl s_client -starttls postgres -connect ${host}:${port} -CAfile ${ca} -verify_return_error </dev/null

Secrets Manager, by plain HTTP:
  curl -s ${endpoint} -H 'X-Amz-Target: secretsmanager.DescribeSecret' -H 'Content-Type: application/x-amz-json-1.1' -d '{"SecretId":"${name}"}'
  curl -s ${endpoint} -H 'X-Amz-Target: secretsmanager.RotateSecret' -H 'Content-Type: application/x-amz-json-1.1' -d '{"SecretId":"${name}","ClientRequestToken":"'$(openssl rand -hex 16)'"}'

For npm run ops and npm run preflight:
  export SECRETS_MANAGER_ENDPOINT=${endpoint} NODE_EXTRA_CA_CERTS=${ca} SECRET=${name}
`);
  return new Promise(() => {
    // Until a signal ends it: an interval keeps the process alive where nothing else would.
    setInterval(() => undefined, 60_000);
  });
}
