import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  type Filter,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  type SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { localClient } from "../../proofs/world/client";
import { type Invoke, type RotationFunctionEvent, type SecretsManager, startSecretsManager } from "./index";
import { callsOf, post, SecretId, versionId } from "./testing/calls";

const DAY = 86_400_000;

/*
 * Rules that matter for a rotation, each with the rank of its evidence (see rules.ts). R and V are cases of LocalStack's
 * and moto's public suites, D is the API reference, the user guide or the service model, T are acceptance tests of the
 * Terraform AWS provider.
 *
 * The emulator deliberately does not follow these cases of the two suites:
 * - Members that an operation does not have: it refuses them, to find typing errors.
 * - The text of seven messages about an invalid parameter (moto), which no recording shows. The error's name is the same.
 * - CancelRotateSecret before a rotation was configured, an invalid recovery window for a missing secret, and the order of
 *   labels (moto): there is no evidence of AWS's answer.
 * - Cases of moto that contradict a recording or the API reference.
 * Not offered: BatchGetSecretValue, ValidateResourcePolicy, a second account or region, IDs that the caller chooses.
 */
describe("the emulator of Secrets Manager, compared with AWS", () => {
  let service: SecretsManager;
  let client: SecretsManagerClient;
  let now: Date;
  let events: string[];
  let steps: string[];
  /** The rotation function. By default it does nothing, so that a rotation stays pending. */
  let respond: (event: RotationFunctionEvent) => Promise<unknown>;

  beforeEach(async () => {
    now = new Date("2026-01-01T10:30:00Z");
    events = [];
    steps = [];
    respond = () => Promise.reject(new Error("the test runs the steps"));
    const invoke: Invoke = async (_arn, event) => {
      steps.push(event.Step);
      await respond(event);
      return { ok: true };
    };
    service = await startSecretsManager({ invoke, clock: () => now, retries: 0, retryDelayMs: 1 });
    service.events.on("serviceEvent", (name) => events.push(name));
    client = localClient(service.endpoint);
    await client.send(
      new CreateSecretCommand({ Name: SecretId, SecretString: "v1", ClientRequestToken: versionId("one") }),
    );
  });

  afterEach(async () => {
    client.destroy();
    await service.close();
  });

  const { describeSecret, stages, rotate, ...calls } = callsOf(() => client);
  const put = (token: string, ...labels: string[]) => calls.put(token, `value of ${token}`, ...labels);
  const promote = (from: string, to: string) => calls.move("AWSCURRENT", from, to);
  /** A rotation whose steps have all failed: its version is registered and has no value. */
  const register = async (token: string, more: object = {}) => {
    await rotate(token, more);
    await service.rotationFinished(SecretId);
  };
  /** A correct rotation function. */
  const rotating = async ({ Step, ClientRequestToken }: RotationFunctionEvent): Promise<void> => {
    const token = ClientRequestToken.replace(/-+$/, "");
    if (Step === "createSecret") await put(token, "AWSPENDING");
    if (Step === "finishSecret") await promote("one", token);
  };

  describe("a value that is stored by hand", () => {
    it("[R] removes AWSPENDING from the version that was current, and keeps its other labels", async () => {
      await put("two", "AWSPENDING", "CUSTOM");
      await promote("one", "two");
      assert.deepEqual((await stages()).two, ["AWSCURRENT", "AWSPENDING", "CUSTOM"]);

      await put("three");

      assert.deepEqual(await stages(), { two: ["AWSPREVIOUS", "CUSTOM"], three: ["AWSCURRENT"] });
      assert.deepEqual(events, [], "no rotation was running that could be abandoned");
    });

    for (const [by, store] of [
      ["PutSecretValue", () => put("three")],
      ["UpdateSecret", () => client.send(new UpdateSecretCommand({ SecretId, SecretString: "edited" }))],
    ] as const) {
      it(`[D, T] by ${by}: abandons the running rotation, and the next one may start`, async () => {
        await register("two");
        await put("two", "AWSPENDING");
        assert.deepEqual((await stages()).two, ["AWSPENDING"]);
        events.length = 0;

        await store();

        assert.equal((await stages()).two, undefined);
        assert.deepEqual(events, ["RotationAbandoned"]);
        await register("four");
        assert.deepEqual((await stages()).four, ["AWSPENDING"]);
      });
    }

    it("[?] calls no further step of the rotation", async () => {
      respond = async (event) => (event.Step === "setSecret" ? put("three") : rotating(event));

      await register("two");

      assert.deepEqual(steps, ["createSecret", "setSecret"]);
      assert.deepEqual(events, ["RotationStarted", "RotationAbandoned"]);
    });

    it("[D] when it is stored with another label, does not abandon a rotation", async () => {
      await register("two");
      await put("three", "CUSTOM");
      assert.deepEqual((await stages()).two, ["AWSPENDING"]);
    });
  });

  it("[D] ListSecretVersionIds omits a version without a value, but DescribeSecret has its labels", async () => {
    await register("two");
    const list = async () =>
      (await client.send(new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated: true }))).Versions?.length;

    assert.equal(await list(), 1);
    assert.deepEqual((await stages()).two, ["AWSPENDING"]);
    await put("two", "AWSPENDING");
    assert.equal(await list(), 2);
  });

  it("[?] with a read lag, reads show the state before a write until the lag ends", async () => {
    service.setRules({ readLagMs: 2_000 });
    await put("two");

    assert.deepEqual(await stages(), { one: ["AWSCURRENT"] });
    assert.equal((await calls.get()).SecretString, "v1");
    while ((await stages()).two === undefined) await sleep(50);
    assert.deepEqual(await stages(), { one: ["AWSPREVIOUS"], two: ["AWSCURRENT"] });
  });

  for (const testVersionHasValue of [true, false]) {
    const rank = testVersionHasValue ? "V" : "?, the other answer";
    it(`[${rank}] with RotateImmediately false, testSecret reads ${testVersionHasValue ? "the current" : "no"} value`, async () => {
      service.setRules({ testVersionHasValue });
      let seen: unknown;
      respond = async ({ ClientRequestToken }) => {
        const version = { VersionId: ClientRequestToken, VersionStage: "AWSPENDING" };
        seen = await client.send(new GetSecretValueCommand({ SecretId, ...version })).then(
          ({ SecretString }) => SecretString,
          (error: Error) => error.name,
        );
      };

      await register("two", { RotateImmediately: false });

      assert.deepEqual(steps, ["testSecret"]);
      assert.equal(seen, testVersionHasValue ? "v1" : "ResourceNotFoundException");
      assert.deepEqual(await stages(), { one: ["AWSCURRENT"] });
      assert.deepEqual(events, ["TestRotationStarted", "TestRotationSucceeded"]);
      const { LastRotatedDate, RotationEnabled } = await describeSecret();
      assert.deepEqual([LastRotatedDate, RotationEnabled], [undefined, true]);
    });
  }

  it("[D] CancelRotateSecret sends no RotationAbandoned; it keeps labels and names the pending version", async () => {
    await register("two");
    events.length = 0;

    const { VersionId } = await client.send(new CancelRotateSecretCommand({ SecretId }));

    assert.equal(VersionId, versionId("two"));
    assert.deepEqual(events, []);
    assert.deepEqual((await stages()).two, ["AWSPENDING"]);
    assert.equal((await describeSecret()).RotationEnabled, false);
  });

  for (const removesPendingAfterRotation of [false, true]) {
    const rank = removesPendingAfterRotation ? "?, a maintainer's word" : "R, V";
    it(`[${rank}] a rotation that succeeded leaves AWSPENDING ${removesPendingAfterRotation ? "nowhere" : "on AWSCURRENT"}`, async () => {
      service.setRules({ removesPendingAfterRotation });
      let promoted: unknown;
      respond = async (event) => {
        await rotating(event);
        if (event.Step === "finishSecret") promoted = (await stages()).two;
      };

      await register("two");

      assert.deepEqual(promoted, ["AWSCURRENT", "AWSPENDING"], "immediately after the label was moved");
      assert.deepEqual((await stages()).two, removesPendingAfterRotation ? ["AWSCURRENT"] : promoted);
    });
  }

  for (const reattemptsAfterRefusal of [false, true]) {
    const rank = reattemptsAfterRefusal ? "?, the message's words" : "T, the message";
    it(`[${rank}] a refused RotateSecret ${reattemptsAfterRefusal ? "runs the pending rotation again" : "changes nothing"}`, async () => {
      service.setRules({ reattemptsAfterRefusal });
      await register("two");
      respond = rotating;

      await assert.rejects(rotate("three"), {
        name: "InvalidRequestException",
        message: "A previous rotation isn't complete. That rotation will be reattempted.",
      });
      await service.rotationFinished(SecretId);

      const { two = [] } = await stages();
      assert.equal(two.includes("AWSCURRENT"), reattemptsAfterRefusal);
    });
  }

  it("[D] while rotation is off, has no LastRotatedDate", async () => {
    respond = rotating;
    await register("two");
    assert.deepEqual((await describeSecret()).LastRotatedDate, now);

    await client.send(new CancelRotateSecretCommand({ SecretId }));

    const { LastRotatedDate, NextRotationDate } = await describeSecret();
    assert.deepEqual([LastRotatedDate, NextRotationDate], [undefined, undefined]);
  });

  it("[D] counts a value that is stored by hand as a rotation for the next one's date", async () => {
    respond = rotating;
    await register("two");
    const rotated = now;
    now = new Date(now.getTime() + 10 * DAY);

    await put("three");

    const { LastRotatedDate, NextRotationDate } = await describeSecret();
    assert.deepEqual([LastRotatedDate, NextRotationDate], [rotated, new Date(now.getTime() + 30 * DAY)]);
  });

  it("[R, D] when a secret does not exist, a forced deletion succeeds", async () => {
    const request = { SecretId: "no/such", ForceDeleteWithoutRecovery: true };
    assert.equal((await client.send(new DeleteSecretCommand(request))).Name, "no/such");
    await assert.rejects(client.send(new DeleteSecretCommand({ SecretId: "no/such" })), {
      name: "ResourceNotFoundException",
    });
  });

  it("[R] when both value and secret are missing, reports the missing value", async () => {
    await assert.rejects(client.send(new PutSecretValueCommand({ SecretId: "no/such" })), {
      name: "InvalidRequestException",
      message: /either SecretString or SecretBinary/,
    });
  });

  describe("plain HTTP", () => {
    const refusalOf = async (operation: string, body: object) => {
      const { __type, Message, message } = (await post(service.endpoint, `secretsmanager.${operation}`, body)).body;
      return [__type, Message ?? message] as const;
    };
    const value = { SecretString: "s" };
    const missing = { SecretId: "no/such" };

    // LocalStack: test_no_client_request_token
    for (const [operation, body, type] of [
      ["CreateSecret", { Name: "new", ...value }, "InvalidRequestException"],
      ["UpdateSecret", { ...missing, ...value }, "InvalidRequestException"],
      ["PutSecretValue", { ...missing, ...value }, "InvalidRequestException"],
      ["RotateSecret", missing, "InvalidParameterException"],
    ] as const) {
      it(`[R] when ${operation} has no token, reports it before a secret that does not exist`, async () => {
        const message = "You must provide a ClientRequestToken value. We recommend a UUID-type value.";
        assert.deepEqual(await refusalOf(operation, body), [type, message]);
      });
    }

    // LocalStack: test_invalid_secret_name
    for (const [operation, more] of [
      ...(["DeleteSecret", "DescribeSecret", "GetSecretValue", "ListSecretVersionIds", "UpdateSecret"] as const).map(
        (each) => [each, {}] as const,
      ),
      ["PutSecretValue", value],
      ["TagResource", { Tags: [{ Key: "a", Value: "1" }] }],
      ["UntagResource", { TagKeys: ["a"] }],
    ] as const) {
      it(`[R] ${operation}: refuses a SecretId that is no name`, async () => {
        const names = ["Inv Name", " Inv Name", " Inv*Name? ", " Inv *?!]Name\\-"];
        for (const SecretId of names) {
          const body = { SecretId, ClientRequestToken: versionId("two"), ...more };
          const [type, message] = await refusalOf(
            operation,
            operation.match(/^(Put|Update)/) ? body : { SecretId, ...more },
          );
          assert.deepEqual([type, message?.split(".")[0]], ["ValidationException", "Invalid name"]);
        }
      });
    }

    /*
     * Deliberately stricter than AWS, which ignores a member that an operation does not have (LocalStack:
     * test_no_client_request_token[RotateSecret] and [PutSecretValue]). Ignoring it would hide a misspelled member.
     */
    for (const [operation, member] of [
      ["RotateSecret", { SecretString: "s", Description: "d" }],
      ["PutSecretValue", { ...value, Description: "d" }],
    ] as const) {
      it(`[R, deliberately stricter] ${operation}: refuses a member that it does not have`, async () => {
        const [type, message] = await refusalOf(operation, {
          SecretId,
          ClientRequestToken: versionId("two"),
          ...member,
        });
        assert.equal(type, "ValidationException");
        assert.match(message ?? "", /Unrecognized key.*"Description"/);
      });
    }
  });

  it("[R] after the last tag was removed, has an empty list of tags; omits an empty description", async () => {
    assert.equal((await describeSecret()).Tags, undefined);
    await client.send(new TagResourceCommand({ SecretId, Tags: [{ Key: "a", Value: "1" }] }));
    await client.send(new UntagResourceCommand({ SecretId, TagKeys: ["a"] }));
    await client.send(new UpdateSecretCommand({ SecretId, Description: "text" }));
    await client.send(new UpdateSecretCommand({ SecretId, Description: "" }));

    const { Tags, Description } = await describeSecret();
    assert.deepEqual([Tags, Description], [[], undefined]);
  });

  it("[R, D] LastAccessedDate has only the day", async () => {
    await calls.get();
    assert.deepEqual((await describeSecret()).LastAccessedDate, new Date("2026-01-01T00:00:00Z"));
  });

  describe("ListSecrets", () => {
    const names = async (...Filters: Filter[]) =>
      ((await client.send(new ListSecretsCommand({ Filters }))).SecretList ?? []).map(({ Name }) => Name);

    beforeEach(async () => {
      for (const [Name, Description] of [
        ["prod/AppBeta", "one two"],
        ["uat/COMPANY", "one and two"],
        ["COMPANYThings", "Baz qux"],
        ["Thirdsecret", undefined],
      ]) {
        await client.send(new CreateSecretCommand({ Name, Description, SecretString: "s" }));
      }
    });

    const cases: [what: string, key: Filter["Key"], value: string, found: string[]][] = [
      [
        "[R] lists the oldest first",
        "name",
        "",
        ["app/db", "prod/AppBeta", "uat/COMPANY", "COMPANYThings", "Thirdsecret"],
      ],
      ["[V] a description by the beginning of any word", "description", "two", ["prod/AppBeta", "uat/COMPANY"]],
      ["[V] a description by several words", "description", "o t", ["prod/AppBeta", "uat/COMPANY"]],
      ["[D] a description in any case", "description", "BAZ", ["COMPANYThings"]],
      ["[V] all: in any case", "all", "company", ["uat/COMPANY", "COMPANYThings"]],
      ["[V] all: split at punctuation and capitals", "all", "Beta", ["prod/AppBeta"]],
      ["[V] all: not in the middle of a word", "all", "secret", []],
      ["[V] all: not punctuation itself", "all", "/", []],
      ["[D] a name in its own case", "name", "PROD", []],
    ];
    // The service model requires neither and names no ValidationException (D). The words are those of moto's
    // test_with_no_filter_key and test_with_no_filter_values, which are not verified against AWS (?).
    it("[D, words ?] refuses a filter without a key or without values", async () => {
      const name = "InvalidParameterException";
      await assert.rejects(names({ Values: ["a"] }), { name, message: "Invalid filter key" });
      await assert.rejects(names({ Key: "name" }), { name, message: "Invalid filter values for key: name" });
    });

    for (const [what, Key, value, found] of cases) {
      it(what, async () => assert.deepEqual(await names({ Key, Values: [value] }), found));
    }
  });

  describe("calls of Pulumi's and Terraform's provider", () => {
    it("stores, returns and deletes a resource policy", async () => {
      const policy = async () => (await client.send(new GetResourcePolicyCommand({ SecretId }))).ResourcePolicy;
      const ResourcePolicy = JSON.stringify({ Version: "2012-10-17", Statement: [] });

      assert.equal(await policy(), undefined);
      await client.send(new PutResourcePolicyCommand({ SecretId, ResourcePolicy, BlockPublicPolicy: true }));
      assert.equal(await policy(), ResourcePolicy);
      await client.send(new DeleteResourcePolicyCommand({ SecretId }));
      assert.equal(await policy(), undefined);
    });

    it("returns the replicas after creation, replication and removal, and refuses to delete such a secret", async () => {
      const Name = "replicated";
      const created = await client.send(
        new CreateSecretCommand({ Name, SecretString: "s", AddReplicaRegions: [{ Region: "us-east-2" }] }),
      );
      await client.send(
        new ReplicateSecretToRegionsCommand({ SecretId: Name, AddReplicaRegions: [{ Region: "eu-west-1" }] }),
      );
      const { ReplicationStatus, PrimaryRegion } = await client.send(new DescribeSecretCommand({ SecretId: Name }));

      assert.deepEqual(
        created.ReplicationStatus?.map(({ Region, Status }) => [Region, Status]),
        [["us-east-2", "InSync"]],
      );
      assert.deepEqual(
        [PrimaryRegion, ReplicationStatus?.map(({ Region }) => Region)],
        ["us-east-1", ["us-east-2", "eu-west-1"]],
      );
      const remove = new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true });
      await assert.rejects(client.send(remove), /still has replica regions \[us-east-2, eu-west-1\]/);
      await client.send(
        new RemoveRegionsFromReplicationCommand({ SecretId: Name, RemoveReplicaRegions: ["us-east-2", "eu-west-1"] }),
      );
      await client.send(remove);
    });
  });
});
