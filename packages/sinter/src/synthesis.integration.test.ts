import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { AnyDefinedMerge } from "@sinter/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { synthesizeDirectory } from "./synthesis.js";

const lawless = fileURLToPath(new URL("../fixtures/lawless/lawless.js", import.meta.url));

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "synthesis-"));
  mkdirSync(join(dir, "in"));
  for (const [name, top] of [["a", 3] as const, ["b", 9] as const, ["c", 5] as const])
    writeFileSync(join(dir, "in", `${name}.json`), JSON.stringify({ top }));
});

afterEach(() => rmSync(dir, { recursive: true }));

function synthesize(module: string, type: string, more: { readonly jobs?: number; readonly shareBytes?: number } = {}) {
  const strategies = join(dir, "strategies.json");
  writeFileSync(strategies, JSON.stringify({ paths: { "/top": { strategy: "custom", module, type } } }));
  return synthesizeDirectory({ inputDir: join(dir, "in"), strategies, ...more });
}

test("a lawless type is no strategy: it is refused with its counterexample before anything is read", { timeout: 300_000 }, async () => {
  const exported = Object.values((await import(pathToFileURL(lawless).href)) as Record<string, AnyDefinedMerge>);
  // One of them is lawful, to be told from the others.
  const types = exported.map(({ definition }) => definition.name).filter((name) => name !== "high-scores");
  expect(types.length).toBeGreaterThanOrEqual(16);
  for (const type of types) {
    const told = { code: "lawless", message: expect.stringMatching(`^the strategy ${type} breaks a law \\(.+\\): .`) as string };
    await expect(synthesize(lawless, type), type).rejects.toMatchObject(told);
  }
});

test("a lawful type decides, in one thread as in several", { timeout: 60_000 }, async () => {
  const module = join(dir, "scores.mjs");
  const core = import.meta.resolve("@sinter/core");
  writeFileSync(
    module,
    `import { defineMerge, json } from ${JSON.stringify(core)};
     const merged = (left, right) => [...new Set([...left, ...right])].sort((a, b) => a - b);
     export const scores = defineMerge({ name: "scores", version: 1, operation: json, empty: [], apply: (all, score) => merged(all, [score]), join: merged,
       value: (all) => ({ best: all.at(-1) ?? null, of: all.length }), sample: (draws) => draws.below(5), source: import.meta.url });`,
  );
  for (const more of [{}, { jobs: 2, shareBytes: 1 }]) {
    const synthesis = await synthesize(module, "scores", more);
    expect(Buffer.concat(synthesis.pieces()).toString()).toBe('{"top":{"best":9,"of":3}}');
  }
});
