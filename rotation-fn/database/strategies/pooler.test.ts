import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../emulators/postgres/postgres";
import { unprivilegedAccount } from "../../../emulators/postgres/postgresProcess";
import { pendingRotation } from "../../../proofs/world/pendingRotation";
import { type FreshLogin, freshLogin } from "../../../proofs/world/sharedPostgres";

/** The distribution's PgBouncer, if it is installed. */
function pgbouncer(): string | undefined {
  try {
    return execFileSync("sh", ["-c", "command -v pgbouncer"], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}

/** A pooler in front of the server, over TLS with a certificate of the same authority. */
async function startPooler(program: string, { postgres, user, password }: FreshLogin, extra: string) {
  const port = await freePort();
  const account = unprivilegedAccount();
  const folder = mkdtempSync(join(tmpdir(), "pooler-"));
  const { certificatePem, keyPem } = await postgres.authority.issue({ hostnames: ["localhost"] });
  const files = {
    "server.crt": certificatePem,
    "server.key": keyPem,
    "ca.crt": postgres.ca,
    "users.txt": `"${user}" "${password}"\n`,
    "pgbouncer.ini": `[databases]
* = host=localhost port=${postgres.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${folder}/users.txt
client_tls_sslmode = require
client_tls_cert_file = ${folder}/server.crt
client_tls_key_file = ${folder}/server.key
server_tls_sslmode = verify-full
server_tls_ca_file = ${folder}/ca.crt
${extra}
`,
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    if (account) chownSync(join(folder, name), account.uid, account.gid);
  }
  if (account) chownSync(folder, account.uid, account.gid);
  const child: ChildProcess = spawn(program, [join(folder, "pgbouncer.ini")], { ...account });
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on("data", (text: Buffer) => {
      if (/process up/.test(text.toString())) resolve();
    });
    child.once("close", () => reject(new Error("PgBouncer did not start")));
  });
  return {
    port,
    stop: () => {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const program = pgbouncer();
if (program !== undefined) {
  describe("a secret whose host is a PgBouncer", () => {
    for (const [name, extra] of [
      ["that refuses startup options", ""],
      ["that ignores startup options", "ignore_startup_parameters = options"],
    ] as const) {
      it(`when it is one ${name}, fails with PoolerDetected, and the password is not changed`, async () => {
        const login = await freshLogin();
        const pooler = await startPooler(program, login, extra);
        const rotation = await pendingRotation({ login, secret: { port: pooler.port } });
        await rotation.runStep("createSecret");
        await assert.rejects(rotation.runStep("setSecret"), { code: "PoolerDetected" });
        assert.equal(await rotation.logsIn("AWSCURRENT"), true);
        await rotation.close();
        pooler.stop();
      });
    }
  });
}
