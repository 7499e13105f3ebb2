import assert from "node:assert/strict";
import { healthOf, rotationComplete, type Verdict } from "./health";
import type { SecretState } from "./secretState";

const now = new Date("2026-03-10T12:00:00Z");
const ago = (hours: number): Date => new Date(now.getTime() - hours * 3_600_000);
const current = { id: "c", labels: ["AWSCURRENT"], createdAt: ago(240) };

const healthyState: SecretState = {
  arn: "arn:aws:secretsmanager:us-east-1:000000000000:secret:app-AbCdEf",
  name: "app",
  rotation: "on",
  functionArn: "arn:aws:lambda:us-east-1:000000000000:function:f",
  lastRotatedAt: ago(240),
  nextRotationAt: ago(-480),
  deletedAt: undefined,
  changedAt: ago(240),
  hasAdmin: false,
  strategy: "single-user",
  versions: [current],
};

function pendingSince(hours: number): Pick<SecretState, "versions"> {
  return { versions: [{ id: "n", labels: ["AWSPENDING"], createdAt: ago(hours) }, current] };
}

const table: [what: string, Partial<SecretState>, Verdict, ok: boolean][] = [
  ["rotated in time", {}, "healthy", true],
  [
    "AWSPENDING left on AWSCURRENT",
    { versions: [{ ...current, labels: ["AWSCURRENT", "AWSPENDING"] }] },
    "healthy",
    true,
  ],
  ["a rotation that began half a minute ago", pendingSince(1 / 120), "rotating", true],
  ["a rotation that began an hour ago", pendingSince(1), "stuck", false],
  ["a fresh pending version with rotation off", { ...pendingSince(1 / 120), rotation: "off" }, "stuck", false],
  [
    "a rotation in its first second, whose version is not listed yet",
    { versions: [current, { id: "n", labels: ["AWSPENDING"], createdAt: undefined }], changedAt: ago(0) },
    "rotating",
    true,
  ],
  [
    "a rotation that ended before its first step",
    { versions: [current, { id: "n", labels: ["AWSPENDING"], createdAt: undefined }], changedAt: ago(1) },
    "stuck",
    false,
  ],
  [
    "AWSCURRENT moved back by hand from a version that still has AWSPENDING",
    { versions: [{ id: "n", labels: ["AWSPENDING", "AWSPREVIOUS"], createdAt: ago(0) }, current] },
    "stuck",
    false,
  ],
  [
    "AWSCURRENT moved back by hand",
    { versions: [{ id: "n", labels: ["AWSPREVIOUS"], createdAt: ago(0) }, current] },
    "changed by hand",
    false,
  ],
  [
    "a value stored by hand during a rotation",
    {
      versions: [
        { id: "e", labels: ["AWSCURRENT"], createdAt: ago(1) },
        { id: "n", labels: [], createdAt: ago(2) },
        { ...current, labels: ["AWSPREVIOUS"] },
      ],
    },
    "changed by hand",
    false,
  ],
  [
    "AWSPENDING removed during a rotation",
    { versions: [{ id: "n", labels: [], createdAt: ago(2) }, current] },
    "changed by hand",
    false,
  ],
  [
    "a rotation that succeeded after one that was abandoned",
    {
      versions: [
        { id: "r", labels: ["AWSCURRENT"], createdAt: ago(1) },
        { id: "n", labels: [], createdAt: ago(2) },
        { ...current, labels: ["AWSPREVIOUS"] },
      ],
      lastRotatedAt: ago(0.9),
    },
    "healthy",
    true,
  ],
  [
    "values stored by hand, one after the other, between rotations",
    {
      versions: [
        { id: "e2", labels: ["AWSCURRENT"], createdAt: ago(1) },
        { id: "e1", labels: ["AWSPREVIOUS"], createdAt: ago(2) },
        { ...current, labels: [] },
      ],
    },
    "healthy",
    true,
  ],
  ["rotation turned off", { rotation: "off" }, "rotation off", false],
  ["rotation never configured", { rotation: "never" }, "rotation off", false],
  ["a next rotation 25 hours past", { nextRotationAt: ago(25) }, "overdue", false],
  ["a next rotation 23 hours past, still within its window", { nextRotationAt: ago(23) }, "healthy", true],
  ["no rotation yet", { lastRotatedAt: undefined }, "never rotated", false],
  ["a deletion under way", { deletedAt: ago(1) }, "being deleted", false],
  ["no version with AWSCURRENT", { versions: [{ ...current, labels: ["AWSPREVIOUS"] }] }, "no current version", false],
];

describe("healthOf", () => {
  it("when AWSCURRENT was stored after the last rotation, is healthy and says that only a login shows its password", () => {
    const stored = { ...current, createdAt: ago(0.1) };
    const { ok, detail } = healthOf({ ...healthyState, versions: [stored], lastRotatedAt: ago(0.2) }, now);
    assert.deepEqual(
      [ok, /AWSCURRENT was stored after it: `npm run ops -- verify` logs in/.test(detail)],
      [true, true],
    );
    assert.equal(
      healthOf({ ...healthyState, versions: [stored], lastRotatedAt: ago(0) }, now).detail,
      rotationComplete,
    );
  });

  it("when the secret has no version, does not name recover", () => {
    assert.match(healthOf({ ...healthyState, versions: [] }, now).detail, /no version has AWSCURRENT: store a value/);
  });

  for (const [what, changes, verdict, ok] of table) {
    it(`when the state is ${what}, returns ${verdict}`, () => {
      const health = healthOf({ ...healthyState, ...changes }, now);
      assert.deepEqual([health.verdict, health.ok], [verdict, ok]);
    });
  }
});
