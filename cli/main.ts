import { run } from "./run";
import { runAsProcess } from "./terminal/program";

runAsProcess(() => run(process.argv.slice(2), process));
