import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { run } from "./processes.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

test("a scenario that tells something else is named, and --rewrite puts down what comes of it and nothing else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "scenarios-"));
  try {
    cpSync(join(root, "packages/core/scenarios"), folder, { recursive: true });
    const [spoiled, other] = [join(folder, "sync-loss.txt"), join(folder, "sync-session.txt")];
    const [was, otherWas] = [readFileSync(spoiled, "utf8"), readFileSync(other, "utf8")];
    writeFileSync(spoiled, was.replace(/ {2}a > b hello .*\n/, "  a > b nothing\n"));
    const scenarios = async (...flags: readonly string[]) => {
      const { ok, output } = await run(`node scripts/run.mjs scripts/scenarios.ts --folder ${folder} ${flags.join(" ")}`, { cwd: root });
      return [ok, output.trim().split("\n")];
    };
    expect(await scenarios()).toEqual([false, ["DIFFERS: sync-loss.txt", "2 scenarios, 1 differ"]]);
    expect(readFileSync(spoiled, "utf8")).toContain("  a > b nothing\n");
    expect(await scenarios("--rewrite")).toEqual([true, ["rewritten: sync-loss.txt", "2 scenarios, 1 rewritten"]]);
    expect([readFileSync(spoiled, "utf8"), readFileSync(other, "utf8")]).toEqual([was, otherWas]);
    expect(await scenarios()).toEqual([true, ["2 scenarios, 0 differ"]]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
