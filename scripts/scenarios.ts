import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { replays } from "../packages/core/src/protocol/scenario.suite.js";
import { syncStage } from "../packages/core/src/sync/sync-stage.suite.js";

// npm run scenarios [-- --rewrite]: plays every scenario (packages/core/scenarios, or --folder DIR), says which of them come out
// other than they are written down, and exits 1 if any does. With --rewrite what comes out is written down: read the difference
// before you keep it.

const { values } = parseArgs({ options: { rewrite: { type: "boolean", default: false }, folder: { type: "string" } } });
const all = replays(syncStage, values.folder);
const differing = all.filter(({ written, now }) => now !== written);
for (const { name, path, now } of differing) {
  if (values.rewrite) writeFileSync(path, now);
  process.stdout.write(`${values.rewrite ? "rewritten" : "DIFFERS"}: ${name}\n`);
}
process.stdout.write(`${all.length} scenarios, ${differing.length} ${values.rewrite ? "rewritten" : "differ"}\n`);
process.exitCode = differing.length === 0 || values.rewrite ? 0 : 1;
