import type { Context } from "./command";
import { columns, span } from "./terminal/terminal";

/** One secret in the table. */
export interface StatusRow {
  readonly name: string;
  readonly verdict: string;
  readonly ok: boolean;
  readonly lastRotatedAt?: Date | undefined;
  readonly nextRotationAt?: Date | undefined;
  /** Why it is not ok. */
  readonly note: string;
}

/** A line each, those that need somebody first; between equals the order is kept. */
export function showTable({ terminal, now }: Context, rows: readonly StatusRow[]): void {
  const { say, colour: c } = terminal;
  const ago = (date: Date | undefined): string => (date ? `${span(now().getTime() - date.getTime())} ago` : "never");
  const until = (date: Date | undefined): string => {
    if (date === undefined) return "-";
    return date > now() ? `in ${span(date.getTime() - now().getTime())}` : ago(date);
  };
  const sorted = [...rows].sort((a, b) => Number(a.ok) - Number(b.ok));
  const cells = sorted.map((row) => [
    row.name,
    row.verdict,
    row.verdict === unreadable ? "-" : ago(row.lastRotatedAt),
    until(row.nextRotationAt),
    row.ok ? "" : row.note,
  ]);
  const [heading = "", ...lines] = columns([["secret", "", "last rotation", "next", ""], ...cells]);
  say(c.dim(heading));
  for (const [index, line] of lines.entries()) say(sorted[index]?.ok ? line : c.red(line));
  const wrong = rows.filter(({ ok }) => !ok).length;
  say();
  say(
    wrong === 0
      ? c.green(`All ${rows.length} are well.`)
      : `${c.red(`${wrong} of ${rows.length} need you.`)} Details of one: --secret <name>`,
  );
}

/** The verdict on a secret that could not be looked at. */
export const unreadable = "unreadable";

/** How to turn rotation on for a secret where it was turned off, and not rotate: Secrets Manager then only tests it. */
export function turnOnCommand(secret: string): string {
  const word = /^[\w/+=.@:-]+$/.test(secret) ? secret : `'${secret.replaceAll("'", `'\\''`)}'`;
  return `aws secretsmanager rotate-secret --secret-id ${word} --no-rotate-immediately`;
}
