import { type CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { printable } from "../rotation-fn/printable";
import { isCode } from "../rotation-fn/secret/secretsManagerError";

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

/** The rotation function's log in CloudWatch Logs. */
export interface FunctionLog {
  /**
   * Lines since a time, oldest first.
   *
   * @param equal - fields and values that a line must have
   */
  lines(since: Date, equal?: Readonly<Record<string, string>>): Promise<LogLine[]>;
}

/** @throws Error if the log cannot be read */
export function functionLog(client: CloudWatchLogsClient, logGroupName: string): FunctionLog {
  return {
    async lines(since, equal = {}) {
      const terms = Object.entries(equal).map(([field, value]) => `($.${field} = ${JSON.stringify(value)})`);
      const query = {
        logGroupName,
        startTime: since.getTime(),
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
    },
  };
}

/** Parses a line. One that is not the function's JSON (Lambda writes some, too) has only a message. */
export function parseLine(text: string, at: Date): LogLine {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { at, message: printable(text.trimEnd()) };
  }
  if (typeof json !== "object" || json === null) return { at, message: printable(text.trimEnd()) };
  const fields = new Map(Object.entries(json));
  const string = (name: string): string | undefined => {
    const value: unknown = fields.get(name);
    return typeof value === "string" ? printable(value) : undefined;
  };
  const durationMs: unknown = fields.get("durationMs");
  const line: Record<string, unknown> = { at, message: string("message") ?? printable(text.trimEnd()) };
  for (const name of ["level", "secret", "token", "step", "outcome", "code", "what", "remedy"]) {
    const value = string(name);
    if (value !== undefined) line[name] = value;
  }
  if (typeof durationMs === "number") line.durationMs = durationMs;
  return line as unknown as LogLine;
}
