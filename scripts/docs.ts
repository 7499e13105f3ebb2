import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { configurationReference } from "./configurationReference";

/** Writes docs/configuration.md out of the schema. */

writeFileSync(join(__dirname, "../docs/configuration.md"), configurationReference());
