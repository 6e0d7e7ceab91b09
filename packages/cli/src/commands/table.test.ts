import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TableScan } from "@sinter/core";
import { dataFileName } from "sinter";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { finish, type Setting, start } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

let dir: string;
let setting: Setting;
let asked: TableScan[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  // A store is told by its data file; the stores of these tests keep nothing in theirs.
  writeFileSync(join(dir, dataFileName), "x");
  setting = { stores: new MemoryStores(), env: { SINTER_DATA: dir } };
  asked = [];
  setting.stores.at(dir).described = {
    tableScan: async (_path, scan) => {
      asked.push(scan);
      const at = Number(scan.after ?? 0);
      const rows = [1, 2].map((step) => [String(at + step), at + step] as const).slice(0, scan.limit);
      return at < 4 && rows.length === 2 ? { rows, after: String(at + 2) } : { rows };
    },
  };
});

afterEach(() => rmSync(dir, { recursive: true }));

const scan = async (...flags: readonly string[]) =>
  (await finish(setting, ["table", "scan", "t", "--json", ...flags])).stdout.json.map(({ key }) => key);

test("a scan asks for page after page, and no more than its limit", async () => {
  expect(await scan("--prefix", "p")).toEqual(["1", "2", "3", "4", "5", "6"]);
  expect(asked).toEqual([{ prefix: "p" }, { prefix: "p", after: "2" }, { prefix: "p", after: "4" }]);
  expect(await scan("--limit", "3")).toEqual(["1", "2", "3"]);
  expect(asked.slice(3)).toEqual([{ limit: 3 }, { limit: 1, after: "2" }]);
  expect(await scan("--after", "3", "--limit", "2")).toEqual(["4", "5"]);
  // All pages of a scan are read in one go.
  expect(setting.stores.opened).toBe(3);
});

test("a scan ends when its reader goes, and on a signal says that it did not come to its end", async () => {
  let release = () => {};
  const { tableScan } = setting.stores.at(dir).described;
  setting.stores.at(dir).described = {
    tableScan: async (path, wanted) => {
      if (wanted.after !== undefined) await new Promise<void>((resolve) => (release = resolve));
      return await (tableScan as NonNullable<typeof tableScan>)(path, wanted);
    },
  };
  const session = start(setting, ["table", "scan", "t"]);
  await vi.waitFor(() => expect(session.stdout.lines).toEqual(["1  1", "2  2"]));
  session.interrupt();
  release();
  expect([await session.done, session.stderr.text]).toEqual([1, "sinter: interrupted. Give the command again to go on.\n"]);
});

test("a table with no keys is remarked on at a terminal", async () => {
  setting.stores.at(dir).described = { tableScan: async () => ({ rows: [] }) };
  for (const [flags, remark] of [
    [[], "no keys in t\n"],
    [["--prefix", "p"], "no keys that begin with p in t\n"],
  ] as const) {
    const { code, stderr } = await finish(setting, ["table", "scan", "t", ...flags], (session) => (session.stderr.isTTY = true));
    expect([code, stderr]).toEqual([0, remark]);
  }
});
