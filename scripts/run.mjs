import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runnerImport } from "vite";
import { aliases } from "./aliases.mjs";
import { mutantPlugin } from "./mutant-plugin.mjs";

// node scripts/run.mjs FILE.ts [arguments]: runs a TypeScript program as it stands, our packages read from their sources, one of
// them with a fault on purpose where SINTER_MUTANT_EDIT says so.
// Node 20 cannot do it by itself. The program sees its arguments from process.argv[2] on; it must await all it starts
// before its module ends, because nothing can be imported after that.

const root = fileURLToPath(new URL("..", import.meta.url));
const [file, ...rest] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write("usage: node scripts/run.mjs FILE.ts [arguments]\n");
  process.exit(2);
}
const path = resolve(file);
process.argv.splice(1, process.argv.length - 1, path, ...rest);
await runnerImport(pathToFileURL(path).pathname, { logLevel: "error", resolve: { alias: aliases }, plugins: mutantPlugin(root) });
