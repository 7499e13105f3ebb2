import { readFileSync } from "node:fs";
import { join } from "node:path";

const command = /^npx pulumi config set ((?:--\w+ )*)(?:'([^']+)'|(\S+))(?: +([^\s#]+))?/gm;

/** The configuration that the commands of an example's README set. A value that a command asks for is `asked`. */
export function readmeConfig(example: string): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const [, options = "", quoted, bare = "", value = "asked"] of readmeOf(example).matchAll(command)) {
    const key = quoted ?? bare;
    if (options.includes("--path")) setPath(config, key.split(/[.[\]]+/).filter(Boolean), value);
    else config[key] = value;
  }
  return config;
}

export function readmeOf(example: string): string {
  return readFileSync(join(__dirname, "..", example, "README.md"), "utf8");
}

/** Sets a value below a list or an object, as `pulumi config set --path` does. */
function setPath(target: Record<string, unknown>, [key = "", ...rest]: readonly string[], value: string): void {
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  target[key] ??= /^\d+$/.test(rest[0] ?? "") ? [] : {};
  setPath(target[key] as Record<string, unknown>, rest, value);
}
