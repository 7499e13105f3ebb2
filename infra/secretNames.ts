import { nameInArn } from "../components";

/** Name of a database's secret. */
export function secretNameOf({ secretName, secretArn }: { secretName?: unknown; secretArn?: unknown }): string {
  return asString(secretName) ?? nameInArn(asString(secretArn) ?? "");
}

/** The value if it is a string. */
export function asString(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
