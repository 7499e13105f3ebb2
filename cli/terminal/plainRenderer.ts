import { type ListrRenderer, ListrTaskEventType, type ListrTaskObject, ListrTaskState } from "listr2";
import { type Colours, coloursFor, shown } from "./colours";

type Task = ListrTaskObject<unknown, typeof PlainRenderer, typeof PlainRenderer>;

interface PlainRendererOptions {
  /** Standard output unless given. */
  readonly stream?: NodeJS.WritableStream;
  /** What the stream takes, unless given. */
  readonly colour?: Colours;
}

/** One line for each task when it is over, and one ahead of those that have parts: for logs and pipes. */
export class PlainRenderer implements ListrRenderer {
  static readonly nonTTY = true;
  static readonly rendererOptions: PlainRendererOptions;
  static readonly rendererTaskOptions: never;
  readonly #stream: NodeJS.WritableStream;
  readonly #colour: Colours;

  constructor(
    readonly tasks: Task[],
    readonly options: PlainRendererOptions = {},
  ) {
    this.#stream = options.stream ?? process.stdout;
    this.#colour = options.colour ?? coloursFor(this.#stream);
  }

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
        if (state === ListrTaskState.COMPLETED) this.#line(`${indent}${this.#colour.green("✔")} ${task.title}`);
        if (state === ListrTaskState.FAILED) this.#line(`${indent}${this.#colour.red("✖")} ${task.initialTitle}`);
      });
    }
  }

  #line(text: string): void {
    this.#stream.write(`${shown(text.trimEnd(), this.#colour)}\n`);
  }
}
