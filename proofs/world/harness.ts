import { randomBytes } from "node:crypto";
import { startPostgresProxy } from "../../emulators/postgres/wire/postgresProxy";
import type { RotationFunctionEvent } from "../../emulators/secrets-manager";
import { Effects } from "./effects";
import { Ledger } from "./ledger";
import { adminOf, type Scenario, singleUser, tagsOf } from "./scenario";
import { randomPassword } from "./sharedPostgres";
import type { TestSecret } from "./testSecret";
import { startWorld, type WorldOptions } from "./world";

export type Harness = Awaited<ReturnType<typeof startHarness>>;

/**
 * A world in which a test can watch, disturb and kill the function, for one secret at a time.
 *
 * @param options.ledger collects the credentials. @default a new one
 */
export async function startHarness(options: WorldOptions & { readonly ledger?: Ledger } = {}) {
  const { ledger = new Ledger() } = options;
  const world = await startWorld(options);
  const { postgres, service } = world;
  const proxy = await startPostgresProxy(postgres);
  world.port = proxy.port;
  const superuser = await postgres.connect({ user: postgres.superuser, password: postgres.superuserPassword });
  await superuser.query("SET log_statement = 'none'");
  const effects = new Effects(service, proxy, ledger);
  world.onClose.push(
    () => proxy.close(),
    () => superuser.end(),
  );

  let lastInvocation: Promise<unknown> = Promise.resolve();
  world.aroundStep = async (event, run) => {
    effects.enter(event.Step);
    const invocation = run();
    lastInvocation = invocation;
    const result = await invocation;
    effects.enter(undefined);
    for (const { value } of service.store.find(event.SecretId).versions.values()) {
      if (value !== undefined && "SecretString" in value) ledger.noteSecret(value.SecretString);
    }
    await harness.onStepEnd(event, result.ok);
    return result;
  };
  const harness = Object.assign(world, {
    /** Between the function and PostgreSQL. */
    proxy,
    effects,
    /** A session of the superuser whose statements are not in the server's log. */
    superuser,
    ledger,
    /** Called after each step, regardless of its outcome. */
    onStepEnd: async (_event: RotationFunctionEvent, _ok: boolean): Promise<void> => undefined,
    /** Kills the function. Its further requests have no effect. */
    kill(): void {
      effects.killed = true;
      world.fn.kill();
    },
    /** Resolves when the running invocation has ended. */
    invocationEnd: () => lastInvocation,
    /** Creates a user, its secret and, if the scenario has one, its administrator. */
    async prepare({ strategy }: Scenario): Promise<TestSecret> {
      const user = `app_${randomBytes(5).toString("hex")}`;
      const admin = adminOf(user);
      const [password, adminPassword] = [randomPassword(), randomPassword()];
      await superuser.query(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
      let adminSecretArn: string | undefined;
      if (strategy !== undefined) {
        await superuser.query(`CREATE ROLE ${admin} LOGIN CREATEROLE PASSWORD '${adminPassword}'`);
        // The least that an administrator with CREATEROLE needs from PostgreSQL 16 on.
        await superuser.query(`GRANT ${user} TO ${admin} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
        const value = { username: admin, password: adminPassword };
        adminSecretArn = (await world.addSecret({ name: `db/${admin}`, value })).arn;
      }
      const tags = tagsOf({ strategy, username: user, adminSecretArn, port: world.port });
      const secret = await world.addSecret({ name: `db/${user}`, value: { username: user, password }, tags });
      const ofAdmin = adminSecretArn === undefined ? [] : [[adminSecretArn, "the admin secret"] as const];
      effects.names = [...ofAdmin, [secret.arn, "the secret"], [admin, "admin"], [user, "app"]];
      return secret;
    },
  });
  return harness;
}

export type OpenRotation = Awaited<ReturnType<typeof openRotation>>;

/** A harness with one secret, whose rotation is registered: the test runs the steps. */
export async function openRotation(options: WorldOptions & { readonly scenario?: Scenario | undefined } = {}) {
  const harness = await startHarness(options);
  const secret = await harness.prepare(options.scenario ?? singleUser);
  await secret.register();
  return { harness, secret };
}
