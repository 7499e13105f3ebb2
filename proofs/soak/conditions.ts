import type { IssuedCertificate } from "../../emulators/postgres/certificates";
import { type Fault, postgresError, serviceError } from "../world/effects";
import type { Harness } from "../world/harness";
import type { TestSecret } from "../world/testSecret";
import type { Condition } from "./plan";

/** What a run has to start with. */
export interface Surroundings {
  readonly stand: Harness;
  /** Of an authority that the function does not trust. */
  readonly foreign: IssuedCertificate;
  /** Called with what the commands print. */
  readonly onOutput: (text: string) => void;
}

/** Makes a condition last, in place of the one before; see also {@link lastingFault}. */
export async function bringAbout(
  condition: Condition,
  { stand, foreign }: Surroundings,
  { user }: TestSecret,
): Promise<void> {
  stand.proxy.present(condition === "foreign certificate" ? foreign : undefined);
  // Where users alternate, the twin gets its attributes from the user in use: both have to be well again.
  const { rows } = await stand.superuser.query<{ rolname: string }>(
    "SELECT rolname FROM pg_roles WHERE rolname = ANY($1)",
    [[user, `${user}_clone`]],
  );
  for (const { rolname } of rows) {
    const [limit, readOnly] = [condition === "too many connections" ? 0 : -1, condition === "read-only"];
    await stand.superuser.query(
      `ALTER ROLE ${rolname} CONNECTION LIMIT ${limit};
       ALTER ROLE ${rolname} ${readOnly ? "SET default_transaction_read_only = on" : "RESET default_transaction_read_only"}`,
    );
  }
}

/** What every effect at a service meets as long as a condition lasts. */
export function lastingFault(condition: Condition): Partial<Record<"Secrets Manager" | "PostgreSQL", Fault>> {
  switch (condition) {
    case "starting up":
      return { PostgreSQL: postgresError("57P03", "the database system is starting up") };
    case "unreachable":
      return { PostgreSQL: { kind: "drop" } };
    case "throttled":
      return { "Secrets Manager": serviceError("ThrottlingException", "Rate exceeded") };
    case "denied":
      return { "Secrets Manager": serviceError("AccessDeniedException", "not authorized to perform this action") };
    default:
      return {};
  }
}
