import { type CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { printable } from "../rotation-fn/printable";
import { isCode } from "../rotation-fn/secret/secretsManagerError";
import { objectIn } from "./objectIn";

/** Fields of a line of the function's log. */
export interface LogLine {
  readonly at: Date;
  readonly message: string;
  readonly level?: string;
  readonly secret?: string;
  readonly token?: string;
  readonly step?: string;
  readonly outcome?: string;
  readonly durationMs?: number;
  readonly code?: string;
  readonly what?: string;
  readonly remedy?: string;
}

/** @param equal - Fields and values that a line must have. @returns lines since a time, oldest first */
export type FunctionLog = (since: Date, equal?: Readonly<Record<string, string>>) => Promise<LogLine[]>;

/** Reads the rotation function's log in CloudWatch Logs. @throws Error if it cannot be read */
export function functionLog(client: CloudWatchLogsClient, logGroupName: string): FunctionLog {
  return async (since, equal = {}) => {
    const terms = Object.entries(equal).map(([field, value]) => `($.${field} = ${JSON.stringify(value)})`);
    const query = {
      ...{ logGroupName, startTime: since.getTime() },
      ...(terms.length > 0 && { filterPattern: `{ ${terms.join(" && ")} }` }),
    };
    const lines: LogLine[] = [];
    try {
      for await (const { events = [] } of paginateFilterLogEvents({ client }, query)) {
        for (const { message = "", timestamp = 0 } of events) lines.push(parseLine(message, new Date(timestamp)));
      }
    } catch (error) {
      if (isCode(error, "ResourceNotFoundException")) throw new Error(`there is no log group ${logGroupName}`);
      const { name, message } = error instanceof Error ? error : { name: "error", message: String(error) };
      throw new Error(`the log ${logGroupName} cannot be read: ${name}: ${message}`, { cause: error });
    }
    return lines.sort((a, b) => a.at.getTime() - b.at.getTime());
  };
}

const texts = ["message", "level", "secret", "token", "step", "outcome", "code", "what", "remedy"];

/** Parses a line. One that is not the function's JSON (Lambda writes some, too) has only a message. */
function parseLine(text: string, at: Date): LogLine {
  const fields = Object.entries(objectIn(text)).flatMap(([name, value]): [string, unknown][] => {
    if (name === "durationMs" && typeof value === "number") return [[name, value]];
    return texts.includes(name) && typeof value === "string" ? [[name, printable(value)]] : [];
  });
  return { at, message: printable(text.trimEnd()), ...Object.fromEntries(fields) };
}
