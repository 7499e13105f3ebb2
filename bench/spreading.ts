import { type RotationRules, spreadStart } from "../components";
import type { Findings } from "./part";
import { rotationsPerSecond } from "./quotas";
import { lineChart } from "./svg";

const fleets = [10, 100, 1_000, 10_000, 100_000];
const windows = [1, 4, 8, 22];

/** How many rotations begin in the fullest hour, of so many secrets whose windows are so long. */
function fullestHour(secrets: number, hours: number): number {
  const perHour = new Map<string, number>();
  const rules: RotationRules = { scheduleExpression: "cron(0 2 ? * SUN *)", duration: `${hours}h` };
  for (let index = 0; index < secrets; index += 1) {
    // The stack's own function decides; names are as a platform team's are.
    const { scheduleExpression = "" } = spreadStart(rules, `bench/team-${index % 20}/database-${index}`);
    perHour.set(scheduleExpression, (perHour.get(scheduleExpression) ?? 0) + 1);
  }
  return Math.max(...perHour.values());
}

/**
 * The worst case: the service may begin a rotation at any moment of its window, and here begins them all as the window
 * opens. What the quota then takes to let through is how long the last one waits.
 */
export function spreading(): Pick<Findings, "tables" | "notes" | "figures"> & { pictures: Record<string, string> } {
  const simulated = windows.map((hours) => ({
    hours,
    fullest: fleets.map((secrets) => fullestHour(secrets, hours)),
  }));
  const seconds = (rotations: number): number => rotations / rotationsPerSecond;
  return {
    tables: [
      {
        head: ["databases", ...windows.map((hours) => `window of ${hours} h`)],
        rows: fleets.map((secrets, index) => [
          secrets.toLocaleString("en-US"),
          ...simulated.map(({ fullest }) => {
            const most = fullest[index] ?? 0;
            return `${most.toLocaleString("en-US")} (${seconds(most).toFixed(0)} s)`;
          }),
        ]),
      },
    ],
    pictures: {
      "spreading.svg": lineChart({
        title: "Seconds at the write quota, if the fullest hour begins all at once",
        x: { label: "databases", values: fleets },
        y: { label: "seconds", mark: { value: 3600, label: "an hour: the quota binds" } },
        series: simulated.map(({ hours, fullest }) => ({
          label: hours === 1 ? "1 h: not spread" : `${hours} h`,
          values: fullest.map(seconds),
        })),
      }),
    },
    notes: [
      `Two writes a rotation against 50 a second: ${rotationsPerSecond} rotations a second. A fleet of up to ${rotationsPerSecond} never meets a quota; beyond, calls are throttled for a moment if the service begins many in the same second, which the SDK's retries take up, and the service's own where those give up. No quota is short over an hour below ${(rotationsPerSecond * 3600).toLocaleString("en-US")} databases.`,
      "The last table and the picture are a simulation of a weekly `cron` with the stack's own `spreadStart`: how many rotations the fullest hour has, and in brackets for how many seconds they would take up the whole quota. A schedule in days needs no spreading: each secret's own day counts from its last rotation.",
    ],
    figures: { rotationsPerSecond, simulated },
  };
}
