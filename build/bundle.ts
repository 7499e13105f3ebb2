import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, buildSync } from "esbuild";
import { trustPem } from "../components";

const root = join(__dirname, "..");
let handler: string | undefined;

/**
 * The files of the function's archive. The same source gives the same bytes, in whatever folder it lies.
 * @param region the region whose databases the function connects to
 * @param databaseCa certificates of databases that are not RDS, as PEM
 */
export function rotationFunctionFiles(region: string, databaseCa?: string): Record<string, string> {
  return {
    "index.js": handlerFile("index.js"),
    "trust.pem": trustPem(region, databaseCa),
    "README.md": handlerFile("README.md"),
  };
}

/** One of the archive's files that are the same in every region. */
export function handlerFile(name: string): string {
  if (name !== "index.js") return readFileSync(join(root, "rotation-fn", name), "utf8");
  handler ??= bundle();
  return handler;
}

/** Bundles a handler into one CommonJS text, without writing a file. */
export function bundle(entryPoint = "rotation-fn/index.ts", folder = root): string {
  const { outputFiles } = buildSync({ ...bundleOptions(entryPoint, folder), write: false });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`${entryPoint} gave no bundle`);
  return output.text;
}

/** How the archive's code is made. */
export function bundleOptions(entryPoint = "rotation-fn/index.ts", folder = root): BuildOptions {
  return {
    absWorkingDir: folder,
    entryPoints: [entryPoint],
    bundle: true,
    minify: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    mainFields: ["module", "main"],
    external: ["pg-native"],
    // Lambda hands credentials over in the environment: the SDK's other ways to find some are a third of the bundle.
    alias: { "@aws-sdk/credential-provider-node": "./rotation-fn/secret/environmentCredentials.ts" },
    charset: "utf8",
    legalComments: "eof",
    logLevel: "error",
  };
}
