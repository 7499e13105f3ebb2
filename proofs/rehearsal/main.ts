import { help, type Options, parseOptions } from "./options";

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nTry npm start -- --help\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }

  // Loaded only now: help and a wrong option need no Pulumi.
  const [{ setStage }, { rehearse }, { report }, { keepRunning }] = await Promise.all([
    import("./rehearsal.js"),
    import("./rehearse.js"),
    import("./report.js"),
    import("./keep.js"),
  ]);
  const stage = setStage({ ...options, endpoint: process.env.SECRETS_MANAGER_ENDPOINT });
  stopOnSignal(stage.stop);
  try {
    const { result, rehearsal } = await rehearse(options, stage);
    report(result, options);
    if (options.keep && rehearsal) await keepRunning(rehearsal, options);
    return result.ok ? 0 : 1;
  } finally {
    await stage.stop();
  }
}

/** Ctrl-C takes everything down before the process goes; a second one goes at once. */
function stopOnSignal(stop: () => Promise<void>): void {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(code));
      stop().finally(() => process.exit(code));
    });
  }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
