import { execFile, spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, type TestContext, test } from "vitest";
import { finish, type Setting } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

// What a run leaves, read by a program that shares nothing with ours but the names of columns.

const reader = fileURLToPath(new URL("../../../../scripts/read-runs.py", import.meta.url));
let dir: string;
let setting: Setting;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  setting = { stores: new MemoryStores(), env: {} };
});

afterEach(() => rmSync(dir, { recursive: true }));

function needPython(context: TestContext): void {
  if (spawnSync("python3", ["--version"]).status !== 0) context.skip("there is no python3 here");
}

interface Told {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function read(...runs: readonly string[]): Promise<Told> {
  try {
    return { code: 0, ...(await promisify(execFile)("python3", [reader, ...runs])) };
  } catch (error) {
    const { code, stdout, stderr } = error as { readonly code: number; readonly stdout: string; readonly stderr: string };
    return { code, stdout, stderr };
  }
}

async function run(name: string, ...argv: readonly string[]): Promise<string> {
  const out = join(dir, name);
  await finish(setting, ["sim", "--virtual", "--out", out, ...argv]);
  return out;
}

const stormy = ["--loss", "0.1", "--dup", "0.05", "--reorder", "0.1", "--jitter", "20ms"];

test("every figure of a summary follows from the tables, in calm and in storm and where there is nothing", async (context) => {
  needPython(context);
  const runs = [
    await run("calm", "--duration", "20s", "--seed", "3"),
    await run("storm", ...stormy, "--nodes", "8", "--delta-chunk-bytes", "256", "--delta-window-chunks", "3", "--seed", "4"),
    await run(
      "broken",
      ...stormy,
      "--failure-period",
      "4s",
      "--recovery-delay",
      "2s",
      "--topology",
      "random:3",
      "--descent",
      "true",
      "--seed",
      "5",
    ),
    await run("deaf", "--nodes", "2", "--duration", "2s", "--quiesce-last", "1s", "--loss", "0.999", "--seed", "6"),
  ];
  // One that was called off has a line more.
  const part = await run("part", "--duration", "20s", "--seed", "3");
  appendFileSync(join(part, "summary.txt"), "Called off: after 12.5s of 20s\n");
  runs.push(part);
  // One of before had one less.
  const before = await run("before", "--duration", "20s", "--seed", "3");
  writeFileSync(join(before, "summary.txt"), readFileSync(join(before, "summary.txt"), "utf8").replace(/^Topology: .*\n/m, ""));
  runs.push(before);
  const { code, stdout, stderr } = await read(...runs);
  expect([code, stderr]).toEqual([0, ""]);
  const table = join(dir, "all.csv");
  await finish(setting, ["sim", "compare", ...runs, "--out", table]);
  expect(stdout).toBe(readFileSync(table, "utf8"));
  const shapes = stdout.trim().split("\n");
  expect(shapes.map((row) => row.split(",").slice(-3).join(" "))).toEqual([
    "topology seed reconciler",
    ...["ring 3 cheapest", "ring 4 cheapest", "random:3 5 descent", "ring 6 cheapest", "ring 3 cheapest", "  "],
  ]);
  expect(readFileSync(join(dir, "storm", "summary.txt"), "utf8")).toMatch(/^Chunks\(sent\/recv\/retrans\): \d+\/\d+\/[1-9]/m);
});

test("a figure that does not follow is found", async (context) => {
  needPython(context);
  const out = await run("run", ...stormy, "--duration", "30s", "--seed", "3");
  const [summary, rounds, messages] = ["summary.txt", "sync_rounds.csv", "bytes_by_msg.csv"].map((name) => join(out, name)) as [
    string,
    string,
    string,
  ];
  const spoiled = async (file: string, change: (text: string) => string) => {
    const text = readFileSync(file, "utf8");
    writeFileSync(file, change(text));
    const { code, stderr } = await read(out);
    writeFileSync(file, text);
    return [code, stderr];
  };
  const digit = (text: string, pattern: RegExp) =>
    text.replace(pattern, (found) => found.replace(/\d(?=\D*$)/, (last) => String((Number(last) + 5) % 10)));
  const lines: readonly (readonly [RegExp, RegExp])[] = [
    [/mean=[\d.]+/, /mean of rounds/],
    [/stdev=[\d.]+/, /stdev of rounds/],
    [/ChunkRTT\(s\): mean=[\d.]+/, /mean of chunk rtts/],
    [/p99=[\d.]+/, /p99 of chunk rtts/],
    [/root_equal=\d+/, /SessionEnds/],
    [/retrans\): \d+\/\d+\/\d+/, /chunks_again/],
    [/Bytes\(tx\/rx\): \d+\/\d+/, /bytes_rx/],
  ];
  for (const [pattern, message] of lines) {
    expect(await spoiled(summary, (text) => digit(text, pattern))).toEqual([1, expect.stringMatching(message)]);
  }
  expect(await spoiled(rounds, (text) => text.replace(/N\d\d,[\d.]+,root_equal\n/, ""))).toEqual([1, expect.stringMatching(/rounds/)]);
  expect(await spoiled(messages, (text) => text.replace(/^0x0B.*\n/m, ""))).toEqual([1, expect.stringMatching(/chunks_sent/)]);
  expect((await read(out)).code).toBe(0);
});
