import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
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
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { localClient } from "../../proofs/world/client";
import { type SecretsManager, startSecretsManager } from "./index";

describe("the emulator of Secrets Manager, through the SDK", () => {
  let service: SecretsManager;
  let client: SecretsManagerClient;
  let now: Date;

  /** Readable version IDs. The API requires at least 32 characters. */
  const id = (name: string) => name.padEnd(32, "-");
  const SecretId = "app/db";

  beforeEach(async () => {
    now = new Date("2026-01-01T00:00:00Z");
    service = await startSecretsManager({ clock: () => now });
    client = localClient(service.endpoint);
  });

  afterEach(async () => {
    client.destroy();
    await service.close();
  });

  const create = (value?: string) =>
    client.send(
      new CreateSecretCommand({
        Name: SecretId,
        ClientRequestToken: id("one"),
        ...(value !== undefined && { SecretString: value }),
      }),
    );
  const put = (token: string, SecretString: string, ...VersionStages: string[]) =>
    client.send(
      new PutSecretValueCommand({
        ...{ SecretId, ClientRequestToken: id(token), SecretString },
        ...(VersionStages.length > 0 && { VersionStages }),
      }),
    );
  const move = (VersionStage: string, from?: string, to?: string) =>
    client.send(
      new UpdateSecretVersionStageCommand({
        ...{ SecretId, VersionStage },
        ...(from !== undefined && { RemoveFromVersionId: id(from) }),
        ...(to !== undefined && { MoveToVersionId: id(to) }),
      }),
    );
  const get = (selector: { VersionId?: string; VersionStage?: string } = {}) =>
    client.send(new GetSecretValueCommand({ SecretId, ...selector }));
  const describeIt = () => client.send(new DescribeSecretCommand({ SecretId }));
  const stages = async () =>
    Object.fromEntries(
      Object.entries((await describeIt()).VersionIdsToStages ?? {}).map(([key, value]) => [
        key.replace(/-+$/, ""),
        value.sort(),
      ]),
    );

  describe("versions and labels", () => {
    it("returns a new secret's value by name, ARN and partial ARN", async () => {
      const { ARN = "" } = await create("v1");

      assert.match(ARN, /^arn:aws:secretsmanager:us-east-1:000000000000:secret:app\/db-[A-Za-z0-9]{6}$/);
      for (const by of [SecretId, ARN, ARN.slice(0, -7)]) {
        const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: by }));
        assert.equal(SecretString, "v1");
      }
    });

    it("keeps binary values", async () => {
      const SecretBinary = Uint8Array.from([0, 255, 7]);
      await client.send(new CreateSecretCommand({ Name: "binary", SecretBinary }));

      const answer = await client.send(new GetSecretValueCommand({ SecretId: "binary" }));

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
      assert.equal((await get({ VersionId: id("one") })).SecretString, "v1");
    });

    it("keeps about a hundred versions, and all that are younger than a day", async () => {
      await create("v1");
      for (let n = 0; n < 105; n++) await put(`n${n}`, `value ${n}`);

      const secret = service.store.find(SecretId);
      assert.equal(secret.versions.size, 106);
      now = new Date("2026-01-02T00:00:01Z");
      await put("later", "value");
      assert.equal(secret.versions.size, 100);
      assert.equal(secret.versions.has(id("one")), false);
    });
  });

  describe("refusals", () => {
    const refusals: [string, () => Promise<unknown>, string, RegExp][] = [
      [
        "a secret that does not exist",
        () => client.send(new GetSecretValueCommand({ SecretId: "no" })),
        "ResourceNotFoundException",
        /can't find the specified secret\.$/,
      ],
      [
        "a label that no version has",
        () => get({ VersionStage: "AWSPENDING" }),
        "ResourceNotFoundException",
        /specified secret value for staging label: AWSPENDING$/,
      ],
      [
        "a version that does not exist",
        () => get({ VersionId: id("no") }),
        "ResourceNotFoundException",
        /for VersionId: no-+$/,
      ],
      [
        "a version that does not have the label",
        () => get({ VersionId: id("one"), VersionStage: "AWSPENDING" }),
        "InvalidRequestException",
        /not associated to the provided VersionId/,
      ],
      [
        "another value for a used token",
        () => put("one", "other"),
        "ResourceExistsException",
        /You can't use ClientRequestToken one-+ because/,
      ],
      [
        "a token that is too short",
        () => client.send(new PutSecretValueCommand({ SecretId, SecretString: "x", ClientRequestToken: "short" })),
        "ValidationException",
        /ClientRequestToken/,
      ],
      [
        "a second secret with the same name",
        () => client.send(new CreateSecretCommand({ Name: SecretId, SecretString: "x" })),
        "ResourceExistsException",
        /the secret app\/db already exists/,
      ],
      [
        "a name with a space",
        () => client.send(new CreateSecretCommand({ Name: "a b" })),
        "ValidationException",
        /^Invalid name/,
      ],
      [
        "moving AWSCURRENT without saying from where",
        () => move("AWSCURRENT", undefined, "pending"),
        "InvalidParameterException",
        /currently attached to version one-+, so you must explicitly reference/,
      ],
      [
        "moving AWSCURRENT from where it is not",
        () => move("AWSCURRENT", "pending", "pending"),
        "InvalidParameterException",
        /RemoveFromVersionId/,
      ],
      [
        "moving a label to a version that does not exist",
        () => move("AWSCURRENT", "one", "no"),
        "ResourceNotFoundException",
        /VersionId: no/,
      ],
      [
        "removing AWSCURRENT [T]",
        () => move("AWSCURRENT", "one"),
        "InvalidParameterException",
        /^You can only move staging label AWSCURRENT to a different secret version\. It can't be completely removed\.$/,
      ],
      [
        "a SecretId that is no name [R]",
        () => client.send(new DescribeSecretCommand({ SecretId: "Inv *Name" })),
        "ValidationException",
        /^Invalid name\./,
      ],
      [
        "text of more than 65,536 bytes, in however few characters [D]",
        () => put("big", "\u00e9".repeat(40_000)),
        "ValidationException",
        /65536 bytes/,
      ],
      [
        "the secret's own region as a replica's",
        () =>
          client.send(new ReplicateSecretToRegionsCommand({ SecretId, AddReplicaRegions: [{ Region: "us-east-1" }] })),
        "InvalidParameterException",
        /^Invalid replica region\.$/,
      ],
      [
        "rotation without a function",
        () => client.send(new RotateSecretCommand({ SecretId })),
        "InvalidRequestException",
        /No Lambda rotation function ARN/,
      ],
      [
        "rotation by an unknown function",
        () => client.send(new RotateSecretCommand({ SecretId, RotationLambdaARN: "arn:no" })),
        "AccessDeniedException",
        /cannot invoke the specified Lambda function/,
      ],
      [
        "a recovery window of 6 days",
        () => client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 6 })),
        "InvalidParameterException",
        /between 7 and 30/,
      ],
      [
        "a password shorter than its types",
        () => client.send(new GetRandomPasswordCommand({ PasswordLength: 3 })),
        "InvalidParameterException",
        /too short/,
      ],
      [
        "101 results",
        () => client.send(new ListSecretsCommand({ MaxResults: 101 })),
        "ValidationException",
        /MaxResults/,
      ],
      [
        "an invalid NextToken",
        () => client.send(new ListSecretsCommand({ NextToken: "x" })),
        "InvalidNextTokenException",
        /NextToken/,
      ],
    ];
    for (const [what, request, name, message] of refusals) {
      it(`refuses ${what}`, async () => {
        await create("v1");
        await put("pending", "v2", "OTHER");

        await assert.rejects(request(), { name, message });
        assert.deepEqual(await stages(), { one: ["AWSCURRENT"], pending: ["OTHER"] });
      });
    }
  });

  describe("secrets", () => {
    it("blocks reads and writes of a deleted secret until it is restored", async () => {
      await create("v1");
      await client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));

      const marked = { name: "InvalidRequestException", message: /marked for deletion/ };
      await assert.rejects(get(), marked);
      await assert.rejects(put("two", "v2"), marked);
      await assert.rejects(create("v1"), /already scheduled for deletion/);
      assert.deepEqual((await describeIt()).DeletedDate, now);

      await client.send(new RestoreSecretCommand({ SecretId }));
      assert.equal((await get()).SecretString, "v1");
    });

    it("forgets a deleted secret after its recovery window", async () => {
      await create("v1");
      await client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
      now = new Date("2026-01-08T00:00:00Z");

      await assert.rejects(describeIt(), { name: "ResourceNotFoundException" });
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

      const { Description, KmsKeyId, Tags, CreatedDate, LastChangedDate, RotationEnabled } = await describeIt();
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
      service.setHooks({ after: ({ count }) => (count === 1 ? { kind: "drop" } : undefined) });

      await put("two", "v2", "AWSPENDING");

      const puts = service.calls.filter(({ operation }) => operation === "PutSecretValue");
      assert.deepEqual(
        puts.map(({ error }) => error),
        ["dropped", undefined],
      );
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
      service.setHooks({ before: ({ count }) => (count === 1 ? { kind: "stale" } : undefined) });

      assert.equal((await get()).SecretString, "v1");
      assert.equal((await get()).SecretString, "v2");
    });
  });

  describe("plain HTTP", () => {
    const post = async (operation: string, body: string, type = "application/x-amz-json-1.1") => {
      const headers = { "content-type": type, "x-amz-target": operation };
      const response = await fetch(service.endpoint, { method: "POST", headers, body });
      return {
        status: response.status,
        type: response.headers.get("x-amzn-errortype"),
        body: (await response.json()) as Record<string, string>,
      };
    };

    it("needs no signature", async () => {
      await create("v1");

      const { status, body } = await post("secretsmanager.GetSecretValue", JSON.stringify({ SecretId }));
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
      [
        "a write without a token",
        "secretsmanager.PutSecretValue",
        { SecretId: "app/db", SecretString: "x" },
        "InvalidRequestException",
      ],
    ];
    for (const [what, target, body, type] of refusals) {
      it(`refuses ${what}`, async () => {
        await create("v1");

        const answer = await post(target, JSON.stringify(body));
        assert.deepEqual([answer.status, answer.type, answer.body.__type], [400, type, type]);
      });
    }

    it("when the body is not JSON, returns SerializationException", async () => {
      assert.equal((await post("secretsmanager.DescribeSecret", "{")).type, "SerializationException");
    });
  });

  it("records every call with its time", async () => {
    await create("v1");
    await assert.rejects(get({ VersionStage: "NOPE" }));

    assert.deepEqual(
      service.calls.map(({ operation, error }) => [operation, error]),
      [
        ["CreateSecret", undefined],
        ["GetSecretValue", "ResourceNotFoundException"],
      ],
    );
    assert.ok(service.calls.every(({ startedAt, endedAt }) => startedAt <= endedAt));
  });

  it("when no token is given, the SDK's version ID is used", async () => {
    const { VersionId } = await client.send(new CreateSecretCommand({ Name: randomUUID(), SecretString: "x" }));

    assert.match(VersionId ?? "", /^[0-9a-f-]{36}$/);
  });
});
