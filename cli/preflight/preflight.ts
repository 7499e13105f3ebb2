import type { Command } from "../command";
import { mapConcurrently } from "../mapConcurrently";
import { nameOf } from "../targets";
import { UsageError } from "../terminal/commandLine";
import { columns, type Terminal } from "../terminal/terminal";
import { type Candidate, candidateOf, checkCandidate, type Report } from "./report";

/** Checks whether rotation will work. Prints all findings of one database, or one line for each of several. */
export const preflight: Command = async ({ targets, clients, options: values, terminal, env }) => {
  const { host, username, strategy, admin, port = 5432, dbname = "postgres" } = values;
  // A shell variable that is not set. The driver would use PGHOST, PGUSER or its own defaults instead.
  for (const [name, value] of Object.entries({ host, username, dbname, admin }))
    if (value === "") throw new UsageError(`--${name} is empty`);
  if (host !== undefined && username === undefined) throw new UsageError("--username is missing");
  if (host !== undefined && strategy === "alternating-users" && admin === undefined) {
    throw new UsageError("alternating-users needs --admin");
  }
  const options = { host, username, strategy, admin, port, dbname };
  const secrets = host === undefined ? targets.secrets : [undefined];
  const variables = { ...targets.functionVariables, ...env };
  const candidates: Candidate[] = [];
  for (const secret of secrets)
    candidates.push(await candidateOf({ ...options, secret }, variables, clients.secretsManager));

  const [first, ...more] = candidates;
  const reports =
    first && more.length === 0
      ? [await checkCandidate(first, env)]
      : await terminal.during("Databases checked", (show) =>
          mapConcurrently(candidates, (candidate) => checkCandidate(candidate, env), show),
        );
  const ok = reports.every((report) => report.ok);
  const [only] = reports.length === 1 ? reports : [];
  if (only) showFindings(terminal, only);
  else showReports(terminal, reports);
  terminal.result({ ok, ...(only && { findings: only.findings }), ...(host === undefined && { secrets: reports }) });
  return ok;
};

function showFindings({ say, color: c }: Terminal, { ok, findings }: Report): void {
  for (const { check, ok, what, remedy } of findings) {
    say(`${ok ? c.green("ok ") : c.red("no ")} ${check.padEnd(30)}${what}`);
    if (remedy) say(`${" ".repeat(34)}${c.bold(remedy)}`);
  }
  say();
  const notTried = [...new Set(findings.flatMap((finding) => finding.notTried ?? []))].join(" or ");
  if (!ok) say(c.red("Rotation will not work."));
  else if (notTried === "") say(c.green("Rotation will work."));
  else say(c.yellow(`Rotation will work, unless ${notTried} ends the new login's session.`));
}

/** Databases that need action first. */
function showReports({ say, color: c }: Terminal, reports: readonly Report[]): void {
  const rows = [...reports].sort((a, b) => Number(a.ok) - Number(b.ok));
  const lines = columns(rows.map(({ secret = "", findings }) => [nameOf(secret), firstProblem(findings)]));
  for (const [index, line] of lines.entries()) say(`${rows[index]?.ok ? c.green("ok ") : c.red("no ")} ${line}`);
  const work = reports.filter(({ ok }) => ok).length;
  const untried = reports.some(({ findings }) => findings.some(({ notTried }) => notTried));
  const unless = untried ? ", unless what was not tried refuses a login" : "";
  const line = `Rotation will work for ${work} of ${reports.length}${unless}.`;
  say();
  if (work < reports.length) say(`${c.red(line)} All findings of one: --secret <name>`);
  else say(untried ? c.yellow(line) : c.green(line));
}

function firstProblem(findings: Report["findings"]): string {
  const [first, ...more] = findings.filter(({ ok }) => !ok);
  if (first === undefined) return findings.find(({ notTried }) => notTried)?.what ?? findings[0]?.what ?? "";
  return `${first.check}: ${first.what}${more.length > 0 ? ` (and ${more.length} more)` : ""}`;
}
