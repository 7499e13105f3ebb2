import { existsSync } from "node:fs";
import type { Finding } from "../../rotation-fn/database/checks";
import { RotationError } from "../../rotation-fn/errors";
import { colours } from "../terminal/colours";
import { help, type Options, parseOptions } from "./options";

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nTry npm run preflight -- --help\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  if (options.ca !== undefined && !existsSync(options.ca)) {
    process.stderr.write(`--ca: there is no file ${options.ca}\n`);
    return 2;
  }
  if (options.ca !== undefined) process.env.NODE_EXTRA_CA_CERTS = options.ca;
  const findings = await look(options);
  const ok = findings.every((finding) => finding.ok);
  process.stdout.write(options.json ? `${JSON.stringify({ ok, findings })}\n` : table(findings, ok));
  return ok ? 0 : 1;
}

/** Whatever keeps the look from being taken is a finding too: that is what it is there to find. */
async function look(options: Options): Promise<Finding[]> {
  const [{ preflight, signInForPreflight }, { targetOf }, { regionOf, trustDatabases }] = await Promise.all([
    import("../../rotation-fn/database/checks.js"),
    import("./target.js"),
    import("./databaseTrust.js"),
  ]);
  try {
    const { user, admin, plan } = await targetOf(options, process.env);
    const who = admin ?? user;
    trustDatabases(regionOf([who.host, options.secret], process.env));
    const session = await signInForPreflight(who, admin ? "the administrator's credentials" : "the user's credentials");
    try {
      const reached = { check: "log-in", ok: true, what: `${who.username}@${who.host}:${who.port}/${who.dbname}` };
      return [reached, ...(await preflight(session, plan))];
    } finally {
      session.close();
    }
  } catch (error) {
    const { message } = error as Error;
    return [{ check: "log-in", ok: false, what: message, remedy: error instanceof RotationError ? error.remedy : "" }];
  }
}

function table(findings: readonly Finding[], ok: boolean): string {
  const lines = findings.map(({ check, ok, what, remedy }) => {
    const line = `${ok ? colours.green("ok ") : colours.red("no ")} ${check.padEnd(30)}${what}`;
    return remedy ? `${line}\n    ${"".padEnd(30)}${colours.bold(remedy)}` : line;
  });
  return `${lines.join("\n")}\n\n${ok ? colours.green("Rotation will work.") : colours.red("Rotation will not work.")}\n`;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
