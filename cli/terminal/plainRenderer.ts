import { type ListrRenderer, ListrTaskEventType, type ListrTaskObject, ListrTaskState } from "listr2";
import { escapeLine, type TerminalColors } from "./colors";

type Task = ListrTaskObject<unknown, typeof PlainRenderer, typeof PlainRenderer>;

interface PlainRendererOptions {
  readonly stream: NodeJS.WritableStream;
  readonly color: TerminalColors;
}

/** For logs and pipes: writes one line when a task is done, and one before a task with subtasks. */
export class PlainRenderer implements ListrRenderer {
  static readonly nonTTY = true;
  static readonly rendererOptions: PlainRendererOptions;
  static readonly rendererTaskOptions: never;

  constructor(
    readonly tasks: Task[],
    readonly options: PlainRendererOptions,
  ) {}

  render(): void {
    this.#follow(this.tasks, "");
  }

  end(): void {
    // Every line has been written.
  }

  #follow(tasks: Task[], indent: string): void {
    const { stream, color } = this.options;
    const say = (text: string) => stream.write(`${escapeLine(`${indent}${text}`.trimEnd(), color)}\n`);
    for (const task of tasks) {
      task.on(ListrTaskEventType.SUBTASK, (parts: Task[]) => {
        say(`${task.title}`);
        this.#follow(parts, `${indent}  `);
      });
      task.on(ListrTaskEventType.STATE, (state: string) => {
        if (task.hasSubtasks()) return;
        if (state === ListrTaskState.COMPLETED) say(`${color.green("✔")} ${task.title}`);
        if (state === ListrTaskState.FAILED) say(`${color.red("✖")} ${task.initialTitle}`);
      });
    }
  }
}
