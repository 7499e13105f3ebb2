import { parseArgs } from "node:util";
import { type Breakage, breakages } from "./breakages";
import { type Scenario, scenarios } from "./scenarios";

export interface Options {
  /** One JSON object on the last line of stdout; progress goes to stderr. */
  readonly json: boolean;
  /** Leave database and Secrets Manager running until Ctrl-C. */
  readonly keep: boolean;
  readonly scenario: Scenario;
  /** What to break on purpose. */
  readonly breakage: Breakage | undefined;
  readonly help: boolean;
}

export const help = `Rehearses a rotation: evaluates the Pulumi program, takes the Lambda archive that it would deploy,
and lets a local Secrets Manager rotate the password of a real PostgreSQL with it. No AWS account.

usage: npm start -- [options]

  --json            print the result as one JSON object on the last line
  --keep            leave database and Secrets Manager running, and print how to connect
  --strategy <name> how the password is rotated:
${table(scenarios)}
  --break <what>    break something on purpose and see it found:
${table(breakages)}
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
      strategy: { type: "string", default: "single-user" },
      break: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  return {
    json: values.json,
    keep: values.keep,
    help: values.help,
    scenario: choose("--strategy", scenarios, values.strategy),
    breakage: values.break === undefined ? undefined : choose("--break", breakages, values.break),
  };
}

function choose<T>(option: string, choices: Readonly<Record<string, T>>, name: string): T {
  const chosen = Object.hasOwn(choices, name) ? choices[name] : undefined;
  if (chosen === undefined) throw new Error(`${option} takes one of ${Object.keys(choices).join(", ")}, not "${name}"`);
  return chosen;
}

function table(choices: Readonly<Record<string, { readonly summary: string }>>): string {
  return Object.entries(choices)
    .map(([name, { summary }]) => `                      ${name.padEnd(24)}${summary}`)
    .join("\n");
}
