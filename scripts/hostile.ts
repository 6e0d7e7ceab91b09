// A crowd that means no good besets one peer of three, each in a process of its own. The test of that, with more of them.
//   npm run test:hostile -- --connections 10000
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { must } from "./processes.mjs";

const PATIENCE_MS = 3_600_000;

const { values } = parseArgs({ options: { connections: { type: "string", default: "10000" } } });
console.log(
  await must("npx vitest run --project integration packages/sinter/src/hostile.integration.test.ts", {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { SINTER_HOSTILE: values.connections, NO_COLOR: "1" },
    timeoutMs: PATIENCE_MS,
  }),
);
