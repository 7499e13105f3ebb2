import assert from "node:assert/strict";
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type RotateSecretCommandInput,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { localClient } from "../../proofs/world/client";
import {
  type InvocationOutcome,
  type Invoke,
  type RotationFunctionEvent,
  type SecretsManager,
  startSecretsManager,
} from "./index";
import { callsOf, RotationLambdaARN, SecretId, versionId } from "./testing/calls";

const [FIRST, TOKEN] = [versionId("one"), versionId("two")];
const NOW = new Date("2026-01-01T00:00:00Z");

describe("a rotation by the emulator of Secrets Manager", () => {
  let service: SecretsManager;
  let client: SecretsManagerClient;
  let invocations: RotationFunctionEvent[];
  let serviceEvents: string[];
  let respond: (event: RotationFunctionEvent) => Promise<InvocationOutcome>;

  beforeEach(async () => {
    invocations = [];
    serviceEvents = [];
    respond = goodFunction;
    const invoke: Invoke = (_arn, event) => {
      invocations.push(event);
      return respond(event);
    };
    service = await startSecretsManager({ invoke, clock: () => NOW, retryDelayMs: 1 });
    service.events.on("serviceEvent", (name) => serviceEvents.push(name));
    client = localClient(service.endpoint);
    await client.send(new CreateSecretCommand({ Name: SecretId, SecretString: "v1", ClientRequestToken: FIRST }));
  });

  afterEach(async () => {
    client.destroy();
    await service.close();
  });

  /** A correct rotation function, without a database. */
  async function goodFunction({
    Step,
    SecretId,
    ClientRequestToken,
  }: RotationFunctionEvent): Promise<InvocationOutcome> {
    if (Step === "createSecret") {
      await client.send(
        new PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString: "v2", VersionStages: ["AWSPENDING"] }),
      );
    }
    if (Step === "finishSecret") {
      const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }));
      const [current] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes("AWSCURRENT")) ?? [];
      if (current !== ClientRequestToken) {
        await client.send(
          new UpdateSecretVersionStageCommand({
            ...{ SecretId, VersionStage: "AWSCURRENT", MoveToVersionId: ClientRequestToken },
            ...(current !== undefined && { RemoveFromVersionId: current }),
          }),
        );
      }
    }
    return { ok: true };
  }

  const failing =
    (step: string, times: number) =>
    async (event: RotationFunctionEvent): Promise<InvocationOutcome> => {
      if (event.Step === step && times-- > 0) return { ok: false, errorType: "Error", errorMessage: "no" };
      return goodFunction(event);
    };

  const { describeSecret, ...calls } = callsOf(() => client);
  const rotate = (more: Partial<RotateSecretCommandInput> = {}) => calls.rotate("two", more);
  const finishRotation = async (more: Partial<RotateSecretCommandInput> = {}) => {
    await rotate(more);
    return service.rotationFinished(SecretId);
  };

  it("calls the four steps in order and makes the new version current", async () => {
    const { ARN, VersionId } = await rotate();
    const outcome = await service.rotationFinished(SecretId);

    assert.equal(VersionId, TOKEN);
    assert.deepEqual(
      invocations,
      ["createSecret", "setSecret", "testSecret", "finishSecret"].map((Step) => ({
        ...{ Step, SecretId: ARN, ClientRequestToken: TOKEN },
      })),
    );
    assert.equal(outcome.succeeded, true);
    assert.deepEqual(serviceEvents, ["RotationStarted", "RotationSucceeded"]);
    const secret = await describeSecret();
    assert.deepEqual(secret.VersionIdsToStages, { [FIRST]: ["AWSPREVIOUS"], [TOKEN]: ["AWSPENDING", "AWSCURRENT"] });
    assert.deepEqual([secret.RotationEnabled, secret.RotationLambdaARN], [true, RotationLambdaARN]);
    assert.deepEqual([secret.LastRotatedDate, secret.NextRotationDate], [NOW, new Date("2026-01-31T00:00:00Z")]);
  });

  it("registers the new version as AWSPENDING without a value before the first step", async () => {
    let seen: unknown;
    let read: Promise<unknown> | undefined;
    respond = async (event) => {
      seen ??= (await describeSecret()).VersionIdsToStages?.[TOKEN];
      read ??= client
        .send(new GetSecretValueCommand({ SecretId, VersionId: TOKEN, VersionStage: "AWSPENDING" }))
        .catch((error: Error) => error);
      await read;
      return goodFunction(event);
    };

    await finishRotation();

    assert.deepEqual(seen, ["AWSPENDING"]);
    const error = await read;
    assert.ok(error instanceof Error);
    assert.equal(error.name, "ResourceNotFoundException");
    assert.match(error.message, /specified secret value for staging label: AWSPENDING/);
  });

  it("when a step fails, retries the whole rotation with the same token", async () => {
    respond = failing("testSecret", 1);

    const outcome = await finishRotation();

    assert.deepEqual([outcome.succeeded, outcome.attempts], [true, 2]);
    assert.deepEqual(
      invocations.map(({ Step }) => Step),
      [...["createSecret", "setSecret", "testSecret"], ...["createSecret", "setSecret", "testSecret", "finishSecret"]],
    );
    assert.deepEqual(new Set(invocations.map(({ ClientRequestToken }) => ClientRequestToken)), new Set([TOKEN]));
  });

  it("when the last retry fails, leaves AWSPENDING and refuses the next rotation", async () => {
    respond = failing("setSecret", Number.POSITIVE_INFINITY);

    const outcome = await finishRotation();

    assert.deepEqual([outcome.succeeded, outcome.attempts], [false, 3]);
    assert.equal(outcome.failure, "setSecret: Error: no");
    assert.deepEqual(serviceEvents, ["RotationStarted", "RotationFailed"]);
    const { VersionIdsToStages, LastRotatedDate } = await describeSecret();
    assert.deepEqual(VersionIdsToStages, { [FIRST]: ["AWSCURRENT"], [TOKEN]: ["AWSPENDING"] });
    assert.equal(LastRotatedDate, undefined);
    await assert.rejects(rotate({ ClientRequestToken: versionId("three") }), {
      name: "InvalidRequestException",
      message: "A previous rotation isn't complete. That rotation will be reattempted.",
    });
  });

  it("when finishSecret did not move AWSCURRENT, fails", async () => {
    respond = async (event) => (event.Step === "finishSecret" ? { ok: true } : goodFunction(event));

    const outcome = await finishRotation();

    assert.equal(outcome.succeeded, false);
    assert.match(outcome.failure ?? "", /did not become AWSCURRENT/);
  });

  it("when the function cannot be invoked, counts it as a failed step", async () => {
    respond = () => Promise.reject(new Error("no network interface"));

    assert.match((await finishRotation()).failure ?? "", /createSecret: .*no network interface/);
  });

  it("when a request is sent twice, starts one rotation", async () => {
    await Promise.all([rotate(), rotate()]);
    await service.rotationFinished(SecretId);

    assert.equal(invocations.length, 4);
  });

  it("when it is canceled, ends before the next step and keeps its labels", async () => {
    const canceled: Promise<unknown>[] = [];
    respond = async (event) => {
      if (event.Step === "setSecret") canceled.push(client.send(new CancelRotateSecretCommand({ SecretId })));
      await Promise.all(canceled);
      return goodFunction(event);
    };

    const outcome = await finishRotation();

    assert.equal(outcome.succeeded, false);
    assert.equal(invocations.length, 2);
    assert.deepEqual(serviceEvents, ["RotationStarted"]);
    assert.equal((await describeSecret()).RotationEnabled, false);
    assert.deepEqual((await describeSecret()).VersionIdsToStages?.[TOKEN], ["AWSPENDING"]);
  });

  it("reports the end of each step", async () => {
    const seen: string[] = [];
    service.events.on("stepEnded", ({ step, outcome, durationMs }) => {
      seen.push(`${step} ${outcome.ok ? "succeeded" : "failed"}`);
      assert.ok(durationMs >= 0);
    });
    respond = failing("setSecret", 1);

    await finishRotation();

    assert.deepEqual(seen.slice(0, 3), ["createSecret succeeded", "setSecret failed", "createSecret succeeded"]);
  });

  const schedules: [string, RotateSecretCommandInput["RotationRules"], boolean][] = [
    ["30 days", { AutomaticallyAfterDays: 30 }, true],
    ["a rate in days", { ScheduleExpression: "rate(10 days)", Duration: "3h" }, true],
    ["a cron expression", { ScheduleExpression: "cron(0 16 1,15 * ? *)", Duration: "2h" }, true],
    ["both days and an expression", { AutomaticallyAfterDays: 1, ScheduleExpression: "rate(1 day)" }, false],
    ["neither", {}, false],
    ["0 days", { AutomaticallyAfterDays: 0 }, false],
    ["more often than every 4 hours", { ScheduleExpression: "rate(3 hours)" }, false],
    ["minutes other than 0", { ScheduleExpression: "cron(5 8 * * ? *)" }, false],
    ["a year", { ScheduleExpression: "cron(0 8 * * ? 2026)" }, false],
    ["a duration in minutes", { AutomaticallyAfterDays: 1, Duration: "30m" }, false],
    // [D, service model]
    ["a window longer than a day", { AutomaticallyAfterDays: 30, Duration: "99h" }, false],
    ["a window of no hours", { AutomaticallyAfterDays: 30, Duration: "0h" }, false],
    ["a window of a whole day", { AutomaticallyAfterDays: 30, Duration: "24h" }, true],
    ["a window into the next one", { ScheduleExpression: "rate(6 hours)", Duration: "7h" }, false],
    ["a window into the next day", { ScheduleExpression: "cron(0 22 * * ? *)", Duration: "3h" }, false],
    ["a cron expression without ?", { ScheduleExpression: "cron(0 8 * * * *)" }, false],
    ["a cron expression with ? twice", { ScheduleExpression: "cron(0 8 ? * ? *)" }, false],
  ];
  for (const [what, RotationRules, accepted] of schedules) {
    it(`${accepted ? "accepts" : "refuses"} a schedule of ${what}`, async () => {
      if (accepted) {
        await rotate({ RotationRules });
        assert.deepEqual((await describeSecret()).RotationRules, RotationRules);
      } else {
        await assert.rejects(rotate({ RotationRules }), { name: /InvalidParameterException|ValidationException/ });
        assert.equal((await describeSecret()).RotationEnabled, undefined);
      }
    });
  }
});
