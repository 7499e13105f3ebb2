import { Logger } from "@aws-lambda-powertools/logger";
import { serviceName } from "../environment";
import type { RotationError } from "../errors";
import { printable } from "../printable";

/** What every line of one invocation carries, so that CloudWatch Logs Insights can filter by it. */
export interface LogScope {
  readonly secret: string;
  readonly token: string;
  readonly step: string;
}

/** The JSON log of the function. Each message starts with `[ROTATION]`; no field ever holds a credential. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  failure(message: string, error: RotationError, fields?: Readonly<Record<string, unknown>>): void;
}

const logger = new Logger({ serviceName });

export function logFor(scope: Readonly<Record<string, unknown>>): Log {
  const line = (message: string): string => `[ROTATION] ${printable(message, 6_000)}`;
  return {
    info: (message, fields) => logger.info(line(message), { ...scope, ...fields }),
    warn: (message, fields) => logger.warn(line(message), { ...scope, ...fields }),
    failure: (message, { code, message: what, remedy }, fields) =>
      logger.error(line(`${message}: ${what}`), { ...scope, ...fields, outcome: "failed", code, what, remedy }),
  };
}
