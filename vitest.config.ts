import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`./packages/${path}/src/index.ts`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^@sinter\/core$/, replacement: source("core") },
      { find: /^@sinter\/simulator$/, replacement: source("simulator") },
      { find: /^@sinter\/cli$/, replacement: source("cli") },
      { find: /^sinter$/, replacement: source("sinter") },
    ],
  },
  test: { include: ["packages/*/src/**/*.test.ts", "tidy/**/*.test.ts"] },
});
