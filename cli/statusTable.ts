import type { Context } from "./command";
import type { SecretState } from "./secretState";
import { columns, span } from "./terminal/terminal";

/** One secret in the table. */
export interface StatusRow {
  readonly name: string;
  readonly verdict: string;
  readonly ok: boolean;
  readonly lastRotatedAt?: Date | undefined;
  readonly nextRotationAt?: Date | undefined;
  readonly rotation?: SecretState["rotation"];
  /** Empty if the secret needs no word. */
  readonly note: string;
}

/** Prints one line for each secret, those that need action first. The sort is stable. */
export function showTable({ terminal, now }: Context, rows: readonly StatusRow[]): void {
  const { say, color: c } = terminal;
  const ago = (date: Date | undefined): string => (date ? `${span(now().getTime() - date.getTime())} ago` : "never");
  const until = (date: Date | undefined): string => {
    if (date === undefined) return "-";
    return date > now() ? `in ${span(date.getTime() - now().getTime())}` : ago(date);
  };
  const sorted = [...rows].sort((a, b) => Number(a.ok) - Number(b.ok));
  const cells = sorted.map((row) => [
    row.name,
    row.verdict,
    // Secrets Manager hides the date while rotation is off.
    row.verdict === unreadable || row.rotation === "off" ? "-" : ago(row.lastRotatedAt),
    until(row.nextRotationAt),
    row.note,
  ]);
  const [heading = "", ...lines] = columns([["secret", "", "last rotation", "next", ""], ...cells]);
  say(c.dim(heading));
  for (const [index, line] of lines.entries()) say(sorted[index]?.ok ? line : c.red(line));
  const wrong = rows.filter(({ ok }) => !ok).length;
  say();
  say(
    wrong === 0
      ? c.green(`All ${rows.length} are healthy.`)
      : `${c.red(`${wrong} of ${rows.length} need action.`)} Details: --secret <name>`,
  );
}

/** The verdict on a secret that could not be read. */
export const unreadable = "unreadable";

/** A command that turns rotation on without rotating: Secrets Manager then only tests the function. */
export function turnOnCommand(secret: string): string {
  const word = /^[\w/+=.@:-]+$/.test(secret) ? secret : `'${secret.replaceAll("'", `'\\''`)}'`;
  return `aws secretsmanager rotate-secret --secret-id ${word} --no-rotate-immediately`;
}
