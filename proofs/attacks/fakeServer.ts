import { randomBytes, randomUUID } from "node:crypto";
import { CreateSecretCommand, RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { functionArn } from "../../emulators/lambda/functionUnderTest";
import { type InvocationResult, type Lambda, startLambda } from "../../emulators/lambda/lambda";
import { type CertificateAuthority, createAuthority } from "../../emulators/postgres/certificates";
import { type Answers, type RogueServer, startRogueServer } from "../../emulators/postgres/rogueServer";
import type { RotationStep } from "../../emulators/secrets-manager";
import { archive } from "../world/archive";
import { labelledLogins } from "../world/labels";
import { sharedService } from "./world";

/** The function in a process of its own, with 128 MB, against servers that have a trusted certificate. */
export interface FakeWorld {
  /** Starts a server, and registers a rotation whose secret leads to it. */
  meet(answer: (password: () => string) => Answers): Promise<Meeting>;
  readonly authority: CertificateAuthority;
  /** All that the function wrote so far. */
  log(): readonly string[];
  close(): Promise<void>;
}

export interface Meeting {
  readonly server: RogueServer;
  readonly secretId: string;
  /** Takes a step of the rotation. */
  take(step: RotationStep): Promise<InvocationResult>;
}

export async function startFakeWorld(timeoutSeconds = 15): Promise<FakeWorld> {
  const authority = await createAuthority();
  const certificate = await authority.issue({ hostnames: ["localhost"] });
  const { service, client } = await sharedService();
  const lambda: Lambda = startLambda({
    files: archive(authority.certificatePem),
    handler: "index.handler",
    environment: { SECRETS_MANAGER_ENDPOINT: service.endpoint },
    ...{ timeoutSeconds, memorySize: 128, functionName: "rotation", functionArn },
  });
  const servers: RogueServer[] = [];
  return {
    authority,
    log: () => lambda.log(),
    async meet(answer) {
      const current = randomBytes(18).toString("base64url");
      /** Of whichever version signs in. */
      let inForce: "AWSCURRENT" | "AWSPENDING" = "AWSCURRENT";
      const password = (): string =>
        labelledLogins(service, secretId).find(({ stage }) => stage === inForce)?.password ?? current;
      const server = await startRogueServer({ certificate, answer: answer(password) });
      servers.push(server);
      const value = { engine: "postgres", host: "localhost", port: server.port, username: "app", password: current };
      const { ARN: secretId = "" } = await client.send(
        new CreateSecretCommand({
          Name: `fake/${randomUUID()}`,
          SecretString: JSON.stringify(value),
          Tags: [{ Key: "secrets-rotation:strategy", Value: "single-user" }],
        }),
      );
      const token = randomUUID();
      await client.send(
        new RotateSecretCommand({
          ...{ SecretId: secretId, ClientRequestToken: token, RotationLambdaARN: functionArn },
          RotationRules: { AutomaticallyAfterDays: 30 },
        }),
      );
      await service.rotationFinished(secretId);
      const take = (step: RotationStep): Promise<InvocationResult> => {
        inForce = step === "testSecret" ? "AWSPENDING" : "AWSCURRENT";
        return lambda.invoke({ Step: step, SecretId: secretId, ClientRequestToken: token });
      };
      await take("createSecret");
      return { server, secretId, take };
    },
    async close() {
      await lambda.stop();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
