import { createAuthority } from "../../emulators/postgres/certificates";
import { type Answers, type RogueServer, startRogueServer } from "../../emulators/postgres/rogueServer";
import type { RotationStep } from "../../emulators/secrets-manager";
import { settingTags } from "../../rotation-fn/secret/settings";
import { randomPassword } from "../world/sharedPostgres";
import type { StepResult } from "../world/testSecret";
import { sharedWorld } from "./world";

export type RogueWorld = Awaited<ReturnType<typeof startRogueWorld>>;

/** The function in a process of its own, with 128 MB, and servers with a certificate that it trusts. */
export async function startRogueWorld() {
  const authority = await createAuthority();
  const certificate = await authority.issue({ hostnames: ["localhost"] });
  const world = await sharedWorld();
  const fn = world.addFunction({
    ...{ ownProcess: true, ca: authority.certificatePem, functionName: "rogue", timeoutSeconds: 15, memorySize: 128 },
  });
  const servers: RogueServer[] = [];
  return {
    /** The lines that the function has written. */
    log: fn.log,
    /** Starts a server, and registers a rotation of a secret that names it; createSecret has run. */
    async openRotation(answer: (password: () => string) => Answers) {
      const current = randomPassword();
      /** Staging label of the version whose password the server accepts. */
      let label: "AWSCURRENT" | "AWSPENDING" = "AWSCURRENT";
      const password = (): string => secret.credentials(label)?.password ?? current;
      const server = await startRogueServer({ certificate, answer: answer(password) });
      servers.push(server);
      const secret = await world.addSecret({
        value: { port: server.port, password: current, dbname: undefined },
        tags: { [settingTags.strategy]: "single-user" },
        fn,
      });
      await secret.register();
      const runStep = (step: RotationStep): Promise<StepResult> => {
        label = step === "testSecret" ? "AWSPENDING" : "AWSCURRENT";
        return secret.runStep(step);
      };
      await runStep("createSecret");
      return { server, runStep };
    },
    async close() {
      await fn.stop();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
