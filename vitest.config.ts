import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { aliases } from "./scripts/aliases.mjs";
import { mutantPlugin } from "./scripts/mutant-plugin.mjs";
import { announceSeed } from "./scripts/seed.mjs";

const root = fileURLToPath(new URL(".", import.meta.url));
const rooms = "{packages/*/src,tidy,mutants,scripts}";
const slow = ["integration", "concurrency", "network", "performance"] as const;
announceSeed();
const report = process.env["SINTER_REPORT"] ?? "";

interface LaneOptions {
  readonly testTimeout: number;
  readonly isolate?: boolean;
  readonly maxWorkers?: string;
  readonly sequence?: { readonly groupOrder: number };
}

/** Unit tests leave nothing behind in their modules: files may share a process, which saves two thirds of their time. */
const together = { isolate: false, maxWorkers: "100%" };
/** Lanes of as many workers run in one go: these after the unit tests. */
const apart = { testTimeout: 120_000, sequence: { groupOrder: 1 } };

/** A lane is a suffix: `x.network.test.ts` runs in the lane network, plain `x.test.ts` in the lane unit. */
const lane = (name: string, include: string[], exclude: string[], { testTimeout, ...more }: LaneOptions) => ({
  extends: true as const,
  test: { name, include, exclude: ["**/node_modules/**", "**/dist/**", ...exclude], testTimeout, hookTimeout: testTimeout, ...more },
});

export default defineConfig({
  root,
  plugins: mutantPlugin(root),
  resolve: { alias: aliases },
  test: {
    setupFiles: ["./scripts/seed-setup.mjs"],
    // Making a Falcon-512 key takes some tenths of a second: tests of hybrid authors say so.
    env: { SINTER_SIGNATURES: "ed25519" },
    reporters: report === "" ? ["default"] : ["default", ["json", { outputFile: report }]],
    projects: [
      lane(
        "unit",
        [`${rooms}/**/*.test.ts`],
        slow.map((name) => `**/*.${name}.test.ts`),
        // The longest take some seconds each on a quiet machine; a busy one that also counts coverage is several times slower.
        { testTimeout: 90_000, ...together },
      ),
      ...slow.map((name) => lane(name, [`${rooms}/**/*.${name}.test.ts`], [], apart)),
    ],
    coverage: {
      // The gate measures it in the run that the README's test command makes.
      enabled: process.env["SINTER_COVERAGE"] === "on",
      provider: "v8",
      reporter: ["text-summary", "json-summary", "html"],
      include: ["packages/*/src/**/*.ts"],
      exclude: ["**/*.test.ts", "**/*.suite.ts", "**/*.d.ts"],
      thresholds: {
        "packages/core/src/**": { lines: 95, branches: 90 },
        "packages/simulator/src/**": { lines: 90 },
        "packages/pipeline/src/**": { lines: 90 },
        "packages/sinter/src/**": { lines: 90 },
        "packages/cli/src/**": { lines: 90 },
      },
    },
  },
});
