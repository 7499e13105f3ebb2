import { bundle } from "../../build/bundle";

let index: string | undefined;

/** The function's archive with one authority to trust: the handler is the one that is deployed, bundled the same way. */
export function archive(ca: string): Record<string, string> {
  index ??= bundle();
  return { "index.js": index, "trust.pem": ca };
}
