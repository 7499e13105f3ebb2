import assert from "node:assert/strict";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  type Filter,
  GetRandomPasswordCommand,
  type GetRandomPasswordCommandInput,
  GetSecretValueCommand,
  ListSecretsCommand,
  type ListSecretsCommandInput,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  ReplicateSecretToRegionsCommand,
  RestoreSecretCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { localClient } from "../../proofs/world/client";
import { type SecretsManager, startSecretsManager } from "./index";
import { callsOf, post, SecretId, versionId } from "./testing/calls";

describe("the emulator of Secrets Manager, through the SDK", () => {
  let service: SecretsManager;
  let client: SecretsManagerClient;
  let now: Date;

  beforeEach(async () => {
    now = new Date("2026-01-01T00:00:00Z");
    service = await startSecretsManager({ clock: () => now });
    client = localClient(service.endpoint);
  });

  afterEach(async () => {
    client.destroy();
    await service.close();
  });

  const create = (SecretString?: string, token = "one") =>
    client.send(new CreateSecretCommand({ Name: SecretId, ClientRequestToken: versionId(token), SecretString }));
  const read = (by: string) => client.send(new GetSecretValueCommand({ SecretId: by }));
  const { put, move, get, describeSecret, stages } = callsOf(() => client);

  describe("versions and labels", () => {
    it("returns a new secret's value by name, ARN and partial ARN", async () => {
      const { ARN = "" } = await create("v1");

      assert.match(ARN, /^arn:aws:secretsmanager:us-east-1:000000000000:secret:app\/db-[A-Za-z0-9]{6}$/);
      for (const by of [SecretId, ARN, ARN.slice(0, -7)]) {
        assert.equal((await read(by)).SecretString, "v1");
      }
    });

    it("keeps binary values", async () => {
      const SecretBinary = Uint8Array.from([0, 255, 7]);
      await client.send(new CreateSecretCommand({ Name: "binary", SecretBinary }));

      const answer = await read("binary");

      assert.deepEqual(Uint8Array.from(answer.SecretBinary ?? []), SecretBinary);
      assert.equal(answer.SecretString, undefined);
    });

    it("when no VersionStages are given, moves AWSCURRENT and AWSPREVIOUS", async () => {
      await create("v1");
      await put("two", "v2");
      await put("three", "v3");

      assert.deepEqual(await stages(), { two: ["AWSPREVIOUS"], three: ["AWSCURRENT"] });
    });

    it("when a version is put as AWSPENDING, does not move AWSCURRENT", async () => {
      await create("v1");
      await put("two", "v2", "AWSPENDING");

      assert.deepEqual(await stages(), { one: ["AWSCURRENT"], two: ["AWSPENDING"] });
      assert.equal((await get()).SecretString, "v1");
    });

    it("when the first version is put with other labels, also makes it AWSCURRENT", async () => {
      await create();
      await put("two", "v2", "AWSPENDING");

      assert.deepEqual(await stages(), { two: ["AWSCURRENT", "AWSPENDING"] });
    });

    it("when a token is used again with the same value, changes nothing", async () => {
      await create("v1");
      await put("two", "v2", "AWSPENDING");
      await put("two", "v2");

      assert.deepEqual(await stages(), { one: ["AWSCURRENT"], two: ["AWSPENDING"] });
    });

    it("when AWSCURRENT moves, moves AWSPREVIOUS", async () => {
      await create("v1");
      await put("two", "v2", "AWSPENDING");
      await move("AWSCURRENT", "one", "two");

      assert.deepEqual(await stages(), { one: ["AWSPREVIOUS"], two: ["AWSCURRENT", "AWSPENDING"] });
    });

    it("when a label moves to its own version, changes nothing", async () => {
      await create("v1");
      await move("AWSCURRENT", "one", "one");

      assert.deepEqual(await stages(), { one: ["AWSCURRENT"] });
    });

    it("removes a label", async () => {
      await create("v1");
      await put("two", "v2", "AWSPENDING");
      await move("AWSPENDING", "two");

      assert.deepEqual(await stages(), { one: ["AWSCURRENT"] });
    });

    it("lists versions without a label only with IncludeDeprecated", async () => {
      await create("v1");
      await put("two", "v2");
      await put("three", "v3");
      const list = (IncludeDeprecated: boolean) =>
        client.send(new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated }));

      assert.equal((await list(false)).Versions?.length, 2);
      assert.equal((await list(true)).Versions?.length, 3);
      assert.equal((await get({ VersionId: versionId("one") })).SecretString, "v1");
    });

    it("keeps about a hundred versions, and all that are younger than a day", async () => {
      await create("v1");
      for (let n = 0; n < 105; n++) await put(`n${n}`, `value ${n}`);

      const secret = service.store.find(SecretId);
      assert.equal(secret.versions.size, 106);
      now = new Date("2026-01-02T00:00:01Z");
      await put("later", "value");
      assert.equal(secret.versions.size, 100);
      assert.equal(secret.versions.has(versionId("one")), false);
    });
  });

  describe("refusals", () => {
    type Refusal = [what: string, message: RegExp, request: () => Promise<unknown>];
    const refusals: Readonly<Record<string, readonly Refusal[]>> = {
      ResourceNotFoundException: [
        ["a secret that does not exist", /can't find the specified secret\.$/, () => read("no")],
        ["a label that no version has", /for staging label: AWSPENDING$/, () => get({ VersionStage: "AWSPENDING" })],
        ["a version that does not exist", /for VersionId: no-+$/, () => get({ VersionId: versionId("no") })],
        ["moving a label to a version that does not exist", /VersionId: no/, () => move("AWSCURRENT", "one", "no")],
      ],
      ResourceExistsException: [
        ["another value for a used token", /use ClientRequestToken one-+ because/, () => put("one", "other")],
        ["a second secret with the same name", /the secret app\/db already exists/, () => create("x", "two")],
      ],
      InvalidRequestException: [
        [
          "a version that does not have the label",
          /not associated to the provided VersionId/,
          () => get({ VersionId: versionId("one"), VersionStage: "AWSPENDING" }),
        ],
        [
          "rotation without a function",
          /No Lambda rotation function ARN/,
          () => client.send(new RotateSecretCommand({ SecretId })),
        ],
      ],
      AccessDeniedException: [
        [
          "rotation by an unknown function",
          /cannot invoke the specified Lambda function/,
          () => client.send(new RotateSecretCommand({ SecretId, RotationLambdaARN: "arn:no" })),
        ],
      ],
      InvalidParameterException: [
        [
          "moving AWSCURRENT without saying from where",
          /currently attached to version one-+, so you must explicitly reference/,
          () => move("AWSCURRENT", undefined, "pending"),
        ],
        [
          "moving AWSCURRENT from where it is not",
          /RemoveFromVersionId/,
          () => move("AWSCURRENT", "pending", "pending"),
        ],
        [
          "removing AWSCURRENT [T]",
          /^You can only move staging label AWSCURRENT to a different secret version\. It can't be completely removed\.$/,
          () => move("AWSCURRENT", "one"),
        ],
        [
          "the secret's own region as a replica's",
          /^Invalid replica region\.$/,
          () =>
            client.send(
              new ReplicateSecretToRegionsCommand({ SecretId, AddReplicaRegions: [{ Region: "us-east-1" }] }),
            ),
        ],
        [
          "a recovery window of 6 days",
          /between 7 and 30/,
          () => client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 6 })),
        ],
        [
          "a password shorter than its types",
          /too short/,
          () => client.send(new GetRandomPasswordCommand({ PasswordLength: 3 })),
        ],
      ],
      ValidationException: [
        [
          "a token that is too short",
          /ClientRequestToken/,
          () => client.send(new PutSecretValueCommand({ SecretId, SecretString: "x", ClientRequestToken: "short" })),
        ],
        ["a name with a space", /^Invalid name/, () => client.send(new CreateSecretCommand({ Name: "a b" }))],
        [
          "text of more than 65,536 bytes, in however few characters [D]",
          /65536 bytes/,
          () => put("big", "\u00e9".repeat(40_000)),
        ],
        ["101 results", /MaxResults/, () => client.send(new ListSecretsCommand({ MaxResults: 101 }))],
      ],
      InvalidNextTokenException: [
        ["an invalid NextToken", /NextToken/, () => client.send(new ListSecretsCommand({ NextToken: "x" }))],
      ],
    };
    for (const [name, cases] of Object.entries(refusals)) {
      for (const [what, message, request] of cases) {
        it(`refuses ${what}`, async () => {
          await create("v1");
          await put("pending", "v2", "OTHER");

          await assert.rejects(request(), { name, message });
          assert.deepEqual(await stages(), { one: ["AWSCURRENT"], pending: ["OTHER"] });
        });
      }
    }
  });

  describe("secrets", () => {
    it("blocks reads and writes of a deleted secret until it is restored", async () => {
      await create("v1");
      await client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));

      const deletedError = { name: "InvalidRequestException", message: /marked for deletion/ };
      await assert.rejects(get(), deletedError);
      await assert.rejects(put("two", "v2"), deletedError);
      await assert.rejects(create("v1"), /already scheduled for deletion/);
      assert.deepEqual((await describeSecret()).DeletedDate, now);

      await client.send(new RestoreSecretCommand({ SecretId }));
      assert.equal((await get()).SecretString, "v1");
    });

    it("forgets a deleted secret after its recovery window", async () => {
      await create("v1");
      await client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
      now = new Date("2026-01-08T00:00:00Z");

      await assert.rejects(describeSecret(), { name: "ResourceNotFoundException" });
    });

    it("when ForceDeleteWithoutRecovery is set, forgets the secret immediately", async () => {
      await create("v1");
      await client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));

      await create("again");
      assert.equal((await get()).SecretString, "again");
    });

    it("DescribeSecret: returns what was set", async () => {
      await create("v1");
      now = new Date("2026-02-01T00:00:00Z");
      await client.send(new UpdateSecretCommand({ SecretId, Description: "text", KmsKeyId: "alias/k" }));
      await client.send(
        new TagResourceCommand({
          SecretId,
          Tags: [
            { Key: "a", Value: "1" },
            { Key: "b", Value: "2" },
          ],
        }),
      );
      await client.send(new UntagResourceCommand({ SecretId, TagKeys: ["a"] }));

      const { Description, KmsKeyId, Tags, CreatedDate, LastChangedDate, RotationEnabled } = await describeSecret();
      assert.deepEqual(
        { Description, KmsKeyId, Tags, RotationEnabled },
        { Description: "text", KmsKeyId: "alias/k", Tags: [{ Key: "b", Value: "2" }], RotationEnabled: undefined },
      );
      assert.deepEqual([CreatedDate, LastChangedDate], [new Date("2026-01-01T00:00:00Z"), now]);
    });

    it("lists by name and tag, page by page", async () => {
      for (const [Name, Value] of [
        ["a/1", "x"],
        ["a/2", "y"],
        ["b/1", "x"],
      ] as const) {
        await client.send(new CreateSecretCommand({ Name, Tags: [{ Key: "team", Value }] }));
      }
      const list = async (input: ListSecretsCommandInput) => {
        const { SecretList = [], NextToken } = await client.send(new ListSecretsCommand(input));
        return { names: SecretList.map(({ Name }) => Name), NextToken };
      };

      const byName: Filter = { Key: "name", Values: ["a/"] };
      assert.deepEqual((await list({ Filters: [byName] })).names, ["a/1", "a/2"]);
      assert.deepEqual((await list({ Filters: [byName, { Key: "tag-value", Values: ["x"] }] })).names, ["a/1"]);
      const first = await list({ MaxResults: 2, SortOrder: "asc" });
      assert.deepEqual(first.names, ["a/1", "a/2"]);
      const second = await list({ MaxResults: 2, SortOrder: "asc", NextToken: first.NextToken ?? "" });
      assert.deepEqual(second, { names: ["b/1"], NextToken: undefined });
    });
  });

  it("GetRandomPassword: returns passwords that meet the request", async () => {
    const password = async (input: GetRandomPasswordCommandInput) =>
      (await client.send(new GetRandomPasswordCommand(input))).RandomPassword ?? "";

    for (let n = 0; n < 50; n++) {
      assert.match(await password({ PasswordLength: 4 }), /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^\w\s]|.*_).{4}$/);
    }
    assert.equal((await password({})).length, 32);
    assert.match(
      await password({ PasswordLength: 500, ExcludePunctuation: true, ExcludeNumbers: true }),
      /^[a-zA-Z]{500}$/,
    );
    assert.doesNotMatch(await password({ PasswordLength: 500, ExcludeCharacters: "abc/@" }), /[abc/@]/);
    // [D, service model] Space is not a required type: four types fit into four characters.
    assert.equal((await password({ PasswordLength: 4, IncludeSpace: true })).length, 4);
    assert.match(await password({ PasswordLength: 4096, IncludeSpace: true }), / /);
  });

  describe("hooks", () => {
    it("when a hook drops an answer after the effect, the SDK's retry changes nothing", async () => {
      await create("v1");
      let puts = 0;
      service.setHooks({ after: () => (++puts === 1 ? { kind: "drop" } : undefined) });

      await put("two", "v2", "AWSPENDING");

      assert.equal(puts, 2);
      service.setHooks();
      assert.deepEqual(await stages(), { one: ["AWSCURRENT"], two: ["AWSPENDING"] });
    });

    it("when a hook returns an error before the effect, the request has no effect", async () => {
      await create("v1");
      const fault = { kind: "error", type: "InternalServiceError", message: "down", status: 500 } as const;
      service.setHooks({ before: ({ operation }) => (operation === "PutSecretValue" ? fault : undefined) });

      await assert.rejects(put("two", "v2"), { name: "InternalServiceError", message: "down" });
      assert.deepEqual(await stages(), { one: ["AWSCURRENT"] });
    });

    it("when a hook returns stale, a read shows the state before the latest write", async () => {
      await create("v1");
      await put("two", "v2");
      let reads = 0;
      service.setHooks({ before: () => (++reads === 1 ? { kind: "stale" } : undefined) });

      assert.equal((await get()).SecretString, "v1");
      assert.equal((await get()).SecretString, "v2");
    });
  });

  describe("plain HTTP", () => {
    it("needs no signature", async () => {
      await create("v1");

      const { status, body } = await post(service.endpoint, "secretsmanager.GetSecretValue", { SecretId });
      assert.deepEqual([status, body.SecretString], [200, "v1"]);
    });

    const refusals: [string, string, unknown, string][] = [
      ["an operation that does not exist", "secretsmanager.Nonsense", {}, "UnknownOperationException"],
      ["another service", "kms.Decrypt", {}, "UnknownOperationException"],
      ["a body that is no JSON object", "secretsmanager.DescribeSecret", [], "SerializationException"],
      ["a value of the wrong type", "secretsmanager.DescribeSecret", { SecretId: 1 }, "SerializationException"],
      ["a missing parameter", "secretsmanager.DescribeSecret", {}, "ValidationException"],
      [
        "a misspelled parameter",
        "secretsmanager.DescribeSecret",
        { SecretId: "x", secretid: "x" },
        "ValidationException",
      ],
    ];
    for (const [what, target, body, type] of refusals) {
      it(`refuses ${what}`, async () => {
        await create("v1");

        const answer = await post(service.endpoint, target, body);
        assert.deepEqual([answer.status, answer.type, answer.body.__type], [400, type, type]);
      });
    }

    it("when the body is not JSON, returns SerializationException", async () => {
      assert.equal((await post(service.endpoint, "secretsmanager.DescribeSecret", "{")).type, "SerializationException");
    });
  });

  it("records every call, also one that fails", async () => {
    await create("v1");
    await assert.rejects(get({ VersionStage: "NOPE" }));

    assert.deepEqual(service.calls, ["CreateSecret", "GetSecretValue"]);
  });
});
