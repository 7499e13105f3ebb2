// What Pulumi loads when it runs this folder as a plugin (PulumiPlugin.yaml). Pulumi would compile TypeScript by the
// settings of whichever folder it was called in; so this is JavaScript, and has tsx do it by the settings of this one.
const { join } = require("node:path");

process.env.TSX_TSCONFIG_PATH = join(__dirname, "tsconfig.json");
require("tsx/cjs");
require("./provider/host.ts");
