import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const readme = join(__dirname, "../README.md");
const marks = /(<!-- transcript -->\n```text\n)(.*?)(```\n<!-- \/transcript -->)/s;

/** The transcript of the rehearsal in the README. */
export function transcriptInReadme(): string {
  return marks.exec(readFileSync(readme, "utf8"))?.[2] ?? "";
}

/** Replaces the parts of a transcript that differ from run to run: figures, IDs, padding. */
export function maskFigures(transcript: string): string {
  return transcript
    .replace(/\b[0-9a-f]{8}\b|\d+(\.\d+)*/g, "#")
    .replace(/# (ms|s)\b/g, "# s")
    .replace(/ {2,}/g, "  ")
    .trim();
}

/** Runs the rehearsal and writes its output to the README. */
export function writeTranscript(): void {
  const transcript = execFileSync("npm", ["start", "--silent"], {
    cwd: join(__dirname, ".."),
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
  });
  writeFileSync(
    readme,
    readFileSync(readme, "utf8").replace(marks, (_, start, __, end) => `${start}${transcript}${end}`),
  );
}
