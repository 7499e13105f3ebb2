import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BuildOptions, buildSync } from "esbuild";
import { trustPem } from "./rootsOfTrust";
import { thirdPartyNotices } from "./thirdPartyNotices";

const root = join(__dirname, "..");
const handler = "rotation-fn/index.ts";
let cached: Bundle | undefined;

/** Name of the file with the licenses of the packages in the handler's bundle. */
export const noticesFile = "THIRD-PARTY-NOTICES.txt";

interface Bundle {
  text: string;
  /** Folders of the packages in the bundle. */
  packages: string[];
}

/**
 * The files of the function's archive. The same source gives the same bytes, independent of its folder.
 * @param region the region of the databases
 * @param databaseCa CA certificates of databases outside RDS, in PEM format
 */
export function rotationFunctionFiles(region: string, databaseCa?: string): Record<string, string> {
  return {
    "index.js": handlerFile("index.js"),
    "trust.pem": trustPem(region, databaseCa),
    "README.md": handlerFile("README.md"),
    [noticesFile]: handlerFile(noticesFile),
  };
}

/** Content of a file of the archive that is the same in every region. */
export function handlerFile(name: string): string {
  if (name !== "index.js" && name !== noticesFile) return readFileSync(join(root, "rotation-fn", name), "utf8");
  cached ??= bundle();
  return name === "index.js" ? cached.text : thirdPartyNotices(cached.packages);
}

/**
 * The operator's commands as one program for Node.js alone, and the licenses of the packages in it. Its texts name the
 * command of the package.
 */
export function commandsFile(): { readonly text: string; readonly notices: string } {
  const { text, packages } = bundle("cli/main.ts", root, { mainFields: ["main"], alias: {} });
  return {
    text: `#!/usr/bin/env node\n${text.replaceAll("npm run ops --", "npx secrets-rotation")}`,
    notices: thirdPartyNotices(packages, "cli.js"),
  };
}

/** Bundles a program into one CommonJS module, by default the handler, without writing a file. */
export function bundle(entryPoint = handler, folder = root, more: BuildOptions = {}): Bundle {
  const options = { ...bundleOptions(entryPoint, folder), ...more };
  const { outputFiles, metafile } = buildSync({ ...options, write: false, metafile: true });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`esbuild returned no bundle for ${entryPoint}`);
  const sources = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  // The last node_modules of the path: a package may contain packages.
  const folders = sources.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []);
  return { text: output.text, packages: [...new Set(folders)].map((path) => resolve(folder, path)) };
}

/** Options of esbuild for the handler. */
export function bundleOptions(entryPoint = handler, folder = root): BuildOptions {
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
    // Lambda passes credentials in the environment. The SDK's other credential providers would be a third of the
    // bundle.
    alias: { "@aws-sdk/credential-provider-node": "./rotation-fn/secret/environmentCredentials.ts" },
    charset: "utf8",
    legalComments: "eof",
    logLevel: "error",
  };
}
