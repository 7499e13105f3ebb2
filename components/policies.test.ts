import assert from "node:assert/strict";
import { openRotation } from "../proofs/world/harness";
import { scenarios } from "../proofs/world/scenario";
import { steps } from "../rotation-fn/event";
import { secretsPolicy } from "./policies";

const adminSecretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf";
const { Statement } = secretsPolicy(
  { accountId: "123456789012", region: "us-east-1", partition: "aws", dnsSuffix: "amazonaws.com" },
  {
    functionArn: "arn:aws:lambda:us-east-1:123456789012:function:f",
    secretNamePatterns: ["db/*"],
    kmsKeyArn: "arn:aws:kms:us-east-1:123456789012:key/k",
    adminSecretArns: [adminSecretArn],
    ...{ additionalKmsKeyArns: [], logGroupArn: "arn:aws:logs:us-east-1:123456789012:log-group:g", subnetIds: [] },
  },
);

/** The actions of Secrets Manager that a statement allows, by the resource that they are allowed on. */
function allowed(sid: string): string[] {
  const { Action = [] } = Statement.find(({ Sid }) => Sid === sid) ?? {};
  return Action.filter((action) => action.startsWith("secretsmanager:")).sort();
}

const granted = {
  "the secret": allowed("RotateTheSecretsOfThisFunction"),
  "the admin secret": allowed("ReadAdministrators"),
  "no resource": allowed("MakePasswordsAndListAges"),
};

type Resource = keyof typeof granted;
type Calls = Record<Resource, string[]>;

/** The action of a call of {@link openRotation}, such as `GetSecretValue AWSCURRENT of the admin secret`. */
function actionOf(name: string): [Resource, string] {
  const action = `secretsmanager:${name.split(" ")[0]}`;
  if (granted["no resource"].includes(action)) return ["no resource", action];
  return [name.endsWith("of the admin secret") ? "the admin secret" : "the secret", action];
}

/**
 * Rotates once, and checks the age of all secrets.
 *
 * @param repair - Whether no labeled version logs in, so that the function lists the others.
 * @returns the actions that the function called
 */
async function callsOf(strategy: string, repair = false): Promise<Calls> {
  const { harness, secret } = await openRotation({ scenario: scenarios.find(({ name }) => name === strategy) });
  const calls = new Map<Resource, Set<string>>();
  harness.effects.watcher = {
    async before({ at, name }) {
      if (at !== "Secrets Manager") return undefined;
      const [resource, action] = actionOf(name);
      calls.set(resource, (calls.get(resource) ?? new Set()).add(action));
      return undefined;
    },
  };
  try {
    for (const step of steps) {
      if (repair && step === "setSecret") {
        await harness.superuser.query(`ALTER ROLE ${secret.user} PASSWORD 'another'`);
      }
      const outcome = await secret.runStep(step);
      if (repair && step === "setSecret") break;
      assert.ok(outcome.ok, outcome.ok ? "" : outcome.errorMessage);
    }
    harness.effects.enter("finishSecret");
    await harness.fn.invoke({ Check: "rotation-age" });
  } finally {
    await harness.close();
  }
  const of = (resource: Resource): string[] => [...(calls.get(resource) ?? [])].sort();
  return {
    "the secret": of("the secret"),
    "the admin secret": of("the admin secret"),
    "no resource": of("no resource"),
  };
}

describe("secretsPolicy", () => {
  const ofOneRotation = [
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
  ];
  for (const [strategy, ofAdmin] of [
    ["single-user", []],
    ["single-user with an admin", ["secretsmanager:GetSecretValue"]],
    ["alternating-users", ["secretsmanager:GetSecretValue"]],
  ] as const) {
    it(`${strategy}: allows the calls that a rotation makes`, async () => {
      const calls = await callsOf(strategy);
      assert.deepEqual(calls["the secret"], ofOneRotation);
      assert.deepEqual(calls["the admin secret"], ofAdmin);
      for (const [resource, actions] of Object.entries(calls)) {
        for (const action of actions)
          assert.ok(granted[resource as Resource].includes(action), `${resource}: ${action}`);
      }
    });
  }

  it("allows no call of Secrets Manager that no rotation makes", async () => {
    const [own, repair, admin] = [
      await callsOf("single-user"),
      await callsOf("single-user", true),
      await callsOf("alternating-users"),
    ];
    for (const resource of Object.keys(granted) as Resource[]) {
      const made = new Set([own, repair, admin].flatMap((calls) => calls[resource]));
      assert.deepEqual([...made].sort(), granted[resource], resource);
    }
  });

  it("allows the KMS actions that these calls need: reading decrypts, and storing makes a data key", () => {
    const keys = Statement.filter(({ Action }) => Action.some((action) => action.startsWith("kms:")));
    assert.deepEqual(
      keys.map(({ Sid, Action }) => [Sid, Action]),
      [
        ["UseTheKeysThroughSecretsManager", ["kms:Decrypt", "kms:GenerateDataKey"]],
        ["DecryptAdministrators", ["kms:Decrypt"]],
      ],
    );
  });
});
