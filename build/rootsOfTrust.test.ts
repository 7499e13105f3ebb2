import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { certificatesOf, rdsRoots, trustPem } from "./rootsOfTrust";

const today = new Date("2026-01-01");
const commonNames = (pems: string[]): string[] =>
  pems.map((pem) => /^CN=(.*)$/m.exec(new X509Certificate(pem).subject)?.[1] ?? "").sort();

describe("roots of trust", () => {
  it("rdsRoots: the roots of the region, none of another region, and no test root", () => {
    assert.deepEqual(commonNames(rdsRoots("us-east-1", today)), [
      "Amazon RDS us-east-1 Root CA ECC384 G1",
      "Amazon RDS us-east-1 Root CA RSA2048 G1",
      "Amazon RDS us-east-1 Root CA RSA4096 G1",
    ]);
  });

  it("rdsRoots: no expired root", () => {
    assert.equal(rdsRoots("us-east-1", new Date("2070-01-01")).length, 2);
    assert.equal(rdsRoots("us-east-1", new Date("2130-01-01")).length, 0);
  });

  it("trustPem with databaseCa: adds its certificates", () => {
    const [own = ""] = rdsRoots("eu-west-1", today);
    const pem = trustPem("us-east-1", `a comment\n${own}`, today);
    assert.equal(certificatesOf(pem).length, 4);
    assert.ok(pem.includes(own.trim()));
  });

  it("a text without a certificate, or with an invalid one: an error", () => {
    assert.throws(() => trustPem("us-east-1", "ca.pem", today), /`databaseCa` contains no PEM certificate/);
    assert.throws(() => certificatesOf("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"));
  });
});
