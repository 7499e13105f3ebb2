import { X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rdsRoots } from "../../build/rootsOfTrust";
import { UsageError } from "../terminal/commandLine";

const regions = new Set<string>();
let userFile: string | undefined;
let bundleFile: string | undefined;

/**
 * The AWS region in the first ARN or RDS host name (`<name>.<id>.<region>.rds.amazonaws.com`) that contains one, or the
 * region of the environment.
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
 * Makes this process trust Amazon's RDS roots of the regions, as the deployed function does, in addition to the public
 * roots and those of a file. Has no effect after the first login.
 *
 * @param file - PEM of a certificate authority. @default the file in `NODE_EXTRA_CA_CERTS`
 * @throws UsageError if the file does not exist or contains no certificate
 */
export function trustDatabases(requestedRegions: readonly (string | undefined)[], file?: string): void {
  if (file !== undefined) {
    requireCertificates(file);
    process.env.NODE_EXTRA_CA_CERTS = file;
  }
  const newRegions = requestedRegions.filter((region) => region !== undefined && !regions.has(region));
  if (newRegions.length === 0) return;
  for (const region of newRegions) regions.add(String(region));
  if (process.env.NODE_EXTRA_CA_CERTS !== bundleFile) userFile = process.env.NODE_EXTRA_CA_CERTS;
  const certificates = [
    ...[...regions].flatMap((region) => rdsRoots(region, new Date())),
    ...(userFile && existsSync(userFile) ? [readFileSync(userFile, "utf8")] : []),
  ];
  bundleFile ??= temporaryFile();
  writeFileSync(bundleFile, certificates.join("\n"));
  process.env.NODE_EXTRA_CA_CERTS = bundleFile;
}

/** Node.js ignores a file without certificates, and one in DER format. The login would then fail with a misleading error. */
function requireCertificates(file: string): void {
  if (!existsSync(file)) throw new UsageError(`--ca: file ${file} does not exist`);
  try {
    new X509Certificate(readFileSync(file, "utf8"));
  } catch {
    throw new UsageError(`--ca: file ${file} contains no certificate in PEM format`);
  }
}

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "trust-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "trust.pem");
}
