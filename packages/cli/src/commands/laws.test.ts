import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { LawReport } from "sinter";
import { afterEach, beforeEach, expect, test } from "vitest";
import { finish, type Setting } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

const lawful: LawReport = { verdict: "lawful", type: "high-scores", version: 2, runs: 500, digest: "ab".repeat(32) };
const refused: LawReport = {
  verdict: "refused",
  type: "mean",
  version: 1,
  law: "the same operations come to one state, whatever came first",
  lines: ["A1 by author 1 at 1.0: 0", "folded A1: value 0"],
  seed: 7,
  run: 3,
};

let dir: string;
let file: string;
let setting: Setting;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  file = join(dir, "types.js");
  writeFileSync(file, "");
  setting = { stores: new MemoryStores(), env: {} };
});

afterEach(() => rmSync(dir, { recursive: true }));

test("laws says of each type whether it holds them, and exits 1 if one does not", async () => {
  const { laws } = setting.stores;
  laws.reports = [lawful];
  const sound = await finish(setting, ["laws", file], (session) => (session.stderr.isTTY = true));
  expect([sound.code, sound.stdout.lines]).toEqual([0, [`lawful: high-scores version 2, 500 runs, behaviour ${"ab".repeat(32)}`]]);
  expect(sound.stderr).toContain("high-scores: 50 of 500 runs");
  laws.reports = [lawful, refused];
  const unsound = await finish(setting, ["laws", file]);
  expect([unsound.code, unsound.stderr]).toEqual([1, ""]);
  expect(unsound.stdout.lines.slice(1)).toEqual([
    "refused: mean breaks the law: the same operations come to one state, whatever came first",
    "  A1 by author 1 at 1.0: 0",
    "  folded A1: value 0",
    "  in run 3 of seed 7; the same again with --type mean --seed 7",
  ]);
  const json = await finish(setting, ["laws", file, "--json"]);
  expect([json.code, json.stdout.json]).toEqual([1, [lawful, refused]]);
});

test("laws asks what the flags say, of the file they name", async () => {
  await finish(setting, ["laws", file, "--type", "mean", "--runs", "1000000", "--seed", "0"]);
  const [{ module, options }] = setting.stores.laws.asked as [(typeof setting.stores.laws.asked)[0]];
  expect(module).toEqual(pathToFileURL(file));
  expect(options).toMatchObject({ type: "mean", runs: 1_000_000, seed: 0 });
  await finish(setting, ["laws", pathToFileURL(file).href]);
  expect(setting.stores.laws.asked[1]?.module).toEqual(pathToFileURL(file));
});

test("wrong usage exits 2 and says so on one line", async () => {
  const missing = await finish(setting, ["laws", join(dir, "none.js")]);
  expect([missing.code, missing.stderr]).toEqual([
    2,
    `sinter: ${join(dir, "none.js")} is no file. Name the module that exports the merge type.\n`,
  ]);
  expect((await finish(setting, ["laws", file, "--runs", "0"])).code).toBe(2);
  expect((await finish(setting, ["laws"])).code).toBe(2);
  expect((await finish(setting, ["laws", "--help"])).stdout.text).toContain("Example:\n  sinter laws ./merge-types.js");
});
