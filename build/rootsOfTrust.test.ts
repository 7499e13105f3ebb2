import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { certificatesOf, rdsRoots, trustPem } from "./rootsOfTrust";

const today = new Date("2026-01-01");
const commonNames = (pems: string[]): string[] =>
  pems.map((pem) => /^CN=(.*)$/m.exec(new X509Certificate(pem).subject)?.[1] ?? "").sort();

describe("trust", () => {
  it("has the roots of the region and of no other, and none of Amazon's test roots", () => {
    assert.deepEqual(commonNames(rdsRoots("us-east-1", today)), [
      "Amazon RDS us-east-1 Root CA ECC384 G1",
      "Amazon RDS us-east-1 Root CA RSA2048 G1",
      "Amazon RDS us-east-1 Root CA RSA4096 G1",
    ]);
  });

  it("has none that has expired", () => {
    assert.equal(rdsRoots("us-east-1", new Date("2070-01-01")).length, 2);
    assert.equal(rdsRoots("us-east-1", new Date("2130-01-01")).length, 0);
  });

  it("adds the certificates that it is given", () => {
    const [own = ""] = rdsRoots("eu-west-1", today);
    const pem = trustPem("us-east-1", `a comment\n${own}`, today);
    assert.equal(certificatesOf(pem).length, 4);
    assert.ok(pem.includes(own.trim()));
  });

  it("refuses a text without a certificate, and one with a broken one", () => {
    assert.throws(() => trustPem("us-east-1", "ca.pem", today), /`databaseCa` holds no PEM certificate/);
    assert.throws(() => certificatesOf("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"));
  });
});
