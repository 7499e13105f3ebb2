import { randomUUID } from "node:crypto";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  type Tag,
} from "@aws-sdk/client-secrets-manager";
import { type Lambda, startLambda } from "../../emulators/lambda/lambda";
import { type Monitoring, startMonitoring } from "../../emulators/monitoring/monitoring";
import { createAuthority } from "../../emulators/postgres/certificates";
import { freePort, type Postgres, startPostgres } from "../../emulators/postgres/postgres";
import { type Breakage, broken } from "./breakages";
import { type Deployment, deploymentOf } from "./deployment";
import type { Scenario } from "./scenarios";
import { type Failure, foreignService, localService, type RotationService, type StepReport } from "./service";
import { type Watched, watch } from "./watcher";

/** What logs in at the database. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** One rotation that succeeded. */
export interface Rotated {
  /** Id of the version that it made, and of the one that was current before. */
  readonly token: string;
  readonly previousToken: string | undefined;
  readonly current: Login;
  readonly previous: Login;
  readonly durationMs: number;
  readonly steps: readonly StepReport[];
  /** What a client saw meanwhile that logged in all the time; not where there was no user to log in as. */
  readonly watched: Watched | undefined;
}

/** A rotation that failed, in the function's own words. */
export class RotationFailed extends Error {
  constructor(readonly failure: Failure) {
    super(`${failure.step}: ${failure.message}`);
    this.name = failure.type;
  }
}

export interface Rehearsal {
  readonly deployment: Deployment;
  readonly scenario: Scenario;
  readonly postgres: Postgres;
  readonly lambda: Lambda;
  readonly endpoint: string;
  /** Where the function's log is read as in CloudWatch Logs. */
  readonly logsEndpoint: string;
  /** Rotates the secret once. @throws RotationFailed */
  rotate(onStep: (step: StepReport) => void): Promise<Rotated>;
  /** Label → id of its version. */
  labels(): Promise<Readonly<Record<string, string>>>;
  logIn(login: Login): Promise<boolean>;
  userOf(login: Login): string;
  /** What PostgreSQL keeps of the password (`pg_authid.rolpassword`). */
  storedVerifier(): Promise<string>;
  postgresLog(): Promise<string>;
  functionLog(): string;
  /** Every password that the secret has had. */
  passwords(): readonly string[];
}

/** The parts of a rehearsal, in the order in which they start; each is given what the ones before have made. */
export interface Stage {
  evaluate(): Promise<Deployment>;
  startDatabase(): Promise<Postgres>;
  startService(): Promise<Rehearsal>;
  stop(): Promise<void>;
}

const region = "us-east-1";
const credentials = { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" };

/**
 * Sets a stage for the deployed artefact: nothing of it comes from the source tree but through the Pulumi program.
 *
 * @param options.endpoint - A Secrets Manager to use in place of the local one.
 */
export function setStage(options: {
  readonly scenario: Scenario;
  readonly breakage: Breakage | undefined;
  readonly endpoint: string | undefined;
}): Stage {
  const { breakage, scenario } = options;
  const running: { stop(): Promise<void> }[] = [];
  let stopped: Promise<void> | undefined;
  let deployment: Deployment;
  let postgres: Postgres;
  const authority = createAuthority();
  const port = freePort();

  return {
    async evaluate() {
      const evaluated = await deploymentOf({
        databaseCa: (await authority).certificatePem,
        database: { host: "localhost", port: await port },
        scenario,
      });
      deployment = broken(evaluated, breakage);
      return deployment;
    },

    async startDatabase() {
      postgres = await startPostgres({ authority: await authority, port: await port });
      running.push(postgres);
      await scenario.prepare(postgres, deployment.database);
      if (breakage?.certificateNames) {
        await postgres.reload({ certificate: await (await authority).issue({ hostnames: breakage.certificateNames }) });
      }
      return postgres;
    },

    async startService() {
      const { lambda, service, monitoring } = await startParts(deployment, options.endpoint, running);
      if (service.local) breakage?.service?.(service.local);
      const client = new SecretsManagerClient({ endpoint: service.endpoint, region, credentials });
      // As the provider does it: the secret first, then its value, under the labels that it is to have.
      const create = async (Name: string, value: object, VersionStages: string[], Tags: Tag[]): Promise<string> => {
        const { ARN = Name } = await client.send(new CreateSecretCommand({ Name, Tags }));
        // Somebody else's server outlives the rehearsal: what was made there goes, and only that.
        const remove = new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true });
        if (!service.local) running.push({ stop: async () => void (await client.send(remove)) });
        await client.send(
          new PutSecretValueCommand({ SecretId: Name, SecretString: JSON.stringify(value), VersionStages }),
        );
        return ARN;
      };
      const { adminSecret } = scenario;
      const adminArn = adminSecret && (await create(adminSecret.name, adminSecret.value, ["AWSCURRENT"], []));
      const withAdmin = (text: string): string =>
        adminSecret && adminArn ? text.replaceAll(adminSecret.arn, adminArn) : text;
      const { name, value, labels, tags } = deployment.secret;
      await create(
        name,
        { ...JSON.parse(withAdmin(value)), ...breakage?.secret },
        labels,
        tags.map(({ Key, Value }) => ({ Key, Value: withAdmin(Value) })),
      );
      return rehearsal({ deployment, scenario, postgres, lambda, service, monitoring, client });
    },

    stop() {
      stopped ??= stopAll(running);
      return stopped;
    },
  };
}

/** The last one first, and each of them, whatever becomes of the others. */
async function stopAll(parts: { stop(): Promise<void> }[]): Promise<void> {
  const failures: unknown[] = [];
  for (const part of [...parts].reverse()) await part.stop().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

async function startParts(
  deployment: Deployment,
  endpoint: string | undefined,
  running: { stop(): Promise<void> }[],
): Promise<{ lambda: Lambda; service: RotationService; monitoring: Monitoring }> {
  const functionArn = `arn:aws:lambda:${region}:000000000000:function:${deployment.functionName}`;
  let lambda: Lambda | undefined;
  const invoke: Lambda["invoke"] = (event) => {
    if (lambda === undefined) throw new Error("the function is not there yet");
    return lambda.invoke(event);
  };
  const service = await (endpoint === undefined
    ? localService(functionArn, deployment, invoke)
    : foreignService(endpoint, functionArn, deployment, invoke));
  running.push(service);
  const monitoring = await startMonitoring(`/aws/lambda/${deployment.functionName}`);
  running.push({ stop: monitoring.close });
  lambda = startLambda({
    files: deployment.files,
    handler: deployment.handler,
    // The one variable that is not as deployed: where Secrets Manager is.
    environment: { ...deployment.environment, SECRETS_MANAGER_ENDPOINT: service.endpoint },
    timeoutSeconds: deployment.timeoutSeconds,
    memorySize: deployment.memorySize,
    functionName: deployment.functionName,
    functionArn,
    region,
    credentials,
    onLog: (message) => monitoring.lines.push({ timestamp: Date.now(), message }),
  });
  running.push(lambda);
  return { lambda, service, monitoring };
}

function rehearsal(parts: {
  deployment: Deployment;
  scenario: Scenario;
  postgres: Postgres;
  lambda: Lambda;
  service: RotationService;
  monitoring: Monitoring;
  client: SecretsManagerClient;
}): Rehearsal {
  const { deployment, scenario, postgres, lambda, service, monitoring, client } = parts;
  const SecretId = deployment.secret.name;
  const seen = new Set<string>([deployment.database.password]);

  const read = async (): Promise<{ token: string | undefined; login: Login }> => {
    const { SecretString = "{}", VersionId } = await client.send(
      new GetSecretValueCommand({ SecretId, VersionStage: "AWSCURRENT" }),
    );
    const login = JSON.parse(SecretString) as Login;
    seen.add(login.password);
    return { token: VersionId, login };
  };

  const logIn = ({ username, password }: Login): Promise<boolean> =>
    postgres.canLogIn(username, password, deployment.database.dbname);

  return {
    deployment,
    scenario,
    postgres,
    lambda,
    endpoint: service.endpoint,
    logsEndpoint: monitoring.endpoint,
    async rotate(onStep) {
      const before = await read();
      const token = randomUUID();
      const stopWatching = (await logIn(before.login).catch(() => false))
        ? watch(async () => logIn((await read()).login))
        : undefined;
      const startedAt = performance.now();
      const steps: StepReport[] = [];
      const failure = await service.rotate(client, token, (step) => {
        steps.push(step);
        onStep(step);
      });
      const durationMs = performance.now() - startedAt;
      const watched = await stopWatching?.(failure === undefined);
      if (failure !== undefined) throw new RotationFailed(failure);
      const after = await read();
      return {
        token,
        previousToken: before.token,
        current: after.login,
        previous: before.login,
        durationMs,
        steps,
        watched,
      };
    },
    async labels() {
      const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }));
      return Object.fromEntries(
        Object.entries(VersionIdsToStages).flatMap(([id, labels]) => labels.map((l) => [l, id])),
      );
    },
    logIn,
    userOf: ({ username }) => `${username}@${postgres.host}:${postgres.port}/${deployment.database.dbname}`,
    async storedVerifier() {
      const { login } = await read();
      const { rows } = await postgres.query<{ rolpassword: string | null }>(
        "SELECT rolpassword FROM pg_authid WHERE rolname = $1",
        [login.username],
      );
      return rows[0]?.rolpassword ?? "";
    },
    postgresLog: () => postgres.completeLog(),
    functionLog: () => lambda.log().join("\n"),
    passwords: () => [...seen],
  };
}
