import { runCommandLine } from "../run";
import { runAsProcess } from "../terminal/program";

runAsProcess(() => runCommandLine(["preflight", ...process.argv.slice(2)], process));
