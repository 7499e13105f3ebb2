import { runCommandLine } from "./run";
import { runAsProcess } from "./terminal/program";

runAsProcess(() => runCommandLine(process.argv.slice(2), process));
