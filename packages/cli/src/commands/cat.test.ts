import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataFileName } from "sinter";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { finish, type Setting, start } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

let dir: string;
let setting: Setting;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  // A store is told by its data file; the stores of these tests keep nothing in theirs.
  writeFileSync(join(dir, dataFileName), "x");
  setting = { stores: new MemoryStores(), env: { SINTER_DATA: dir } };
});

afterEach(() => rmSync(dir, { recursive: true }));

test("cat prints in total order, with exactly the keys that scripts rely on", async () => {
  const contents = setting.stores.at(dir);
  contents.add("s", { payload: Buffer.from("h\u00e9") });
  contents.add("s", { payload: new Uint8Array([0xff]) });
  contents.add("s", { payload: Buffer.from("\ufeffx\u001b[2J"), kind: 1 });
  const { code, stdout } = await finish(setting, ["cat", "s", "--json"]);
  expect(code).toBe(0);
  const place = { author: "a".repeat(64), epoch: 0, nonce: "0f".repeat(16) };
  expect(stdout.json).toEqual([
    { ...place, seq: 1, id: "1".padStart(64, "0"), stamp: [1_700_000_000_000, 0], kind: 128, payload: "h\u00e9" },
    { ...place, seq: 2, id: "2".padStart(64, "0"), stamp: [1_700_000_000_001, 0], kind: 128, payload64: "/w==" },
  ]);
  const all = await finish(setting, ["cat", "s", "--system", "--json"]);
  expect(all.stdout.json[2]).toMatchObject({ kind: 1, payload: "\ufeffx\u001b[2J" });
  const human = await finish(setting, ["cat", "s", "--system"]);
  expect(human.stdout.lines).toEqual([
    "2023-11-14T22:13:20.000Z  aaaaaaaa  1  h\u00e9",
    "2023-11-14T22:13:20.001Z  aaaaaaaa  2  (1 bytes) /w==",
    "2023-11-14T22:13:20.002Z  aaaaaaaa  3  \ufeffx\\u001b[2J",
  ]);
});

test("cat heeds --from and --to as ISO time or stamp", async () => {
  for (const text of ["a", "b", "c"]) setting.stores.at(dir).add("s", { payload: Buffer.from(text) });
  const seqs = async (...flags: string[]) =>
    (await finish(setting, ["cat", "s", "--json", ...flags])).stdout.json.map((line) => line["seq"]);
  expect(await seqs("--from", "2023-11-14T22:13:20.001Z")).toEqual([2, 3]);
  expect(await seqs("--from", "2023-11-14T22:13:20.001", "--to", "1700000000002")).toEqual([2]);
  expect(await seqs("--to", "1700000000001.0")).toEqual([1]);
  expect(await seqs("--from", "[1700000000002, 0]")).toEqual([3]);
  expect(await seqs("--from", "2023-11-15")).toEqual([]);
});

test("cat -f prints what comes until it is interrupted, which is a good end", async () => {
  const session = start(setting, ["cat", "s", "-f", "--json"]);
  await vi.waitFor(() => expect(setting.stores.opened).toBe(1));
  expect((await finish(setting, ["append", "s", "one"])).code).toBe(0);
  await vi.waitFor(() => expect(session.stdout.json).toMatchObject([{ payload: "one" }]));
  expect(setting.stores.opened).toBe(1);
  session.interrupt();
  expect(await session.done).toBe(0);
  expect(session.stderr.text).toBe("");
});

test("a reader that goes away ends cat quietly", async () => {
  for (let index = 0; index < 5_000; index++) setting.stores.at(dir).add("s", { payload: Buffer.from("x".repeat(50)) });
  const gone = await finish(setting, ["cat", "s"], (session) => (session.stdout.mode = "gone"));
  expect([gone.code, gone.stderr]).toEqual([0, ""]);
  const following = await finish(setting, ["cat", "s", "-f"], (session) => (session.stdout.mode = "gone"));
  expect([following.code, following.stderr]).toEqual([0, ""]);
  const slow = await finish(setting, ["cat", "s"], (session) => (session.stdout.mode = "slow"));
  expect(slow.stdout.lines.length).toBe(5_000);
});
