import { type ListrRenderer, ListrTaskEventType, type ListrTaskObject, ListrTaskState } from "listr2";
import { colorsFor, shown, type TerminalColors } from "./colors";

type Task = ListrTaskObject<unknown, typeof PlainRenderer, typeof PlainRenderer>;

interface PlainRendererOptions {
  /** @default standard output */
  readonly stream?: NodeJS.WritableStream;
  /** @default the stream's colors */
  readonly color?: TerminalColors;
}

/** For logs and pipes: writes one line when a task is done, and one before a task with subtasks. */
export class PlainRenderer implements ListrRenderer {
  static readonly nonTTY = true;
  static readonly rendererOptions: PlainRendererOptions;
  static readonly rendererTaskOptions: never;
  readonly #stream: NodeJS.WritableStream;
  readonly #color: TerminalColors;

  constructor(
    readonly tasks: Task[],
    readonly options: PlainRendererOptions = {},
  ) {
    this.#stream = options.stream ?? process.stdout;
    this.#color = options.color ?? colorsFor(this.#stream);
  }

  render(): void {
    this.#follow(this.tasks, "");
  }

  end(): void {
    // Every line has been written.
  }

  #follow(tasks: Task[], indent: string): void {
    for (const task of tasks) {
      task.on(ListrTaskEventType.SUBTASK, (parts: Task[]) => {
        this.#line(`${indent}${task.title}`);
        this.#follow(parts, `${indent}  `);
      });
      task.on(ListrTaskEventType.STATE, (state: string) => {
        if (task.hasSubtasks()) return;
        if (state === ListrTaskState.COMPLETED) this.#line(`${indent}${this.#color.green("✔")} ${task.title}`);
        if (state === ListrTaskState.FAILED) this.#line(`${indent}${this.#color.red("✖")} ${task.initialTitle}`);
      });
    }
  }

  #line(text: string): void {
    this.#stream.write(`${shown(text.trimEnd(), this.#color)}\n`);
  }
}
