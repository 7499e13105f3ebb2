import type { Client } from "pg";
import { type PostgresProxy, startPostgresProxy } from "../../emulators/postgres/wire/postgresProxy";
import type { RotationFunctionEvent } from "../../emulators/secrets-manager";
import { Effects } from "./effects";
import { Ledger } from "./ledger";
import { prepareSecret, type Scenario, singleUser } from "./scenario";
import type { TestSecret } from "./testSecret";
import { startWorld, type World, type WorldOptions } from "./world";

/** A world in which a test can watch, disturb and kill the function, for one secret at a time. */
export interface Harness extends World {
  /** Between the function and PostgreSQL. */
  readonly proxy: PostgresProxy;
  readonly effects: Effects;
  /** A session of the superuser whose statements are not in the server's log. */
  readonly superuser: Client;
  readonly ledger: Ledger;
  /** Called after each step, regardless of its outcome. */
  onStepOver: (event: RotationFunctionEvent, ok: boolean) => Promise<void>;
  /** Kills the function. Its further requests have no effect. */
  kill(): void;
  /** Resolves when the running invocation has ended. */
  invocationOver(): Promise<void>;
  prepare(scenario: Scenario): Promise<TestSecret>;
}

/** @param options.ledger collects the credentials. @default a new one */
export async function startHarness(options: WorldOptions & { readonly ledger?: Ledger } = {}): Promise<Harness> {
  const { ledger = new Ledger() } = options;
  const world = await startWorld(options);
  const { postgres, service } = world;
  const proxy = await startPostgresProxy(postgres);
  world.port = proxy.port;
  const superuser = await postgres.connect({ user: postgres.superuser, password: postgres.superuserPassword });
  await superuser.query("SET log_statement = 'none'");
  const effects = new Effects(service, proxy);
  effects.onCredential = (text) => ledger.note(text);
  world.onClose.push(
    () => proxy.close(),
    () => superuser.end(),
  );

  let over: Promise<unknown> = Promise.resolve();
  world.aroundStep = async (event, run) => {
    effects.enter(event.Step);
    const invocation = run();
    over = invocation;
    const result = await invocation;
    effects.enter(undefined);
    for (const { value } of service.store.find(event.SecretId).versions.values()) {
      if (value !== undefined && "SecretString" in value) ledger.noteSecret(value.SecretString);
    }
    await harness.onStepOver(event, result.ok);
    return result;
  };
  const harness: Harness = Object.assign(world, {
    ...{ proxy, effects, superuser, ledger },
    onStepOver: async () => undefined,
    kill() {
      effects.dead = true;
      world.fn.kill();
    },
    async invocationOver() {
      await over;
    },
    async prepare(scenario: Scenario) {
      const { secret, names } = await prepareSecret(world, scenario, (statement) => superuser.query(statement));
      effects.names = names;
      return secret;
    },
  });
  return harness;
}

/** A harness with one secret, whose rotation is registered: the test runs the steps. */
export interface OpenRotation {
  readonly harness: Harness;
  readonly secret: TestSecret;
}

export async function openRotation(
  options: WorldOptions & { readonly scenario?: Scenario | undefined } = {},
): Promise<OpenRotation> {
  const harness = await startHarness(options);
  const secret = await harness.prepare(options.scenario ?? singleUser);
  await secret.register();
  return { harness, secret };
}
