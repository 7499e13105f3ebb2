import type { IssuedCertificate } from "../../emulators/postgres/certificates";
import { type Effect, type Fault, postgresError, serviceError } from "../world/effects";
import type { Harness } from "../world/harness";
import type { TestSecret } from "../world/testSecret";
import type { Condition } from "./plan";

/** What all runs of a worker share. */
export interface SoakContext {
  readonly harness: Harness;
  /** A certificate of an authority that the function does not trust. */
  readonly untrustedCertificate: IssuedCertificate;
  /** Called with the output of the commands. */
  readonly onOutput: (text: string) => void;
}

/** Replaces the current condition. See also {@link lastingFaults}. */
export async function applyCondition(
  condition: Condition,
  { harness, untrustedCertificate }: SoakContext,
  { user }: TestSecret,
): Promise<void> {
  harness.proxy.present(condition === "foreign certificate" ? untrustedCertificate : undefined);
  // With alternating users, the clone gets its attributes from the user.
  const { rows } = await harness.superuser.query<{ rolname: string }>(
    "SELECT rolname FROM pg_roles WHERE rolname = ANY($1)",
    [[user, `${user}_clone`]],
  );
  for (const { rolname } of rows) {
    const [limit, readOnly] = [condition === "too many connections" ? 0 : -1, condition === "read-only"];
    await harness.superuser.query(
      `ALTER ROLE ${rolname} CONNECTION LIMIT ${limit};
       ALTER ROLE ${rolname} ${readOnly ? "SET default_transaction_read_only = on" : "RESET default_transaction_read_only"}`,
    );
  }
}

/** The fault at every effect of a service while a condition lasts. */
export const lastingFaults: Readonly<Partial<Record<Condition, Readonly<Partial<Record<Effect["at"], Fault>>>>>> = {
  "starting up": { PostgreSQL: postgresError("57P03", "the database system is starting up") },
  unreachable: { PostgreSQL: { kind: "drop" } },
  throttled: { "Secrets Manager": serviceError("ThrottlingException", "Rate exceeded") },
  denied: { "Secrets Manager": serviceError("AccessDeniedException", "not authorized to perform this action") },
};
