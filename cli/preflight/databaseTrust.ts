import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rdsRoots } from "../../build/rootsOfTrust";
import { UsageError } from "../terminal/commandLine";

const regions = new Set<string>();
let own: string | undefined;
let made: string | undefined;

/**
 * The AWS region of the first that names one, an ARN or a host name of RDS
 * (`<name>.<id>.<region>.rds.amazonaws.com`), or that of the environment.
 */
export function regionOf(
  names: readonly (string | undefined)[],
  { AWS_REGION }: NodeJS.ProcessEnv,
): string | undefined {
  const named = names.map((name = "") =>
    name.startsWith("arn:") ? name.split(":")[3] : /\.([a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com/.exec(name)?.[1],
  );
  return named.find(Boolean) ?? AWS_REGION;
}

/**
 * Has log-ins from this machine trust Amazon's RDS roots of the regions, as the function in its archive does, besides the
 * public ones and those of a file. Counts up to the first log-in.
 *
 * @param file - PEM of a certificate authority. @default that of `NODE_EXTRA_CA_CERTS`
 * @throws UsageError where a file that was named is not there
 */
export function trustDatabases(more: readonly (string | undefined)[], file?: string): void {
  if (file !== undefined) {
    if (!existsSync(file)) throw new UsageError(`--ca: there is no file ${file}`);
    process.env.NODE_EXTRA_CA_CERTS = file;
  }
  const added = more.filter((region) => region !== undefined && !regions.has(region));
  if (added.length === 0) return;
  for (const region of added) regions.add(String(region));
  if (process.env.NODE_EXTRA_CA_CERTS !== made) own = process.env.NODE_EXTRA_CA_CERTS;
  const certificates = [
    ...[...regions].flatMap((region) => rdsRoots(region, new Date())),
    ...(own && existsSync(own) ? [readFileSync(own, "utf8")] : []),
  ];
  made ??= temporaryFile();
  writeFileSync(made, certificates.join("\n"));
  process.env.NODE_EXTRA_CA_CERTS = made;
}

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "trust-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "trust.pem");
}
