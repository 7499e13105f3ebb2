import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Terminal } from "../../cli/terminal/terminal";
import type { Rehearsal } from "./rehearsal";

/**
 * Prints commands to inspect the rehearsal with other tools, and waits for Ctrl-C. The database's credentials are written
 * to files that only this user can read, and not printed.
 */
export async function keepRunning(
  { postgres, world: { service }, monitoring, stack }: Rehearsal,
  { say }: Pick<Terminal, "say">,
): Promise<never> {
  const folder = mkdtempSync(join(tmpdir(), "rehearsal-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const ca = join(folder, "ca.pem");
  const passwords = join(folder, "pgpass");
  writeFileSync(ca, postgres.ca);
  writeFileSync(passwords, `*:*:*:${postgres.superuser}:${postgres.superuserPassword}\n`, { mode: 0o600 });

  const { host, port, superuser } = postgres;
  const { name } = stack.secret;
  const call = (operation: string, body: string): string =>
    `  curl -s ${service.endpoint} -H 'X-Amz-Target: secretsmanager.${operation}' -H 'Content-Type: application/x-amz-json-1.1' -d '${body}'`;
  const lines = `
Left running until Ctrl-C. PostgreSQL, as its superuser:
  PGPASSFILE=${passwords} psql "host=${host} port=${port} user=${superuser} dbname=${stack.database.dbname} sslmode=verify-full sslrootcert=${ca}"
  openssl s_client -starttls postgres -connect ${host}:${port} -CAfile ${ca} -verify_return_error </dev/null

Secrets Manager, by plain HTTP:
${call("DescribeSecret", `{"SecretId":"${name}"}`)}
${call("RotateSecret", `{"SecretId":"${name}","ClientRequestToken":"'$(openssl rand -hex 16)'"}`)}

For the commands below, paste this into another terminal first:
  export SECRETS_MANAGER_ENDPOINT=${service.endpoint} AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=${monitoring.endpoint} NODE_EXTRA_CA_CERTS=${ca} SECRET=${name}
  npm run ops -- status --secret $SECRET
  npm run ops -- logs --secret $SECRET
  npm run preflight -- --secret $SECRET`;
  for (const line of lines.split("\n")) say(line);
  return new Promise(() => {
    // Until a signal. The interval keeps the process alive.
    setInterval(() => undefined, 60_000);
  });
}
