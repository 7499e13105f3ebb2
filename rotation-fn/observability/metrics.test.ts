import assert from "node:assert/strict";
import { serviceError } from "../../proofs/world/effects";
import { type OpenRotation, openRotation } from "../../proofs/world/harness";
import { steps } from "../event";
import { secretName } from "./metrics";

/** One line in CloudWatch's embedded metric format. */
interface MetricLine {
  readonly [field: string]: unknown;
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
}

const hour = 3_600_000;

describe("the metrics of a rotation", () => {
  let rotation: OpenRotation;

  beforeEach(async () => {
    rotation = await openRotation();
  });

  afterEach(() => rotation.harness.close());

  function published(): MetricLine[] {
    return rotation.harness.log.filter((line) => line.includes('"_aws"')).map((line) => JSON.parse(line));
  }

  function namesOf({ _aws }: MetricLine): string[] {
    return _aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name, Unit }) => `${Name} ${Unit}`));
  }

  it("when it succeeds: Success is 1, Duration is the age of its version, of the function alone, and the line names the secret", async () => {
    const { secret } = rotation;
    await secret.runStepsBefore("finishSecret");
    const { versions } = rotation.harness.service.store.find(secret.arn);
    const version = versions.get(secret.token);
    assert.ok(version);
    const createdAt = new Date(Date.now() - hour);
    versions.set(secret.token, { ...version, createdAt });
    assert.equal((await secret.runStep("finishSecret")).ok, true);

    const [line, ...others] = published();
    assert.ok(line);
    assert.deepEqual(others, []);
    assert.deepEqual(namesOf(line), ["Success Count", "Duration Milliseconds"]);
    assert.equal(line.Success, 1);
    const elapsed = Date.now() - createdAt.getTime();
    assert.ok(Number(line.Duration) >= hour && Number(line.Duration) <= elapsed, `${line.Duration} ms`);
    assert.equal(line.SecretName, secret.name);
    assert.deepEqual(
      line._aws.CloudWatchMetrics.map(({ Namespace, Dimensions }) => [Namespace, Dimensions]),
      [["SecretsManagerRotation", [["service"]]]],
    );
  });

  it("when a repeated finishSecret finds the version current, it is not counted again", async () => {
    for (const step of [...steps, "finishSecret"] as const)
      assert.equal((await rotation.secret.runStep(step)).ok, true);
    assert.deepEqual(published().flatMap(namesOf), ["Success Count", "Duration Milliseconds"]);
  });

  for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) {
    it(`when ${step} fails: Failure is 1, of the function alone, and the line names the secret`, async () => {
      const { harness, secret } = rotation;
      await secret.runStepsBefore(step);
      harness.effects.watcher = {
        before: async ({ at }) => (at === "Secrets Manager" ? serviceError("AccessDeniedException", "no") : undefined),
      };
      assert.equal((await secret.runStep(step)).ok, false);

      const [line, ...others] = published();
      assert.ok(line);
      assert.deepEqual(others, []);
      assert.deepEqual([namesOf(line), line.Failure, line.SecretName], [["Failure Count"], 1, secret.name]);
      assert.deepEqual(line._aws.CloudWatchMetrics[0]?.Dimensions, [["service"]]);
    });
  }

  it("METRICS_PER_SECRET: each metric is of the secret and of the function", async () => {
    const { harness, secret } = await openRotation({ function: { environment: { METRICS_PER_SECRET: "true" } } });
    for (const step of steps) assert.equal((await secret.runStep(step)).ok, true);
    const [line] = harness.log.filter((text) => text.includes('"_aws"')).map((text): MetricLine => JSON.parse(text));
    assert.deepEqual(line?._aws.CloudWatchMetrics[0]?.Dimensions, [["service", "SecretName"], ["service"]]);
    await harness.close();
  });

  it("when the event is invalid, there is no secret to count it for", async () => {
    await rotation.harness.fn.invoke({ Step: "rotate" });
    assert.deepEqual(published(), []);
  });
});

describe("secretName", () => {
  const arnOfX = "arn:aws:secretsmanager:us-east-1:000000000000:secret:x-AbCdEf";
  for (const [what, id, name] of [
    ["an ARN", "arn:aws:secretsmanager:us-east-1:000000000000:secret:ananta/dev/db-AbCdEf", "ananta/dev/db"],
    ["an ARN of another partition", "arn:aws-cn:secretsmanager:cn-north-1:000000000000:secret:a-b-AbCdEf", "a-b"],
    ["a name", "ananta/dev/db", "ananta/dev/db"],
    ["a text that contains an ARN", `see ${arnOfX}`, `see ${arnOfX}`],
    ["an ARN with a text behind it", `${arnOfX}!`, `${arnOfX}!`],
    ["a name that ends like an ARN", "db-AbCdEf", "db-AbCdEf"],
    [
      "an ARN of something else",
      "arn:aws:sns:us-east-1:000000000000:secret:x-AbCdEf",
      "arn:aws:sns:us-east-1:000000000000:secret:x-AbCdEf",
    ],
  ] as const) {
    it(`of ${what}`, () => assert.equal(secretName(id), name));
  }
});
