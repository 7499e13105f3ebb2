import assert from "node:assert/strict";
import { targetsOfNames } from "./targets";

const arn = (region: string, name: string) => `arn:aws:secretsmanager:${region}:123456789012:secret:${name}`;

describe("targetsOfNames", () => {
  it("when a name and ARNs of it are given, keeps each ARN once, and not the name", () => {
    const [one, other] = [arn("us-east-1", "db-AAAAAA"), arn("us-east-1", "db-BBBBBB")];
    assert.deepEqual(targetsOfNames(["db", one, other, one, "app", "app"]).secrets, [one, other, "app"]);
  });

  it("when ARNs of one name are of several regions, throws", () => {
    const named = [arn("us-east-1", "db-AAAAAA"), arn("eu-west-1", "db-BBBBBB")];
    assert.throws(() => targetsOfNames(named), /several regions \(us-east-1, eu-west-1\)/);
  });
});
