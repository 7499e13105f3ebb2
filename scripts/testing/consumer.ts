import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { name, version } from "../../package.json";

const root = join(__dirname, "../..");

/** A temporary folder with the installed package. Its peer dependencies are links to the packages of this checkout. */
export class Consumer {
  readonly folder = mkdtempSync(join(tmpdir(), "consumer-"));
  readonly tarball = join(this.folder, `${name}-${version}.tgz`);
  readonly manifest: Record<string, Record<string, unknown> | undefined>;

  constructor() {
    execFileSync("npm", ["pack", "--silent", "--pack-destination", this.folder], { cwd: root, stdio: "pipe" });
    execFileSync("tar", ["xzf", this.tarball], { cwd: this.folder });
    mkdirSync(join(this.folder, "node_modules"));
    const installed = join(this.folder, "node_modules/secrets-rotation");
    renameSync(join(this.folder, "package"), installed);
    this.manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    for (const one of Object.keys(this.manifest.peerDependencies ?? {})) {
      const link = join(this.folder, "node_modules", one);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(root, "node_modules", one), link, "junction");
    }
  }

  /** A file of the installed package. */
  installed(name: string): Buffer {
    return readFileSync(join(this.folder, "node_modules/secrets-rotation", name));
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Runs a file with Node.js, without a loader. @returns its standard output */
  run(name: string, environment: Record<string, string>): string {
    return execFileSync(process.execPath, [name], {
      cwd: this.folder,
      encoding: "utf8",
      env: { ...process.env, NODE_OPTIONS: "", NODE_PATH: "", ...environment },
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
