import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pictureOf, textOf } from "./terminalPicture";

const picture = join(__dirname, "../docs/rehearsal.svg");

/** The transcript of the rehearsal in the README, which shows it as a picture. */
export function transcriptInReadme(): string {
  return textOf(readFileSync(picture, "utf8"));
}

/** Replaces the parts of a transcript that differ from run to run: figures, IDs, padding. */
export function maskFigures(transcript: string): string {
  return transcript
    .replace(/\b[0-9a-f]{8}\b|\d+(\.\d+)*/g, "#")
    .replace(/# (ms|s)\b/g, "# s")
    .replace(/ {2,}/g, "  ")
    .trim();
}

/** Runs the rehearsal and draws its output. */
export function drawTranscript(): void {
  const transcript = execFileSync("npm", ["start", "--silent"], {
    cwd: join(__dirname, ".."),
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: "1" },
  });
  writeFileSync(picture, pictureOf(transcript));
}
