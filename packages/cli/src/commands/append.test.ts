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

const feed = (text: string) => (session: { stdin: { feed(text: string): void; end(): void } }) => {
  session.stdin.feed(text);
  session.stdin.end();
};

test("append of a text stores one event and says where", async () => {
  const { code, stdout, stderr } = await finish(setting, ["append", "team/notes", "hello", "--json", "--kind", "130", "--codec", "json"]);
  expect(code).toBe(0);
  expect(stdout.json).toEqual([{ author: "a".repeat(64), epoch: 0, seq: 1, id: "1".padStart(64, "0") }]);
  expect(stderr).toBe("");
  const stored = setting.stores.at(dir).subjects.get("team/notes") ?? [];
  expect(stored[0]).toMatchObject({ kind: 130, codec: "json" });
  expect(Buffer.from(stored[0].payload ?? []).toString()).toBe("hello");
  expect(setting.stores.at(dir).held).toBe(false);
});

test("append for a person says it in one line", async () => {
  expect((await finish(setting, ["append", "team/notes", ""])).stdout.text).toMatch(/^stored in team\/notes as seq 1, id 00000000\n$/);
  const many = await finish(setting, ["append", "team/notes"], feed("a\nb\n"));
  expect(many.stdout.text).toMatch(/^stored 2 events in team\/notes, the last as seq 3, id 0+\n$/);
  expect((await finish(setting, ["append", "team/notes"], feed(""))).stdout.text).toBe("no events to store in team/notes\n");
});

test("each line of standard input is an event: empty ones too, and the last without its newline", async () => {
  const { code, stdout } = await finish(setting, ["append", "s", "--json"], feed("one\n\nthree\r\nfo\u00fcr"));
  expect(code).toBe(0);
  expect(stdout.json.map((line) => line["seq"])).toEqual([1, 2, 3, 4]);
  const texts = (setting.stores.at(dir).subjects.get("s") ?? []).map((event) => Buffer.from(event.payload ?? []).toString());
  expect(texts).toEqual(["one", "", "three\r", "fo\u00fcr"]);
});

test("a line is stored and acknowledged while the input is still open", async () => {
  const session = start(setting, ["append", "s", "--json"]);
  session.stdin.feed("one\n");
  await vi.waitFor(() => expect(session.stdout.lines.length).toBe(1));
  session.stdin.feed("two\n");
  await vi.waitFor(() => expect(session.stdout.lines.length).toBe(2));
  session.stdin.end();
  expect(await session.done).toBe(0);
});

test("a long input is taken in order, with few events held while the store is slow", async () => {
  const count = 30_000;
  let open = () => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  setting.stores.at(dir).beforeAppend = () => gate;
  const session = start(setting, ["append", "s", "--json"], (it) => (it.stdout.mode = "slow"));
  for (let at = 0; at < count; at += 100) session.stdin.feed(Array.from({ length: 100 }, (_, index) => `${at + index}\n`).join(""));
  session.stdin.end();
  // Four batches are under way, a fifth gathers 4096 events, and then the input waits.
  await vi.waitFor(() => expect(session.stdin.waiting).toBeLessThan(260));
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(session.stdin.waiting).toBeGreaterThan(250);
  open();
  expect(await session.done).toBe(0);
  expect(session.stdout.json.map((line) => line["seq"])).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  const texts = (setting.stores.at(dir).subjects.get("s") ?? []).map((event) => Buffer.from(event.payload ?? []).toString());
  expect(texts).toEqual(Array.from({ length: count }, (_, index) => String(index)));
});

test("a failed append exits 1, says what to do on one line, and how far it came", async () => {
  const failed = await finish(setting, ["append", "full", "x"]);
  expect([failed.code, failed.stderr]).toEqual([1, "sinter: the disk is full. Make room.\n"]);
  const contents = setting.stores.at(dir);
  let appends = 0;
  contents.beforeAppend = async () => {
    appends += 1;
    if (appends === 2) throw new Error("a bug\nof two lines");
  };
  const session = start(setting, ["append", "s"]);
  session.stdin.feed("1\n");
  await vi.waitFor(() => expect(contents.subjects.get("s")?.length).toBe(1));
  session.stdin.feed("2\n");
  await vi.waitFor(() => expect(appends).toBe(2));
  session.stdin.feed("3\n");
  session.stdin.end();
  expect(await session.done).toBe(1);
  expect(session.stderr.text).toMatch(/^sinter: a bug of two lines \(the first 1 event of the input are stored\)\. Please report it\.\n$/);
});

test("an interrupted append keeps what it has read and exits 1", async () => {
  const session = start(setting, ["append", "s"]);
  session.stdin.feed("1\n");
  await vi.waitFor(() => expect(setting.stores.at(dir).subjects.get("s")?.length).toBe(1));
  session.interrupt();
  expect(await session.done).toBe(1);
  expect(session.stderr.text).toContain("interrupted before the end of the input (the first 1 event of the input are stored).");
  expect(session.forced).toBeUndefined();
});

test("append that makes a store says so to a person", async () => {
  for (const name of ["one", "two"]) {
    const made = join(dir, name);
    const flags = name === "one" ? [] : ["--json"];
    const { code, stderr } = await finish(setting, ["append", "s", "x", "--data", made, ...flags]);
    expect([code, stderr]).toEqual([0, name === "one" ? `made a new store in ${made}\n` : ""]);
  }
});

test("append whose acknowledgements cannot be written stops, and says what is stored", async () => {
  for (const flags of [[], ["--json"]]) {
    const { code, stderr } = await finish(setting, ["append", "s", "x", ...flags], (session) => (session.stdout.mode = "full"));
    expect([code, stderr]).toEqual([
      1,
      "sinter: cannot write the output: no space left on device (the first 1 event of the input are stored). " +
        "Free some space or choose another place.\n",
    ]);
  }
  const session = start(setting, ["append", "s", "--json"], (it) => (it.stdout.mode = "full"));
  session.stdin.feed("1\n");
  await vi.waitFor(() => expect(session.stdout.listenerCount("error")).toBe(1));
  await vi.waitFor(() => expect(setting.stores.at(dir).subjects.get("s")?.length).toBe(3));
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  session.stdin.feed("2\n");
  await vi.waitFor(() => expect(setting.stores.at(dir).subjects.get("s")?.length).toBe(4));
  session.stdin.feed("3\n");
  expect(await session.done).toBe(1);
  expect(session.stderr.text).toContain("(the first 2 events of the input are stored)");
});
