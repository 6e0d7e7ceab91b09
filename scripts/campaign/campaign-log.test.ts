import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { addLine, type CampaignLine, digestOf, linesOf, nextSeed, runOf } from "./campaign-log.js";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "sinter-campaign-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function line(parts: Partial<CampaignLine>): CampaignLine {
  const rest = { at: "", from: 1, to: 10, seeds: 10, failures: 0, failed: [], tookS: 1, virtualHours: 1, acknowledged: 1, families: {} };
  return { sources: "one", ...rest, ...parts };
}

test("lines add up by the sources that were run, and no seed comes twice", () => {
  const path = join(folder(), "runs", "campaign.log");
  expect(nextSeed(linesOf(path))).toBe(1);
  addLine(path, line({}));
  addLine(path, line({ from: 11, to: 40, seeds: 30, failures: 25, failed: ["feeds 17"] }));
  addLine(path, line({ sources: "another", from: 41, to: 50 }));
  expect(runOf(linesOf(path), "one")).toEqual({ seeds: 40, failed: 25 });
  expect(runOf(linesOf(path), "none")).toEqual({ seeds: 0, failed: 0 });
  expect(nextSeed(linesOf(path))).toBe(51);
});

test("a line that was cut off is passed over", () => {
  const path = join(folder(), "campaign.log");
  addLine(path, line({}));
  appendFileSync(path, '{"at":"2026-');
  expect(linesOf(path)).toHaveLength(1);
});

test("sources are another once anything that a seed runs is", () => {
  const root = folder();
  mkdirSync(join(root, "sync"));
  writeFileSync(join(root, "sync", "core.ts"), "one");
  const before = digestOf([root]);
  writeFileSync(join(root, "sync", "core.test.ts"), "tests are not run by seeds");
  expect(digestOf([root])).toBe(before);
  writeFileSync(join(root, "sync", "core.ts"), "two");
  const changed = digestOf([root]);
  expect(changed).not.toBe(before);
  writeFileSync(join(root, "sync", "more.ts"), "");
  expect(digestOf([root])).not.toBe(changed);
});
