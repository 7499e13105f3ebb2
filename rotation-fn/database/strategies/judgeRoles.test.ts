import assert from "node:assert/strict";
import { type AdminPlan, concernsClone, judgeRoles } from "./judgeRoles";
import { adoptionComment, type Roles } from "./roles";

type Clone = NonNullable<Roles["clone"]>;

const admin: Roles["admin"] = { name: "admin", superuser: false, createrole: true };
const user = { login: true, superuser: false, replication: false, createrole: false, adminOption: true };
const clone: Clone = {
  ...{ ...user, member: true, adopted: true, attributes: [], memberships: [], members: [], possessions: false },
};
const single: AdminPlan = { strategy: "single-user", username: "app", memberOf: [], next: "app" };
const toClone: AdminPlan = { ...single, strategy: "alternating-users", next: "app_clone" };
const toUser: AdminPlan = { ...toClone, next: "app" };

/** `allowed`, or the error's code and message. */
function judged(plan: AdminPlan, roles: Roles, major = 18): string {
  try {
    judgeRoles(plan, roles, major);
    return "allowed";
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code}: ${message}`;
  }
}

interface Case {
  readonly what: string;
  readonly admin?: Partial<Roles["admin"]>;
  readonly user?: Partial<NonNullable<Roles["user"]>> | null;
  /** Null: there is none. @default a clone that the function has made */
  readonly clone?: Partial<Clone> | null;
  readonly plans: readonly AdminPlan[];
  readonly majors?: readonly number[];
  readonly says: string;
}

const never = "is the administrator, which is never rotated";
const all = [single, toClone, toUser];
const alternating = [toClone, toUser];
const move =
  'as "app_clone", in each database: SET ROLE NONE; REASSIGN OWNED BY "app_clone" TO "app"; DROP OWNED BY "app_clone";';

const cases: readonly Case[] = [
  { what: "roles as they should be", plans: all, majors: [14, 15, 16, 18], says: "allowed" },
  { what: "no role yet", user: null, clone: null, plans: all, majors: [14, 18], says: "allowed" },
  { what: "no clone yet", clone: null, plans: all, says: "allowed" },
  // The administrator
  { what: "the administrator as the user", admin: { name: "app" }, plans: all, says: `RoleRefused: app ${never}` },
  {
    what: "the administrator as the clone",
    admin: { name: "app_clone" },
    plans: all,
    says: `RoleRefused: app_clone ${never}`,
  },
  {
    what: "an administrator without CREATEROLE",
    admin: { createrole: false },
    plans: all,
    says: 'PermissionDenied: admin does not have CREATEROLE (ALTER ROLE "admin" CREATEROLE;)',
  },
  {
    what: "a superuser without CREATEROLE",
    admin: { superuser: true, createrole: false },
    plans: all,
    says: "allowed",
  },
  {
    what: "an administrator without ADMIN OPTION on the user",
    user: { adminOption: false },
    plans: all,
    says: 'PermissionDenied: admin does not have ADMIN OPTION on app (GRANT "app" TO "admin" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;)',
  },
  // The user
  ...(["SUPERUSER", "REPLICATION"] as const).flatMap((attribute): Case[] => {
    const has = { [attribute.toLowerCase()]: true };
    const sql = `(ALTER ROLE "app" NO${attribute};)`;
    return [
      {
        ...{ what: `a user with ${attribute}`, user: has, plans: [single] },
        says: `RoleRefused: app has ${attribute}: the administrator admin does not have it ${sql}`,
      },
      { what: `${attribute} and a superuser`, user: has, admin: { superuser: true }, plans: [single], says: "allowed" },
      {
        ...{ what: `${attribute} and a superuser`, user: has, admin: { superuser: true }, plans: alternating },
        says: `RoleRefused: app has ${attribute}: a second login cannot have it ${sql}`,
      },
    ];
  }),
  {
    what: "a user with CREATEROLE",
    user: { createrole: true },
    plans: alternating,
    majors: [14, 15],
    says: `RoleRefused: app has CREATEROLE, which up to PostgreSQL 15 allows it to set the administrator's password (ALTER ROLE "app" NOCREATEROLE;)`,
  },
  { what: "a user with CREATEROLE", user: { createrole: true }, plans: alternating, majors: [16], says: "allowed" },
  { what: "a user with CREATEROLE", user: { createrole: true }, plans: [single], majors: [14], says: "allowed" },
  {
    what: "a user that may not log in",
    user: { login: false },
    plans: all,
    says: 'RoleRefused: app may not log in (ALTER ROLE "app" LOGIN;)',
  },
  // The clone
  {
    what: "a role of the clone's name that is no member",
    clone: { adopted: false, member: false },
    plans: [toClone],
    says: 'RoleRefused: the role app_clone is not a second login of app: rename it, or make it one (GRANT "app" TO "app_clone";)',
  },
  {
    what: "a member that the function has not marked",
    clone: { adopted: false },
    plans: [toClone],
    majors: [14],
    says: `RoleRefused: the role app_clone is not a second login of app: rename it, or make it one (GRANT "app" TO "app_clone"; COMMENT ON ROLE "app_clone" IS '${adoptionComment}';)`,
  },
  { what: "a member that is not marked", clone: { adopted: false }, plans: [toClone], majors: [15], says: "allowed" },
  {
    what: "a role of the clone's name that concerns no rotation of the user",
    clone: { adopted: false, member: false, attributes: ["NOSUPERUSER"] },
    plans: [single, toUser],
    says: "allowed",
  },
  {
    what: "an administrator without ADMIN OPTION on the clone",
    clone: { adminOption: false },
    plans: all,
    says: 'PermissionDenied: admin does not have ADMIN OPTION on app_clone (GRANT "app_clone" TO "admin" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;)',
  },
  { what: "a clone that cannot log in", clone: { login: false, adminOption: false }, plans: [single], says: "allowed" },
  {
    what: "a clone with attributes",
    clone: { attributes: ["NOCREATEDB", "NOBYPASSRLS"] },
    plans: alternating,
    says: 'RoleRefused: app_clone has attributes of its own (ALTER ROLE "app_clone" NOCREATEDB NOBYPASSRLS;)',
  },
  {
    what: "a clone with everything, which only loses its password",
    clone: { attributes: ["NOCREATEDB"], members: ["x"], memberships: ["y"], possessions: true, adopted: false },
    plans: [single],
    says: "allowed",
  },
  {
    what: "a clone with members",
    clone: { members: ['REVOKE "app_clone" FROM "x";', 'REVOKE "app_clone" FROM "y";'] },
    plans: alternating,
    majors: [15, 18],
    says: 'RoleRefused: app_clone has members, which could act as app (REVOKE "app_clone" FROM "x"; REVOKE "app_clone" FROM "y";)',
  },
  { what: "a clone with members", clone: { members: ["REVOKE;"] }, plans: alternating, majors: [14], says: "allowed" },
  {
    what: "a clone that is a member of other roles, before its first rotation",
    clone: { adopted: false, memberships: ["x", "Y"] },
    plans: [toClone],
    says: 'RoleRefused: app_clone is a member of other roles than app (REVOKE "x", "Y" FROM "app_clone";)',
  },
  {
    what: "a clone that owns objects, before its first rotation",
    clone: { adopted: false, possessions: true },
    plans: [toClone],
    says: `RoleRefused: app_clone owns objects or has privileges of its own (${move})`,
  },
  {
    what: "a clone that has got objects and memberships since its first rotation",
    clone: { memberships: ["x"], possessions: true },
    plans: alternating,
    says: "allowed",
  },
];

describe("judgeRoles", () => {
  for (const { what, plans, majors = [18], says, ...found } of cases) {
    const roles: Roles = {
      admin: { ...admin, ...found.admin },
      user: found.user === null ? null : { ...user, ...found.user },
      clone: found.clone === null ? null : { ...clone, ...found.clone },
    };
    for (const plan of plans)
      for (const major of majors)
        it(`${plan.strategy}, next ${plan.next}, PostgreSQL ${major}: with ${what}, ${says.split(/[:(]/)[0]}`, () => {
          assert.equal(judged(plan, roles, major), says);
        });
  }
});

describe("concernsClone", () => {
  const table: [what: string, plan: AdminPlan, clone: Partial<Clone> | null, major: number, concerned: boolean][] = [
    ["the clone is next", toClone, null, 18, true],
    ["the user is next, and there is no clone", toUser, null, 18, false],
    ["the user is next, and the function has made the clone", toUser, {}, 18, true],
    ["the user is next, and the function has not made the clone", toUser, { adopted: false }, 18, false],
    ["users do not alternate any more, and the clone logs in", single, {}, 18, true],
    ["users do not alternate any more, and the clone is a login made by hand", single, { adopted: false }, 15, true],
    ["users do not alternate, and another login is a member", single, { adopted: false }, 14, false],
    ["users do not alternate any more, and the clone cannot log in", single, { login: false }, 18, false],
    ["users do not alternate, and there is no clone", single, null, 18, false],
  ];
  for (const [what, plan, found, major, concerned] of table)
    it(`when ${what} (PostgreSQL ${major}), is ${concerned}`, () => {
      const roles = { admin, user, clone: found === null ? null : { ...clone, ...found } };
      assert.equal(concernsClone(plan, roles, major), concerned);
    });
});
