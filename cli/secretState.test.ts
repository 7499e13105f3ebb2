import assert from "node:assert/strict";
import { deployedSecret } from "../proofs/world/deployedSecret";
import { readSecretState } from "./secretState";

describe("readSecretState", () => {
  for (const lagging of ["DescribeSecret", "ListSecretVersionIds"]) {
    it(`when ${lagging} lags behind a rotation, reads again until both show the same labels`, async () => {
      const secret = await deployedSecret({}, "rotated once");
      const { service, client } = secret.deployment;
      const { AWSCURRENT } = await secret.labels();
      let staleReads = 2;
      await secret.put({}, ["AWSPENDING"]);
      service.setHooks({
        before: ({ operation }) => (operation === lagging && staleReads-- > 0 ? { kind: "stale" } : undefined),
      });

      const { versions } = await readSecretState(client, secret.arn);

      service.setHooks();
      assert.ok(staleReads < 0, "it was not read again");
      assert.deepEqual(
        versions
          .filter(({ labels }) => labels.length > 0)
          .map(({ labels }) => labels.join(" "))
          .sort(),
        ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"],
      );
      assert.equal(versions.find(({ labels }) => labels.includes("AWSCURRENT"))?.id, AWSCURRENT);
    });
  }
});
