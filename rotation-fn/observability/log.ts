import { Logger } from "@aws-lambda-powertools/logger";
import { serviceName } from "../environment";
import type { RotationError } from "../errors";
import { printable } from "../printable";

/** The JSON log of the function. Each message starts with `[ROTATION]`. No field contains a credential. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  failure(message: string, error: RotationError, fields?: Readonly<Record<string, unknown>>): void;
}

const logger = new Logger({ serviceName });

/** @param scope - Fields of each line, by which CloudWatch Logs Insights can filter. */
export function logFor(scope: Readonly<Record<string, unknown>>): Log {
  const line = (message: string): string => `[ROTATION] ${printable(message, 6_000)}`;
  return {
    info: (message, fields) => logger.info(line(message), { ...scope, ...fields }),
    warn: (message, fields) => logger.warn(line(message), { ...scope, ...fields }),
    failure: (message, { code, message: what, remedy }, fields) =>
      logger.error(line(`${message}: ${what}`), { ...scope, ...fields, outcome: "failed", code, what, remedy }),
  };
}
