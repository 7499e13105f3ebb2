import assert from "node:assert/strict";
import { byMasterarn, settingsOf, settingTags } from "./settings";

describe("settingsOf", () => {
  const admin = "arn:aws:secretsmanager:us-east-1:000000000000:secret:rds!db-1-AbCdEf";
  const strategyOf = (tag: string | undefined, masterarn?: string): string => {
    const tags = {
      ...(tag !== undefined && { [settingTags.strategy]: tag }),
      [settingTags.adminSecretArn]: admin.replace("!", " "),
    };
    const value = { engine: "postgres", host: "h", port: 5432, username: "u", password: "p", dbname: "d", ssl: true };
    const current = { ...value, json: {}, masterarn };
    const settings = settingsOf({ rotationEnabled: true, stages: {}, tags }, current);
    assert.equal(settings.adminSecretArn, admin);
    return settings.strategy;
  };

  it("goes by the tag, whatever the secret says", () => {
    assert.equal(strategyOf("single-user", admin), "single-user");
    assert.equal(strategyOf("alternating-users"), "alternating-users");
  });

  for (const tag of [undefined, byMasterarn]) {
    it(`goes by the secret's masterarn where the tag is ${tag ?? "missing"}, as AWS's own functions do`, () => {
      assert.equal(strategyOf(tag), "single-user");
      assert.equal(strategyOf(tag, admin), "alternating-users");
    });
  }

  it("refuses a strategy that there is not", () => {
    assert.throws(() => strategyOf("three-users"), { code: "InvalidSettings" });
  });
});
