import { type ListrRenderer, ListrTaskEventType, type ListrTaskObject, ListrTaskState } from "listr2";
import pc from "picocolors";

type Task = ListrTaskObject<unknown, typeof PlainRenderer, typeof PlainRenderer>;

/** One line for each task when it is over, and one ahead of those that have parts: for logs and pipes. */
export class PlainRenderer implements ListrRenderer {
  static readonly nonTTY = true;
  static readonly rendererOptions: { stream?: NodeJS.WritableStream };
  static readonly rendererTaskOptions: never;

  constructor(
    readonly tasks: Task[],
    readonly options: { stream?: NodeJS.WritableStream } = {},
  ) {}

  render(): void {
    this.#follow(this.tasks, "");
  }

  end(): void {
    // Every line is written already.
  }

  #follow(tasks: Task[], indent: string): void {
    for (const task of tasks) {
      task.on(ListrTaskEventType.SUBTASK, (parts: Task[]) => {
        this.#line(`${indent}${task.title}`);
        this.#follow(parts, `${indent}  `);
      });
      task.on(ListrTaskEventType.STATE, (state: string) => {
        if (task.hasSubtasks()) return;
        if (state === ListrTaskState.COMPLETED) this.#line(`${indent}${pc.green("✔")} ${task.title}`);
        if (state === ListrTaskState.FAILED) this.#line(`${indent}${pc.red("✖")} ${task.initialTitle}`);
      });
    }
  }

  #line(text: string): void {
    (this.options.stream ?? process.stdout).write(`${text.trimEnd()}\n`);
  }
}
