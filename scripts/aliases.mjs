import { fileURLToPath } from "node:url";

// Tests and scripts read the sources of our packages, not what was built of them: a test never passes on a stale build,
// and coverage and mutants see the lines that were written.

const source = (room) => fileURLToPath(new URL(`../packages/${room}/src/index.ts`, import.meta.url));

export const aliases = [
  { find: /^@sinter\/core$/, replacement: source("core") },
  { find: /^@sinter\/simulator$/, replacement: source("simulator") },
  { find: /^@sinter\/pipeline$/, replacement: source("pipeline") },
  { find: /^@sinter\/cli$/, replacement: source("cli") },
  { find: /^sinter$/, replacement: source("sinter") },
  { find: /^sinter\/simulator$/, replacement: fileURLToPath(new URL("../packages/sinter/src/simulator.ts", import.meta.url)) },
  { find: /^sinter\/synthesis$/, replacement: fileURLToPath(new URL("../packages/sinter/src/synthesis.ts", import.meta.url)) },
];
