import { parseArgs } from "node:util";
import { type Breakage, breakages } from "./breakages";

export interface Options {
  /** One JSON object on the last line of stdout; progress goes to stderr. */
  readonly json: boolean;
  /** Leave database and Secrets Manager running until Ctrl-C. */
  readonly keep: boolean;
  /** What to break on purpose. */
  readonly breakage: Breakage | undefined;
  readonly help: boolean;
}

export const help = `Rehearses a rotation: evaluates the Pulumi program, takes the Lambda archive that it would deploy,
and lets a local Secrets Manager rotate the password of a real PostgreSQL with it. No AWS account.

usage: npm start -- [options]

  --json            print the result as one JSON object on the last line
  --keep            leave database and Secrets Manager running, and print how to connect
  --break <what>    break something on purpose and see it found:
${Object.entries(breakages)
  .map(([name, { summary }]) => `                      ${name.padEnd(16)}${summary}`)
  .join("\n")}
  --help            print this

environment:
  SECRETS_MANAGER_ENDPOINT   use this server (moto, LocalStack) in place of the local Secrets Manager
  NO_COLOR                   print without colours

exit code: 0 when every proof held, 1 when one did not, 2 for a wrong option, 130 after Ctrl-C
`;

/** @throws Error saying which option is wrong. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      break: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const name = values.break;
  if (name !== undefined && !Object.hasOwn(breakages, name)) {
    throw new Error(`--break takes one of ${Object.keys(breakages).join(", ")}, not "${name}"`);
  }
  return {
    json: values.json,
    keep: values.keep,
    help: values.help,
    breakage: name === undefined ? undefined : breakages[name as keyof typeof breakages],
  };
}
