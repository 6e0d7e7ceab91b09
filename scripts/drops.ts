// Many connect and drop, at any stage, over each way that links go: nothing of them may be left. The test of that, at length.
//   npm run test:drops -- --times 10000
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { must } from "./processes.mjs";

const PATIENCE_MS = 3_600_000;

const { values } = parseArgs({ options: { times: { type: "string", default: "10000" } } });
console.log(
  await must("npx vitest run --project integration packages/sinter/src/links/drops", {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { SINTER_DROPS: values.times, NO_COLOR: "1" },
    timeoutMs: PATIENCE_MS,
  }),
);
