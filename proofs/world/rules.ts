import { UsageError } from "../../cli/terminal/commandLine";
import { defaultRules, type ServiceRules } from "../../emulators/secrets-manager";

/**
 * Parses rules of the service from a command line: `removesPendingAfterRotation=true`, `readLagMs=60`.
 *
 * @throws UsageError for a rule or a value that does not exist
 */
export function parseServiceRules(named: readonly string[]): Partial<ServiceRules> {
  return Object.fromEntries(
    named.map((text) => {
      const [name = "", value = ""] = text.split("=");
      const known: unknown = Object.hasOwn(defaultRules, name) ? defaultRules[name as keyof ServiceRules] : undefined;
      const parsed: unknown = /^(true|false|\d+)$/.test(value) ? JSON.parse(value) : undefined;
      if (known === undefined || typeof parsed !== typeof known) {
        throw new UsageError(`--rule ${text}: the rules are ${JSON.stringify(defaultRules)}`);
      }
      return [name, parsed];
    }),
  );
}
