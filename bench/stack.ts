import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Part } from "./part";
import type { StackProbe } from "./stackProbe";
import { median } from "./statistics";
import type { Cell } from "./table";

const root = join(__dirname, "..");
const sizes = [1, 10, 100, 1000];

export const stack: Part = {
  name: "stack",
  title: "The Pulumi program",
  async measure(bench) {
    const probes: StackProbe[] = [];
    for (const size of bench.quick ? sizes.slice(0, 3) : sizes) {
      bench.progress(`evaluating the program with ${size} databases`);
      probes.push(await probe(size));
    }
    // The parts that do not depend on the size have been measured as often as there are sizes.
    const shared = (of: (probe: StackProbe) => number): string => `${median(probes.map(of)).toFixed(0)} ms`;
    const [first, last] = [probes[0], probes.at(-1)];
    if (first === undefined || last === undefined) throw new Error("nothing was measured");
    const perDatabase = (of: (probe: StackProbe) => number): number =>
      (of(last) - of(first)) / (last.databases - first.databases);
    return {
      tables: [
        {
          head: ["databases", "evaluation", "per database", "resources", "bytes of policies"],
          rows: probes.map(({ databases, evaluateMs, resources, policyBytes }): Cell[] => [
            databases.toLocaleString("en-US"),
            `${evaluateMs.toFixed(0)} ms`,
            `${(evaluateMs / databases).toFixed(1)} ms`,
            resources,
            policyBytes,
          ]),
        },
        {
          head: ["start-up, the same for every size", "median"],
          rows: [
            ["import of @pulumi/pulumi", shared(({ importPulumiMs }) => importPulumiMs)],
            ["import of @pulumi/aws and @pulumi/awsx", shared(({ importAwsMs }) => importAwsMs)],
            ["import of the program, zod and esbuild", shared(({ importProgramMs }) => importProgramMs)],
            ["bundling the function", shared(({ bundleMs }) => bundleMs)],
          ],
        },
      ],
      notes: [
        `Each further database is ${perDatabase(({ resources }) => resources).toFixed(2)} resources and ${perDatabase(({ policyBytes }) => policyBytes).toFixed(2)} bytes of policies. Evaluated against a recorder in place of Pulumi's engine: what the engine and AWS take comes on top.`,
      ],
      figures: { probes },
    };
  },
};

async function probe(databases: number): Promise<StackProbe> {
  const args = ["--import", "tsx", join(__dirname, "stackProbe.ts"), String(databases)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as StackProbe;
}
