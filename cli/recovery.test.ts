import assert from "node:assert/strict";
import fc from "fast-check";
import type { Answer, TriedVersion } from "./logins";
import { type Action, planRecovery, type Situation } from "./recovery";

const here = "localhost:5432/app";

function version(id: string, labels: string, answer: Answer, more: object = {}): TriedVersion {
  const usable = answer !== "no value" && answer !== "not a login";
  const about = usable ? { username: "app", where: here, ...more } : {};
  return { id, labels: labels ? labels.split(" ") : [], createdAt: undefined, finding: { answer, ...about } };
}

function dated(undated: TriedVersion, day: number): TriedVersion {
  return { ...undated, createdAt: new Date(2026, 0, day) };
}

function situation(versions: TriedVersion[], rest: Partial<Situation> = {}): Situation {
  return { rotation: "on", hasAdmin: false, deletedAt: undefined, lastRotatedAt: undefined, versions, ...rest };
}

/** Actions as short words: `cancel`, `AWSCURRENT a>b`, `AWSPENDING b>`, `rotate`. */
function words(actions: readonly Action[]): string[] {
  return actions.map((action) =>
    action.do === "label" ? `${action.label} ${action.from ?? ""}>${action.to ?? ""}` : action.do,
  );
}

const table: [what: string, Situation, actions: string[]][] = [
  ["leaves a secret in order alone", situation([version("c", "AWSCURRENT", "logs in")]), []],
  [
    "leaves AWSPENDING on the current version alone",
    situation([version("c", "AWSCURRENT AWSPENDING", "logs in"), version("p", "AWSPREVIOUS", "refused")]),
    [],
  ],
  [
    "turns rotation on where it is off",
    situation([version("c", "AWSCURRENT", "logs in")], { rotation: "off" }),
    ["rotate"],
  ],
  ["configures no rotation", situation([version("c", "AWSCURRENT", "logs in")], { rotation: "never" }), []],
  [
    "starts over where the process died before the password was stored",
    situation([version("c", "AWSCURRENT", "logs in"), version("n", "AWSPENDING", "no value")]),
    ["cancel", "AWSPENDING n>", "rotate"],
  ],
  [
    "starts over where the password was stored and not set",
    situation([version("c", "AWSCURRENT", "logs in"), version("n", "AWSPENDING", "refused")]),
    ["cancel", "AWSPENDING n>", "rotate"],
  ],
  [
    "promotes the pending version where the database has its password",
    situation([version("c", "AWSCURRENT", "refused"), version("n", "AWSPENDING", "logs in")]),
    ["AWSCURRENT c>n"],
  ],
  [
    "promotes it, and turns rotation on, where the rotation was cancelled half-way",
    situation([version("c", "AWSCURRENT", "refused"), version("n", "AWSPENDING", "logs in")], { rotation: "off" }),
    ["AWSCURRENT c>n", "rotate"],
  ],
  [
    "starts over where two users take turns and both log in",
    situation([
      version("c", "AWSCURRENT", "logs in"),
      version("n", "AWSPENDING", "logs in", { username: "app_clone" }),
    ]),
    ["cancel", "AWSPENDING n>", "rotate"],
  ],
  [
    "drops a poisoned pending version",
    situation([version("c", "AWSCURRENT", "logs in"), version("n", "AWSPENDING", "not a login")]),
    ["cancel", "AWSPENDING n>", "rotate"],
  ],
  [
    "takes AWSPENDING off an old version that got it by hand",
    situation([version("c", "AWSCURRENT", "logs in"), version("p", "AWSPREVIOUS AWSPENDING", "refused")]),
    ["cancel", "AWSPENDING p>", "rotate"],
  ],
  [
    "keeps what somebody has changed in AWSCURRENT during a rotation, whose password is in force: it rotates from that",
    situation([
      version("e", "AWSCURRENT", "refused", { otherKeys: "edited" }),
      version("n", "", "logs in", { otherKeys: "as before" }),
      version("p", "AWSPREVIOUS", "refused", { otherKeys: "as before" }),
    ]),
    ["rotate"],
  ],
  [
    "keeps it where the previous password is in force, and a later rotation is stuck",
    situation([
      version("e", "AWSCURRENT", "refused", { otherKeys: "edited" }),
      version("n", "AWSPENDING", "refused", { otherKeys: "edited" }),
      version("p", "AWSPREVIOUS", "logs in", { otherKeys: "as before" }),
    ]),
    ["cancel", "AWSPENDING n>", "rotate"],
  ],
  [
    "keeps it where the pending password is in force",
    situation([
      version("e", "AWSCURRENT", "refused", { otherKeys: "edited" }),
      version("n", "AWSPENDING", "logs in", { otherKeys: "as before" }),
    ]),
    ["cancel", "kept-n >n", "AWSPENDING n>", "rotate"],
  ],
  [
    "moves AWSCURRENT where somebody has stored nothing but another password",
    situation([
      version("e", "AWSCURRENT", "refused", { otherKeys: "as before" }),
      version("n", "", "logs in", { otherKeys: "as before" }),
    ]),
    ["AWSCURRENT e>n", "rotate"],
  ],
  [
    "moves AWSCURRENT back from another user's name, with whom no rotation could sign in",
    situation([
      version("e", "AWSCURRENT", "refused", { otherKeys: "edited", username: "somebody" }),
      version("p", "AWSPREVIOUS", "logs in", { otherKeys: "as before" }),
    ]),
    ["AWSCURRENT e>p", "rotate"],
  ],
  [
    "rotates where a rotation was abandoned, and AWSCURRENT logs in",
    situation([
      dated(version("e", "AWSCURRENT", "logs in"), 3),
      dated(version("n", "", "refused"), 2),
      dated(version("p", "AWSPREVIOUS", "refused"), 1),
    ]),
    ["rotate"],
  ],
  [
    "rotates where AWSCURRENT was moved to an older version by hand, and logs in",
    situation([
      dated(version("n", "AWSPREVIOUS", "logs in", { username: "app_clone" }), 2),
      dated(version("c", "AWSCURRENT", "logs in"), 1),
    ]),
    ["rotate"],
  ],
  [
    "never leads back to the database from which somebody has moved the secret",
    situation([
      version("c", "AWSCURRENT", "logs in", { where: "new.example.com:5432/app" }),
      version("n", "AWSPENDING", "logs in"),
    ]),
    ["cancel", "AWSPENDING n>", "rotate"],
  ],
  [
    "puts AWSCURRENT back on the previous version where that is what logs in",
    situation([
      version("c", "AWSCURRENT", "refused"),
      version("n", "AWSPENDING", "refused"),
      version("p", "AWSPREVIOUS", "logs in"),
    ]),
    ["cancel", "AWSCURRENT c>p", "AWSPENDING n>", "rotate"],
  ],
  [
    "puts AWSCURRENT on a version that lost its label and logs in",
    situation([version("c", "AWSCURRENT", "refused"), version("l", "", "logs in")]),
    ["AWSCURRENT c>l", "rotate"],
  ],
  [
    "never takes another database's version for the live one",
    situation([
      version("c", "AWSCURRENT", "refused"),
      version("p", "AWSPREVIOUS", "logs in", { where: "old.example.com:5432/app" }),
    ]),
    [],
  ],
  [
    "never moves AWSCURRENT where its own login could not be tried",
    situation([
      version("c", "AWSCURRENT", "unknown", { where: "new.example.com:5432/app" }),
      version("p", "AWSPREVIOUS", "logs in"),
    ]),
    [],
  ],
  [
    "never moves AWSCURRENT where its own value could not be read",
    situation([version("c", "AWSCURRENT", "unknown", { where: undefined }), version("p", "AWSPREVIOUS", "logs in")]),
    [],
  ],
  [
    "changes nothing where no password is known to work",
    situation([version("c", "AWSCURRENT", "refused"), version("n", "AWSPENDING", "refused")]),
    [],
  ],
  [
    "lets the administrator set a new password then, and keeps both versions labelled",
    situation([version("c", "AWSCURRENT", "refused"), version("n", "AWSPENDING", "refused")], { hasAdmin: true }),
    ["cancel", "kept-n >n", "AWSPENDING n>", "rotate"],
  ],
  [
    "has the next rotation try the pending password where the database can't be asked, and keeps a label on it",
    situation([version("c", "AWSCURRENT", "unknown"), version("n", "AWSPENDING", "unknown")]),
    ["cancel", "kept-n >n", "AWSPENDING n>", "rotate"],
  ],
  [
    "drops a pending version without a value even where the database can't be asked",
    situation([version("c", "AWSCURRENT", "unknown"), version("n", "AWSPENDING", "no value")]),
    ["cancel", "AWSPENDING n>", "rotate"],
  ],
  [
    "touches nothing of a secret that is being deleted",
    situation([version("c", "AWSCURRENT", "logs in"), version("n", "AWSPENDING", "refused")], {
      deletedAt: new Date(),
    }),
    [],
  ],
];

describe("planRecovery", () => {
  for (const [what, state, expected] of table) {
    it(what, () => assert.deepEqual(words(planRecovery(state).actions), expected));
  }

  it("says what to do wherever it does nothing about something that is wrong", () => {
    for (const [what, state, actions] of table) {
      const current = state.versions.find(({ labels }) => labels.includes("AWSCURRENT"));
      const wrong = current?.finding?.answer === "refused" || state.rotation === "never";
      if (actions.length === 0 && wrong) assert.ok(planRecovery(state).advice, what);
    }
  });

  const answers = fc.constantFrom<Answer>("logs in", "refused", "unknown", "no value", "not a login");
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

  it("never leaves a version that may be live without a label, at no moment of any plan", () => {
    fc.assert(
      fc.property(situations, (state) => {
        const labels = new Map(state.versions.map(({ id, labels: of }) => [id, new Set(of)]));
        for (const action of planRecovery(state).actions) {
          if (action.do !== "label") continue;
          move(labels, action);
          for (const { id, labels: before, finding } of state.versions) {
            const mayBeLive = finding?.answer === "unknown" || finding?.answer === "logs in";
            // Once AWSCURRENT is on a version that logs in, no other one is what clients need.
            const current = state.versions.find((each) => labels.get(each.id)?.has("AWSCURRENT"));
            if (mayBeLive && before.length > 0 && current?.finding?.answer !== "logs in") {
              assert.ok(labels.get(id)?.size, `${id} has lost its labels`);
            }
          }
          if (action.label === "AWSCURRENT") {
            assert.equal(state.versions.find(({ id }) => id === action.to)?.finding?.answer, "logs in");
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("comes to an end where it is asked again after each change, as recover does", () => {
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
        assert.fail("it goes on for ever");
      }),
      { numRuns: 2000 },
    );
  });
});

/** What the service does with a label, AWSPREVIOUS after AWSCURRENT included. */
function move(labels: Map<string, Set<string>>, { label, to, from }: Extract<Action, { do: "label" }>): void {
  if (from !== undefined) assert.ok(labels.get(from)?.delete(label), `${label} is not on ${from}`);
  else for (const set of labels.values()) assert.ok(!set.has(label), `${label} is taken from nobody`);
  if (to !== undefined) labels.get(to)?.add(label);
  if (label === "AWSCURRENT" && from !== undefined) {
    for (const set of labels.values()) set.delete("AWSPREVIOUS");
    labels.get(from)?.add("AWSPREVIOUS");
  }
}
