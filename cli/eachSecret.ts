import type { Context } from "./command";
import { asReported, type Reported } from "./remedies";
import { nameOf } from "./targets";
import { UsageError } from "./terminal/commandLine";

/**
 * Calls `work` for one secret after the other. If there are several secrets, skips those that cannot be read.
 *
 * @param onUnreadable - The result for a secret that cannot be read.
 */
export async function eachSecret<Result>(
  context: Context,
  work: (secret: string) => Promise<Result>,
  onUnreadable: (name: string, error: Required<Reported>) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  const { secrets } = context.targets;
  for (const secret of secrets) {
    try {
      results.push(await work(secret));
    } catch (error) {
      if (secrets.length === 1 || error instanceof UsageError) throw error;
      results.push(onUnreadable(nameOf(secret), showUnreadable(context, secret, error)));
    }
  }
  return results;
}

/** Reports a secret that a command skips. */
export function showUnreadable({ terminal, env }: Context, secret: string, error: unknown): Required<Reported> {
  const { message, code = "", remedy = "" } = asReported(error, env);
  terminal.say(`${terminal.color.bold(nameOf(secret))}  ${terminal.color.red("unreadable")}: ${message}`);
  terminal.say(`${terminal.color.bold("what to do")}  ${remedy}`);
  terminal.say();
  return { message, code, remedy };
}
