import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runSync } from "@sinter/simulator";
import { createNodeHasher } from "sinter";
import { promisesSettled } from "sinter/simulator";
import { afterEach, beforeEach, expect, test } from "vitest";
import { finish, type Setting } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

let dir: string;
const setting: Setting = { stores: new MemoryStores(), env: {} };

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "trace-"));
});

afterEach(() => rmSync(dir, { recursive: true }));

async function told(file: string): Promise<unknown> {
  const { code, stdout, stderr } = await finish(setting, ["trace", file, "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout.json[0];
}

/** Promises have gone as far as they can. */
const settled = promisesSettled();

test("a run's frames, as they are written today, are read to the last line", async () => {
  const file = join(dir, "wire.trace");
  const flags = ["--virtual", "--nodes", "3", "--duration", "20s", "--out", join(dir, "out"), "--trace", file];
  expect((await finish(setting, ["sim", ...flags])).code).toBe(0);
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  expect(await told(file)).toMatchObject({ form: "wire", entries: lines.length, errors: 0, links: { "0 1": { opened: 2 } } });
});

test("what the simulator notes today is read to the last line", async () => {
  const file = join(dir, "seed.trace");
  const noted: string[] = [];
  await runSync({ seed: 1, hasher: createNodeHasher(), settled, trace: { sink: (line) => noted.push(line) } });
  writeFileSync(file, noted.map((line) => `${line}\n`).join(""));
  expect(noted.length).toBeGreaterThan(100);
  expect(await told(file)).toMatchObject({ form: "simulator", entries: noted.length });
  const { stdout } = await finish(setting, ["trace", file, "--diagram", "--protocol", "sync"]);
  const columns = stdout.lines[0]?.trim().split(/ {2,}/);
  expect(columns).toEqual(expect.arrayContaining(["peer 0", "peer 1"]));
  // Who never boots, such as a stranger that a seed lets in, has no number.
  const booted = noted.flatMap((line) => / boot \d+ as ([0-9a-f]+)$/.exec(line)?.[1] ?? []);
  expect(booted.length).toBeGreaterThan(1);
  expect(columns?.filter((column) => booted.includes(column))).toEqual([]);
});
