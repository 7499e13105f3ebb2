import { choice, flag } from "../../cli/terminal/option";
import { program, stopOnSignal } from "../../cli/terminal/program";
import { terminal } from "../../cli/terminal/terminal";
import { breakages } from "./breakages";
import { rehearsalScenarios } from "./scenarios";

const commandLine = {
  name: "npm start --",
  summary: `Rehearses a rotation: evaluates the Pulumi program, takes the Lambda archive that it would deploy, and lets a
local Secrets Manager rotate the password of a real PostgreSQL with it. No AWS account.`,
  options: {
    json: flag("print the result as one JSON object on the last line"),
    keep: flag("leave database and Secrets Manager running until Ctrl-C, and print how to connect"),
    strategy: choice("<name>", "how the password is rotated; default single-user", rehearsalScenarios),
    break: choice("<what>", "break something on purpose and see how it is detected", breakages),
  },
  notes: [
    `environment:
  NO_COLOR  print without colors`,
  ],
};

program(commandLine, async ({ json, keep, strategy = "single-user", break: breakage }) => {
  // Loaded only now: help and a wrong option need no Pulumi.
  const [{ Rehearsal }, { rehearse }, { describeBreakage, report }, { keepRunning }] = await Promise.all([
    import("./rehearsal.js"),
    import("./rehearse.js"),
    import("./report.js"),
    import("./keep.js"),
  ]);
  const rehearsal = new Rehearsal(rehearsalScenarios[strategy], breakage && breakages[breakage]);
  stopOnSignal(() => rehearsal.stop());
  const output = terminal(process, json);
  try {
    const result = await rehearse(rehearsal, output.progress);
    report(breakage ? { ...result, broken: describeBreakage(breakages[breakage], strategy) } : result, output, json);
    if (keep && rehearsal.started) await keepRunning(rehearsal, output);
    return result.ok;
  } finally {
    await rehearsal.stop();
  }
});
