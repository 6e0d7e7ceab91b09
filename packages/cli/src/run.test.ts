import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SinterError } from "@sinter/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { finish, type Setting, start } from "./harness.suite.js";
import type { OpenStore } from "./terminal/io.js";
import { MemoryStores } from "./memory-stores.suite.js";

let dir: string;
let setting: Setting;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  // A store is told by its directory not being empty; the stores of these tests keep nothing in theirs.
  writeFileSync(join(dir, "data"), "");
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
  expect(Buffer.from(stored[0].payload).toString()).toBe("hello");
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
  const texts = (setting.stores.at(dir).subjects.get("s") ?? []).map((event) => Buffer.from(event.payload).toString());
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
  const texts = (setting.stores.at(dir).subjects.get("s") ?? []).map((event) => Buffer.from(event.payload).toString());
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

test("cat prints in total order, with exactly the keys that scripts rely on", async () => {
  const contents = setting.stores.at(dir);
  contents.add("s", { payload: Buffer.from("h\u00e9") });
  contents.add("s", { payload: new Uint8Array([0xff]) });
  contents.add("s", { payload: Buffer.from("\ufeffx\u001b[2J"), kind: 1 });
  const { code, stdout } = await finish(setting, ["cat", "s", "--json"]);
  expect(code).toBe(0);
  const place = { author: "a".repeat(64), epoch: 0 };
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

test("feeds, status and keys, for programs and for people", async () => {
  setting.stores.at(dir).add("team/notes", { payload: Buffer.from("x") });
  const feeds = await finish(setting, ["feeds", dir, "--json"]);
  expect(feeds.stdout.json).toMatchObject([{ subject: "team/notes", epoch: 0, size: 1 }]);
  expect((await finish(setting, ["feeds"])).stdout.text).toBe("team/notes  aaaaaaaa  epoch 0  1 event  head 00000000\n");
  const status = await finish(setting, ["status", dir, "--json"]);
  const subjects = [{ path: "team/notes", events: 1 }];
  expect(status.stdout.json).toEqual([{ peer: "b".repeat(64), author: "a".repeat(64), root: "c".repeat(64), subjects, links: [] }]);
  expect((await finish(setting, ["status"])).stdout.lines).toHaveLength(5);
  const keys = await finish(setting, ["keys", "--data", dir, "--json"]);
  expect(keys.stdout.json).toEqual([{ peer: "b".repeat(64), author: "a".repeat(64), keyFile: `${dir}/keys.json` }]);
  expect((await finish(setting, ["keys"])).stdout.lines[2]).toBe(`key file  ${dir}/keys.json`);
});

test("audit of a sound store exits 0, of an unsound one 1 and names what is wrong", async () => {
  setting.stores.at(dir).add("s", { payload: Buffer.from("x") });
  const sound = await finish(setting, ["audit", "--json"], (session) => (session.stderr.isTTY = true));
  expect([sound.code, sound.stdout.json]).toEqual([0, [{ ok: true, events: 1, feeds: 1, problems: [] }]]);
  expect(sound.stderr).toContain("1 of 2 events verified");
  expect((await finish(setting, ["audit", dir])).stdout.text).toBe("sound: 1 event in 1 feed\n");
  const problems = [{ what: "chain", where: "s, seq 1", detail: "the id differs" }];
  setting.stores.at(dir).audit = { ok: false, events: 1, feeds: 1, problems };
  const unsound = await finish(setting, ["audit", "--json"]);
  expect([unsound.code, unsound.stdout.json]).toEqual([1, [{ ok: false, events: 1, feeds: 1, problems }]]);
  const human = await finish(setting, ["audit"]);
  expect(human.stdout.lines).toEqual(["chain at s, seq 1: the id differs", "not sound: 1 problem among 1 event in 1 feed"]);
  expect(human.stderr).toBe("");
});

test("audit of a store too damaged to open reports that as the problem", async () => {
  const open: OpenStore = async () => Promise.reject(new SinterError("corrupt", "the head record is cut short", "Restore a backup."));
  const stores = Object.assign(new MemoryStores(), { open });
  const damaged = await finish({ ...setting, stores }, ["audit", "--json"]);
  expect(damaged.code).toBe(1);
  expect(damaged.stdout.json).toEqual([
    { ok: false, events: 0, feeds: 0, problems: [{ what: "store", where: dir, detail: "the head record is cut short" }] },
  ]);
  expect((await finish({ ...setting, stores }, ["status"])).stderr).toBe("sinter: the head record is cut short. Restore a backup.\n");
});

test("commands that only read refuse a missing or an empty directory and make none", async () => {
  const missing = join(dir, "none");
  for (const command of [["cat", "s"], ["feeds"], ["status"], ["keys"], ["audit"]]) {
    const { code, stderr } = await finish(setting, [...command, "--data", missing]);
    expect(code).toBe(1);
    expect(stderr).toBe(`sinter: there is no store at ${missing}. Make one with: sinter up, or name another with --data DIR.\n`);
  }
  expect(existsSync(missing)).toBe(false);
  mkdirSync(missing);
  expect((await finish(setting, ["status", missing])).code).toBe(1);
  expect((await finish(setting, ["status", join(dir, "data")])).stderr).toMatch(/^sinter: ENOTDIR.*by you\.\n$/);
});

test("wrong usage exits 2 with one line that suggests", async () => {
  const wrong: [string[], RegExp][] = [
    [[], /^sinter: no command given\. Give one of up, append, cat, .*--help\.\n$/],
    [["stauts"], /^sinter: unknown command 'stauts'\. Did you mean status\? See sinter --help\.\n$/],
    [["cat", "s", "--jsn"], /^sinter: unknown option '--jsn'\. Did you mean --json\? See sinter cat --help\.\n$/],
    [["cat"], /^sinter: missing required argument 'subject'\. See sinter cat --help\.\n$/],
    [["feeds", "a", "b"], /^sinter: too many arguments.*\n$/],
    [["append", "s", "x", "--kind", "7"], /^sinter: .*A whole number from 128 to 255.*\n$/],
    [["append", "s", "x", "--codec", "xml"], /^sinter: .*Allowed choices are raw, cbor, json, protobuf.*\n$/],
    [["append", "", "x"], /^sinter: a subject has 1 to 8 parts\. Name it like team\/notes\.\n$/],
    [["cat", "s", "--from", "yesterday"], /^sinter: --from yesterday is no time\. Give an ISO time.*\n$/],
    [["cat", "s", "--from", "2026-13-45"], /is no time/],
    [["cat", "s", "-f", "--to", "2026-01-01"], /^sinter: --follow goes on without end, --to names one\. Leave one.*\n$/],
    [["status", "a", "--data", "b"], /^sinter: two stores are named, a and b\. Name one\.\n$/],
    [["status", "--data", ""], /^sinter: the store's directory is empty text\. Give --data a directory\.\n$/],
  ];
  for (const [argv, message] of wrong) {
    const { code, stdout, stderr } = await finish(setting, argv);
    expect([argv, code, stdout.text]).toEqual([argv, 2, ""]);
    expect(stderr).toMatch(message);
  }
});

test("every command explains itself with an example; the version is the package's", async () => {
  for (const command of ["up", "append", "cat", "feeds", "audit", "keys", "status", "bench"]) {
    const { code, stdout, stderr } = await finish(setting, [command, "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.text).toMatch(new RegExp(`Usage: sinter ${command}`));
    expect(stdout.text).toMatch(new RegExp(`Examples?:\\n.*sinter ${command}`));
    expect(stdout.text).toContain("--json");
  }
  expect((await finish(setting, ["--help"])).stdout.text).toContain("Exit codes: 0 done");
  expect((await finish(setting, ["--version"])).stdout.text).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("bench measures on a store of its own and leaves none", async () => {
  const dirs: string[] = [];
  const stores = new MemoryStores();
  const open: OpenStore = (options) => {
    dirs.push(options.dir);
    return stores.open(options);
  };
  const { code, stdout } = await finish({ ...setting, stores: Object.assign(new MemoryStores(), { open }) }, [
    "bench",
    "--events",
    "1500",
    "--json",
  ]);
  expect(code).toBe(0);
  expect(stdout.json).toMatchObject([
    { bench: "append-batch", unit: "events/s" },
    { bench: "append-one" },
    { bench: "read", events: 2_000 },
  ]);
  expect(existsSync(dirs[0])).toBe(false);
  const human = await finish(setting, ["bench", "--events", "1000"]);
  expect(human.stdout.lines).toHaveLength(3);
});

test("a second interrupt ends the process at once", async () => {
  setting.stores.at(dir).beforeAppend = () => new Promise(() => {});
  const session = start(setting, ["append", "s", "x"]);
  await vi.waitFor(() => expect(setting.stores.opened).toBe(1));
  session.interrupt();
  expect(session.forced).toBeUndefined();
  session.interrupt();
  expect(session.forced).toBe(1);
});

test("an interrupted bench exits 1 and says so on one line", async () => {
  const session = start(setting, ["bench", "--events", "1000"]);
  session.interrupt();
  expect(await session.done).toBe(1);
  expect(session.stderr.text).toBe("sinter: interrupted. Give the command again to go on.\n");
});
