import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BuildOptions, buildSync } from "esbuild";
import { trustPem } from "./rootsOfTrust";
import { thirdPartyNotices } from "./thirdPartyNotices";

const root = join(__dirname, "..");
let built: Bundled | undefined;

/** Name of the file with the licenses of what the handler's bundle has of other packages. */
export const noticesFile = "THIRD-PARTY-NOTICES.txt";

interface Bundled {
  text: string;
  /** Folders of the packages that bytes of the text come from. */
  packages: string[];
}

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
    [noticesFile]: handlerFile(noticesFile),
  };
}

/** One of the archive's files that are the same in every region. */
export function handlerFile(name: string): string {
  if (name !== "index.js" && name !== noticesFile) return readFileSync(join(root, "rotation-fn", name), "utf8");
  built ??= build("rotation-fn/index.ts", root);
  return name === "index.js" ? built.text : thirdPartyNotices(built.packages);
}

/** Bundles a handler into one CommonJS text, without writing a file. */
export function bundle(entryPoint = "rotation-fn/index.ts", folder = root): string {
  return build(entryPoint, folder).text;
}

/** The folders of the packages that are in a handler's bundle. */
export function bundledPackages(entryPoint = "rotation-fn/index.ts", folder = root): string[] {
  return build(entryPoint, folder).packages;
}

function build(entryPoint: string, folder: string): Bundled {
  const { outputFiles, metafile } = buildSync({ ...bundleOptions(entryPoint, folder), write: false, metafile: true });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`${entryPoint} gave no bundle`);
  const sources = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  // The last node_modules of the path: a package may have packages of its own.
  const folders = sources.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []);
  return { text: output.text, packages: [...new Set(folders)].map((path) => resolve(folder, path)) };
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
