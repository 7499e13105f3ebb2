import { run } from "../run";
import { runAsProcess } from "../terminal/program";

runAsProcess(() => run(["preflight", ...process.argv.slice(2)], process));
