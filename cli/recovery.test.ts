import assert from "node:assert/strict";
import fc from "fast-check";
import { remedies } from "../rotation-fn/errors";
import type { Answer, TriedVersion } from "./logins";
import { type Action, planRecovery, type Situation } from "./recovery";

const database = "localhost:5432/app";

function version(id: string, labels: string, answer: Answer, more: object = {}): TriedVersion {
  const usable = answer !== "no value" && answer !== "not credentials";
  const about = usable ? { username: "app", address: database, ...more } : {};
  return { id, labels: labels ? labels.split(" ") : [], createdAt: undefined, login: { answer, ...about } };
}

function dated(undated: TriedVersion, day: number): TriedVersion {
  return { ...undated, createdAt: new Date(2026, 0, day) };
}

function situation(versions: TriedVersion[], rest: Partial<Situation> = {}): Situation {
  return { rotation: "on", hasAdmin: false, deletedAt: undefined, lastRotatedAt: undefined, versions, ...rest };
}

/** Actions in a short notation: `cancel`, `AWSCURRENT a>b`, `AWSPENDING b>`, `rotate`. */
function notationOf(actions: readonly Action[]): string[] {
  return actions.map((action) =>
    action.do === "label" ? `${action.label} ${action.from ?? ""}>${action.to ?? ""}` : action.do,
  );
}

const table: [what: string, Situation, actions: string[]][] = [
  [
    "when AWSCURRENT logs in and nothing is pending, does nothing",
    situation([version("c", "AWSCURRENT", "logs in")]),
    [],
  ],
  [
    "when AWSPENDING is on the current version, does nothing",
    situation([version("c", "AWSCURRENT AWSPENDING", "logs in"), version("p", "AWSPREVIOUS", "refused")]),
    [],
  ],
  [
    "when rotation is off, rotates, which turns it on",
    situation([version("c", "AWSCURRENT", "logs in")], { rotation: "off" }),
    ["rotate"],
  ],
  [
    "when no rotation is configured, does nothing",
    situation([version("c", "AWSCURRENT", "logs in")], { rotation: "never" }),
    [],
  ],
  [
    "when the process ended before the password was stored, removes AWSPENDING and rotates",
    situation([version("c", "AWSCURRENT", "logs in"), version("n", "AWSPENDING", "no value")]),
    ["cancel", "AWSPENDING n>", "rotate"],
  ],
  [
    "when the password was stored and not set, removes AWSPENDING and rotates",
    situation([version("c", "AWSCURRENT", "logs in"), version("n", "AWSPENDING", "refused")]),
    ["cancel", "AWSPENDING n>", "rotate"],
  ],
  [
    "when the database has the pending password, moves AWSCURRENT to the pending version",
    situation([version("c", "AWSCURRENT", "refused"), version("n", "AWSPENDING", "logs in")]),
    ["AWSCURRENT c>n"],
  ],
  [
    "when such a rotation was canceled, also turns rotation on",
    situation([version("c", "AWSCURRENT", "refused"), version("n", "AWSPENDING", "logs in")], { rotation: "off" }),
    ["AWSCURRENT c>n", "rotate"],
  ],
  [
    "when users alternate and both log in, removes AWSPENDING and rotates",
    situation([
      version("c", "AWSCURRENT", "logs in"),
      version("n", "AWSPENDING", "logs in", { username: "app_clone" }),
    ]),
    ["cancel", "AWSPENDING n>", "rotate"],
  ],
  [
    "when the pending value is not valid credentials JSON, removes AWSPENDING and rotates",
    situation([version("c", "AWSCURRENT", "logs in"), version("n", "AWSPENDING", "not credentials")]),
    ["cancel", "AWSPENDING n>", "rotate"],
  ],
  [
    "when AWSPENDING was put on an old version by hand, removes it and rotates",
    situation([version("c", "AWSCURRENT", "logs in"), version("p", "AWSPREVIOUS AWSPENDING", "refused")]),
    ["cancel", "AWSPENDING p>", "rotate"],
  ],
  [
    "when AWSCURRENT was changed by hand during a rotation whose password logs in, rotates and keeps the change",
    situation([
      version("e", "AWSCURRENT", "refused", { otherKeys: "edited" }),
      version("n", "", "logs in", { otherKeys: "as before" }),
      version("p", "AWSPREVIOUS", "refused", { otherKeys: "as before" }),
    ]),
    ["rotate"],
  ],
  [
    "when the previous password logs in and a later rotation is stuck, keeps a change of AWSCURRENT",
    situation([
      version("e", "AWSCURRENT", "refused", { otherKeys: "edited" }),
      version("n", "AWSPENDING", "refused", { otherKeys: "edited" }),
      version("p", "AWSPREVIOUS", "logs in", { otherKeys: "as before" }),
    ]),
    ["cancel", "AWSPENDING n>", "rotate"],
  ],
  [
    "when only the pending password logs in and AWSCURRENT was changed by hand, labels the pending version and rotates",
    situation([
      version("e", "AWSCURRENT", "refused", { otherKeys: "edited" }),
      version("n", "AWSPENDING", "logs in", { otherKeys: "as before" }),
    ]),
    ["cancel", "kept-n >n", "AWSPENDING n>", "rotate"],
  ],
  [
    "when a version of Pulumi's provider is kept, its label has the whole ID, because these IDs begin alike",
    situation([
      version("e", "AWSCURRENT", "refused", { otherKeys: "edited" }),
      version("terraform-20261125101112", "AWSPENDING", "logs in", { otherKeys: "as before" }),
    ]),
    [
      "cancel",
      "kept-terraform-20261125101112 >terraform-20261125101112",
      "AWSPENDING terraform-20261125101112>",
      "rotate",
    ],
  ],
  [
    "when only the password was changed by hand, moves AWSCURRENT",
    situation([
      version("e", "AWSCURRENT", "refused", { otherKeys: "as before" }),
      version("n", "", "logs in", { otherKeys: "as before" }),
    ]),
    ["AWSCURRENT e>n", "rotate"],
  ],
  [
    "when AWSCURRENT was changed to another user, moves AWSCURRENT back",
    situation([
      version("e", "AWSCURRENT", "refused", { otherKeys: "edited", username: "another" }),
      version("p", "AWSPREVIOUS", "logs in", { otherKeys: "as before" }),
    ]),
    ["AWSCURRENT e>p", "rotate"],
  ],
  [
    "when a rotation was abandoned and AWSCURRENT logs in, rotates",
    situation([
      dated(version("e", "AWSCURRENT", "logs in"), 3),
      dated(version("n", "", "refused"), 2),
      dated(version("p", "AWSPREVIOUS", "refused"), 1),
    ]),
    ["rotate"],
  ],
  [
    "when AWSCURRENT was moved to an older version by hand and logs in, rotates",
    situation([
      dated(version("n", "AWSPREVIOUS", "logs in", { username: "app_clone" }), 2),
      dated(version("c", "AWSCURRENT", "logs in"), 1),
    ]),
    ["rotate"],
  ],
  [
    "when the secret was moved to another database, does not move AWSCURRENT back",
    situation([
      version("c", "AWSCURRENT", "logs in", { address: "new.example.com:5432/app" }),
      version("n", "AWSPENDING", "logs in"),
    ]),
    ["cancel", "AWSPENDING n>", "rotate"],
  ],
  [
    "when the previous version logs in, moves AWSCURRENT to it",
    situation([
      version("c", "AWSCURRENT", "refused"),
      version("n", "AWSPENDING", "refused"),
      version("p", "AWSPREVIOUS", "logs in"),
    ]),
    ["cancel", "AWSCURRENT c>p", "AWSPENDING n>", "rotate"],
  ],
  [
    "when a version without a label logs in, moves AWSCURRENT to it",
    situation([version("c", "AWSCURRENT", "refused"), version("l", "", "logs in")]),
    ["AWSCURRENT c>l", "rotate"],
  ],
  [
    "when a version for another database logs in, does not move AWSCURRENT",
    situation([
      version("c", "AWSCURRENT", "refused"),
      version("p", "AWSPREVIOUS", "logs in", { address: "old.example.com:5432/app" }),
    ]),
    [],
  ],
  [
    "when the login of AWSCURRENT could not be tried, does not move AWSCURRENT",
    situation([
      version("c", "AWSCURRENT", "unknown", { address: "new.example.com:5432/app" }),
      version("p", "AWSPREVIOUS", "logs in"),
    ]),
    [],
  ],
  [
    "when the value of AWSCURRENT could not be read, does not move AWSCURRENT",
    situation([version("c", "AWSCURRENT", "unknown", { address: undefined }), version("p", "AWSPREVIOUS", "logs in")]),
    [],
  ],
  [
    "when no version logs in, does nothing",
    situation([version("c", "AWSCURRENT", "refused"), version("n", "AWSPENDING", "refused")]),
    [],
  ],
  [
    "when no version logs in and there is an administrator, rotates and keeps both versions labeled",
    situation([version("c", "AWSCURRENT", "refused"), version("n", "AWSPENDING", "refused")], { hasAdmin: true }),
    ["cancel", "kept-n >n", "AWSPENDING n>", "rotate"],
  ],
  [
    "when the database is unreachable, labels the pending version and rotates, which tries its password",
    situation([version("c", "AWSCURRENT", "unknown"), version("n", "AWSPENDING", "unknown")]),
    ["cancel", "kept-n >n", "AWSPENDING n>", "rotate"],
  ],
  [
    "when the database is unreachable and the pending version has no value, removes AWSPENDING",
    situation([version("c", "AWSCURRENT", "unknown"), version("n", "AWSPENDING", "no value")]),
    ["cancel", "AWSPENDING n>", "rotate"],
  ],
  [
    "when the secret is being deleted, does nothing",
    situation([version("c", "AWSCURRENT", "logs in"), version("n", "AWSPENDING", "refused")], {
      deletedAt: new Date(),
    }),
    [],
  ],
];

describe("planRecovery: another version could not be tried", () => {
  for (const answer of ["refused", "no value"] as const) {
    it(`when AWSCURRENT is "${answer}", does not say that no other version logs in, and advises to try it elsewhere`, () => {
      const versions = [version("c", "AWSCURRENT", answer), version("n", "AWSPENDING", "unknown")];
      const { found, actions, advice = "" } = planRecovery(situation(versions));
      assert.deepEqual(actions, []);
      assert.match(found, /, and AWSPENDING could not be tried\.$/);
      assert.match(advice, /^Run recover where the database can be reached/);
    });
  }
});

describe("planRecovery: AWSCURRENT is not credentials", () => {
  for (const answer of ["not credentials", "no value"] as const) {
    it(`when it is "${answer}", advises to store credentials, not to set a password that does not exist`, () => {
      const { actions, advice } = planRecovery(situation([version("c", "AWSCURRENT", answer)]));
      assert.deepEqual([actions, advice], [[], remedies.InvalidSecret]);
    });
  }
});

describe("planRecovery", () => {
  for (const [what, state, expected] of table) {
    it(what, () => assert.deepEqual(notationOf(planRecovery(state).actions), expected));
  }

  const answers = fc.constantFrom<Answer>("logs in", "refused", "unknown", "no value", "not credentials");
  const situations = fc
    .record({
      answers: fc.array(fc.tuple(answers, fc.constantFrom("app", "app_clone")), { minLength: 1, maxLength: 5 }),
      holders: fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4)),
      has: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      rotation: fc.constantFrom("on" as const, "off" as const),
      hasAdmin: fc.boolean(),
    })
    .map(({ answers: all, holders, has, rotation, hasAdmin }) => {
      const versions = all.map(([answer, username], index) => {
        const labels = ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"].filter(
          (_, label) => has[label] && (holders[label] ?? 0) % all.length === index,
        );
        return version(`version${index}`, labels.join(" "), answer, { username });
      });
      return situation(versions, { rotation, hasAdmin });
    });

  it("for any state, has advice if it does nothing and AWSCURRENT is not known to log in", () => {
    fc.assert(
      fc.property(situations, (state) => {
        const current = state.versions.find(({ labels }) => labels.includes("AWSCURRENT"));
        const { actions, advice } = planRecovery(state);
        if (actions.length === 0 && current?.login?.answer !== "logs in") assert.ok(advice);
      }),
    );
  });

  it("for any state, no action removes the last label of a version whose password may be valid", () => {
    fc.assert(
      fc.property(situations, (state) => {
        const labels = new Map(state.versions.map(({ id, labels: of }) => [id, new Set(of)]));
        for (const action of planRecovery(state).actions) {
          if (action.do !== "label") continue;
          move(labels, action);
          for (const { id, labels: before, login } of state.versions) {
            const mayLogIn = login?.answer === "unknown" || login?.answer === "logs in";
            // Once AWSCURRENT is on a version that logs in, clients do not need the others.
            const current = state.versions.find((each) => labels.get(each.id)?.has("AWSCURRENT"));
            if (mayLogIn && before.length > 0 && current?.login?.answer !== "logs in") {
              assert.ok(labels.get(id)?.size, `${id} has lost its labels`);
            }
          }
          if (action.label === "AWSCURRENT") {
            assert.equal(state.versions.find(({ id }) => id === action.to)?.login?.answer, "logs in");
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("for any state, planning again after each action ends", () => {
    fc.assert(
      fc.property(situations, (start) => {
        let state = start;
        for (let count = 0; count < 8; count++) {
          const [next] = planRecovery(state).actions;
          if (next === undefined || next.do === "rotate") return;
          const labels = new Map(state.versions.map(({ id, labels: of }) => [id, new Set(of)]));
          if (next.do === "label") move(labels, next);
          const versions = state.versions.map((each) => ({ ...each, labels: [...(labels.get(each.id) ?? [])] }));
          state = { ...state, versions, rotation: next.do === "cancel" ? "off" : state.rotation };
        }
        assert.fail("it does not end");
      }),
      { numRuns: 2000 },
    );
  });
});

/** Moves a label as the service does, and AWSPREVIOUS after AWSCURRENT. */
function move(labels: Map<string, Set<string>>, { label, to, from }: Extract<Action, { do: "label" }>): void {
  if (from !== undefined) assert.ok(labels.get(from)?.delete(label), `${label} is not on ${from}`);
  else for (const set of labels.values()) assert.ok(!set.has(label), `${label} is already on another version`);
  if (to !== undefined) labels.get(to)?.add(label);
  if (label === "AWSCURRENT" && from !== undefined) {
    for (const set of labels.values()) set.delete("AWSPREVIOUS");
    labels.get(from)?.add("AWSPREVIOUS");
  }
}
