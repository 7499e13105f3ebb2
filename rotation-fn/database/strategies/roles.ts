import { escapeIdentifier, escapeLiteral } from "pg";
import { RotationError } from "../../errors";
import type { Settings } from "../../secret/settings";
import type { Session } from "../database";
import { twinQuery } from "./twinQuery";

/**
 * PL/pgSQL that makes the user if there is none, with no privilege but its memberships. Where users alternate, the
 * first of these roles owns what the user makes: `role` is set to it at each log-in.
 */
export function createIfMissing(username: string, { memberOf, strategy }: Settings): string {
  const name = escapeIdentifier(username);
  const owner = strategy === "alternating-users" ? memberOf[0] : undefined;
  const statements = [
    `CREATE ROLE ${name} LOGIN`,
    ...memberOf.map((role) => `GRANT ${escapeIdentifier(role)} TO ${name}`),
    ...(owner === undefined ? [] : [`ALTER ROLE ${name} SET role TO ${escapeLiteral(owner)}`]),
  ];
  return `IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${escapeLiteral(username)}) THEN
${statements.map((statement) => `${statement};\n`).join("")}END IF;
`;
}

/**
 * The statements that make the next user like the one in use, as the server puts them together: none where the two are
 * alike already, or where the user in use does not exist yet.
 *
 * @throws RotationError `OwnerMissing` where what the two make would belong to whichever of them made it.
 */
export async function twinStatements(
  session: Session,
  users: { readonly inUse: string; readonly next: string },
): Promise<string[]> {
  const query = twinQuery(escapeLiteral(users.inUse), escapeLiteral(users.next));
  const rows = await session.run(query, `comparing ${users.inUse} and ${users.next}`, "SELECT");
  if (rows.some(({ owner_missing }) => owner_missing === true)) {
    throw new RotationError(
      "OwnerMissing",
      `${users.inUse} owns or may create objects under its own name, and ${users.next} could not use them`,
    );
  }
  return rows.map(({ statement }) => String(statement)).filter((statement) => statement !== "null");
}
