import Mocha from "mocha";

const maxTests = 10;

/** Mocha's `spec` report, with the slowest tests before the summary. */
export = class SlowestTests extends Mocha.reporters.Spec {
  readonly #durations: { readonly title: string; readonly ms: number }[] = [];

  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    runner.on(Mocha.Runner.constants.EVENT_TEST_PASS, (test) => {
      this.#durations.push({ title: test.fullTitle(), ms: test.duration ?? 0 });
    });
  }

  override epilogue(): void {
    const slowest = this.#durations.sort((a, b) => b.ms - a.ms).slice(0, maxTests);
    Mocha.reporters.Base.consoleLog(`\n  the slowest ${slowest.length} tests`);
    for (const { title, ms } of slowest) {
      Mocha.reporters.Base.consoleLog(Mocha.reporters.Base.color("light", `${String(ms).padStart(8)} ms  ${title}`));
    }
    super.epilogue();
  }
};
