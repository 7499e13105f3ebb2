import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rdsRoots } from "../../build/rootsOfTrust";

let done = false;

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
 * Has log-ins from this machine trust Amazon's RDS roots of the region, as the function in its archive does, besides the
 * public ones and those of `NODE_EXTRA_CA_CERTS`. Must run before the first log-in.
 */
export function trustDatabases(region: string | undefined): void {
  if (done || region === undefined) return;
  done = true;
  const own = process.env.NODE_EXTRA_CA_CERTS;
  const certificates = [
    ...rdsRoots(region, new Date()),
    ...(own && existsSync(own) ? [readFileSync(own, "utf8")] : []),
  ];
  const folder = mkdtempSync(join(tmpdir(), "trust-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "trust.pem");
  writeFileSync(file, certificates.join("\n"));
  process.env.NODE_EXTRA_CA_CERTS = file;
}
