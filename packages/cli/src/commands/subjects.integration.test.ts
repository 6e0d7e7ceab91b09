import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DiskStores } from "../disk-stores.suite.js";
import { finish, type Setting, start } from "../harness.suite.js";

// Commands on subjects and tables, on real stores: with a peer beside them and without one.

const ISSUE = "record({title:register(text),votes:pn-counter,tags:or-set(text),open:enable-wins-flag,notes:lww-map(text)})";

let place: string;
let dir: string;
let setting: Setting;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "cli-subjects-"));
  dir = join(place, "data");
  setting = { stores: new DiskStores(), env: { SINTER_DATA: dir } };
});

afterEach(() => rmSync(place, { recursive: true }));

const run = (...argv: readonly string[]) => finish(setting, argv);

/** What a command prints that is to succeed without a remark. */
async function printed(...argv: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await run(...argv);
  expect([argv, code, stderr]).toEqual([argv, 0, ""]);
  return stdout.lines;
}

async function json(...argv: readonly string[]): Promise<Record<string, unknown>[]> {
  return (await printed(...argv, "--json")).map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function refused(...argv: readonly string[]): Promise<[code: number, line: string]> {
  const { code, stdout, stderr } = await run(...argv);
  expect([argv, stdout.text]).toEqual([argv, ""]);
  expect(stderr).toMatch(/^sinter: .+\n$/);
  return [code, stderr];
}

/** The same, with nobody on the store and with a peer that holds it. */
async function bothWays(work: () => Promise<void>): Promise<void> {
  await work();
  rmSync(dir, { recursive: true });
  const peer = start(setting, ["up", "--json"]);
  await vi.waitFor(() => expect(peer.stdout.lines.length).toBe(1));
  const { opened } = setting.stores;
  await work();
  expect(setting.stores.opened).toBe(opened);
  peer.interrupt();
  expect(await peer.done).toBe(0);
}

test("a counter is made by its first increment, counted up and down, and read", async () => {
  await bothWays(async () => {
    const [made] = (await run("increment", "team/votes", "--type", "pn-counter")).stdout.lines;
    expect(made).toMatch(/^stored in team\/votes as seq 2 of [0-9a-f]{8}, id [0-9a-f]{8}$/);
    const [second] = await json("increment", "team/votes", "5");
    expect(second).toEqual({
      author: expect.stringMatching(/^[0-9a-f]{64}$/),
      epoch: 0,
      seq: 3,
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    await printed("increment", "team/votes", "--by", "-2");
    expect(await printed("subject", "team/votes")).toEqual(["4"]);
    expect(await printed("get", "team/votes")).toEqual(["4"]);
    const report = { path: "team/votes", type: "pn-counter", value: 4, progress: { state: "current" }, quarantined: 0 };
    expect(await json("subject", "team/votes")).toEqual([report]);
    expect(await printed("subjects")).toEqual(["team/votes  pn-counter  1 feed  4 events"]);
  });
});

test("a record is written field by field, and read whole or in part", async () => {
  await bothWays(async () => {
    await run("set", "team/issue", "Dark mode", "--field", "title", "--type", ISSUE);
    await printed("increment", "team/issue", "--field", "votes", "3");
    await printed("add", "team/issue", "ui", "--field", "tags");
    await printed("add", "team/issue", "5", "--field", "tags");
    await printed("remove", "team/issue", "5", "--field", "tags");
    await printed("set", "team/issue", "true", "--field", "open");
    await printed("set", "team/issue", "-7", "--field", "notes", "--key", "k");
    expect(await printed("subject", "team/issue")).toEqual([
      'notes  {"k":"-7"}',
      "open  true",
      'tags  ["ui"]',
      "title  Dark mode",
      "votes  3",
    ]);
    expect(await printed("get", "team/issue", "--field", "title")).toEqual(["Dark mode"]);
    expect(await json("get", "team/issue", "--field", "notes", "--key", "k")).toMatchObject([
      { fields: ["notes"], keys: ["k"], value: "-7" },
    ]);
    expect(await printed("get", "team/issue", "--field", "tags", "--key", "ui")).toEqual(["ui"]);
    await printed("remove", "team/issue", "--field", "notes", "--key", "k");
    expect(await printed("get", "team/issue", "--field", "notes")).toEqual(["(empty)"]);
    const [code, line] = await refused("get", "team/issue", "--field", "tags", "--key", "no");
    expect([code, line]).toEqual([1, "sinter: nothing is there: tags, no in team/issue. See what is with: sinter subject team/issue.\n"]);
  });
});

test("what is not typed rightly is refused before a store is made for it", async () => {
  const wrong: [argv: string[], code: number, said: RegExp][] = [
    [["set", "team/title", "x"], 1, /there is no store at .* nobody has named the type .* register, .*--type 'or-set\(text\)'/],
    [["set", "team/title", "x", "--type", "regster"], 2, /no type regster.*pn-counter/],
    [["set", "team/title", "x", "--type", "pn-counter"], 2, /no command set.*increment/],
    [["set", "team//title", "x", "--type", "register"], 2, /not a subject/],
    [["set", "team/title", "\ufffd", "--type", "register"], 2, /VALUE is not valid UTF-8/],
    [["add", "team/tags", "x", "--type", "or-set(bytes", "--json"], 2, /no type or-set\(bytes/],
    [["increment", "team/votes", "much", "--type", "pn-counter"], 2, /much is no amount/],
    [["increment", "team/votes", "0", "--type", "pn-counter"], 2, /0 is no amount/],
    [["increment", "team/votes", "1", "--by", "2", "--type", "pn-counter"], 2, /two amounts/],
    [["remove", "team/tags", "--type", "or-set(text)"], 2, /nothing is named to remove/],
    [["table", "put", "team//stock", "k", "1"], 2, /not a subject/],
    [["table", "put", "team/stock", "k", "1", "--type", "or-set(text)"], 2, /no table/],
    [["table", "put", "team/stock", "k", "1", "--type", "or-map(pn-counter)"], 2, /no command set/],
    [["table", "put", "team/stock", "k".repeat(2_000), "1", "--type", "lww-map"], 2, /at most/],
    [["table", "put", "team/stock", "\ufffd", "1"], 2, /KEY is not valid UTF-8/],
    [["table", "get", "team/stock", "k"], 1, /there is no store at/],
    [["subject", "team//title"], 2, /not a subject/],
    [["subject", "team/title", "--type", "counter"], 2, /no type counter/],
    [["subject", "team/title", "--at", "noon"], 2, /is no time/],
    [["subject", "team/title", "-f", "--at", "2026-01-01"], 2, /goes on without end/],
    [["subject", "team/title", "-f"], 1, /there is no store at/],
    [["watch", "team//title", "--type", "register"], 2, /not a subject/],
    [["explain", "team/title", "\ufffd"], 2, /KEY is not valid UTF-8/],
    [["conflicts", "team/title", "--restore", "1"], 2, /name of a conflict is expected: 12 digits/],
    [["conflicts", "team/title", "--restore", "3F0C19AB52DE"], 2, /name of a conflict is expected/],
    [["subjects", "team//x"], 2, /not a subject/],
    [["table"], 2, /no table command given\. Give one of put, get, del, scan, history, root/],
    [["table", "drop"], 2, /unknown table command 'drop'\. Give one of put/],
    [["append", "bad//path", "x"], 2, /not a subject/],
    [["cat", "-f", "bad//path"], 2, /not a subject/],
    [["export", "bad//path", "there"], 2, /not a subject/],
    [["prove", "bad//path", "aa", "1"], 2, /not a subject/],
    [["redact", "bad//path", "1"], 2, /not a subject/],
    [["wanted", "bad//path"], 2, /not a subject/],
    [["forks", "bad//path"], 2, /not a subject/],
  ];
  for (const [argv, code, said] of wrong) {
    const [refusal, line] = await refused(...argv);
    expect([argv, refusal]).toEqual([argv, code]);
    expect(line).toMatch(said);
    expect([argv, existsSync(dir)]).toEqual([argv, false]);
  }
});

test("what a store has no place for is refused with what there is", async () => {
  expect((await run("set", "team/issue", "x", "--field", "title", "--type", ISSUE)).stderr).toBe(`made a new store in ${dir}\n`);
  const before = await printed("subjects", "--json");
  const wrong: [argv: string[], code: number, said: RegExp][] = [
    [["set", "team/issue", "x"], 2, /none is named.*votes.*--field/],
    [["set", "team/issue", "x", "--field", "titel"], 2, /no field titel.*title/],
    [["set", "team/issue", "x", "--type", "register"], 1, /is read through record.*not through register\. Leave --type out/],
    [["set", "team/new", "x"], 1, /nobody has named the type that team\/new is read through/],
    [["subject", "team/new"], 1, /nobody has named the type/],
    [["watch", "team/new"], 1, /nobody has named the type/],
    [["explain", "team/issue"], 2, /which has keys, and none is named/],
    [["explain", "team/issue", "tags"], 2, /name one, as in tags\/KEY/],
    [["explain", "team/issue", "tags/none"], 1, /nothing that counts was written: tags\/none in team\/issue/],
    [["conflicts", "team/issue", "--restore", "0123456789ab"], 1, /no conflict 0123456789ab among 0 conflicts/],
    [["table", "scan", "team/issue"], 2, /no table/],
    [["table", "get", "team/stock", "apples"], 1, /no key apples in team\/stock/],
    [["table", "history", "team/stock", "apples"], 1, /no key apples in team\/stock/],
  ];
  for (const [argv, code, said] of wrong) {
    const [refusal, line] = await refused(...argv);
    expect([argv, refusal]).toEqual([argv, code]);
    expect(line).toMatch(said);
  }
  expect(await printed("subjects", "--json")).toEqual(before);
});

test("subjects are listed below a prefix, with their types", async () => {
  await run("add", "team/tags", "ui", "--type", "or-set(text)");
  await printed("append", "team/notes", "hello");
  await printed("append", "teams", "hello");
  const tags = "team/tags  or-set(text)  1 feed  2 events";
  const notes = "team/notes  -  1 feed  1 event";
  expect((await printed("subjects")).sort()).toEqual([notes, tags, "teams  -  1 feed  1 event"]);
  for (const prefix of ["team", "team/"]) expect((await printed("subjects", prefix)).sort()).toEqual([notes, tags]);
  expect(await json("subjects", "team/notes")).toEqual([{ path: "team/notes", feeds: 1, events: 1 }]);
  const none = await finish(setting, ["subjects", "other"], (session) => (session.stderr.isTTY = true));
  expect([none.code, none.stderr]).toEqual([0, "no subjects under other\n"]);
});

test("what a subject was at a time, and what is passed over", async () => {
  await run("set", "team/title", "one", "--type", "register(text)");
  const [{ winners }] = (await json("explain", "team/title")) as [{ winners: { stamp: [number, number] }[] }];
  const [ms = 0, counter = 0] = winners[0]?.stamp ?? [];
  await printed("set", "team/title", "two");
  expect(await printed("subject", "team/title", "--at", `${ms},${counter + 1}`)).toEqual(["one"]);
  const other = await run("subject", "team/title", "--type", "pn-counter");
  expect([other.code, other.stdout.lines, other.stderr.split("\n").length]).toEqual([0, ["0"], 3]);
  expect(other.stderr).toMatch(
    /^passed over: event 2 of [0-9a-f]{8} in team\/title: an operation of kind \d+, which a counter does not have\n/,
  );
  expect(await json("subject", "team/title", "--type", "pn-counter")).toMatchObject([{ quarantined: 2 }]);
  expect((await json("subject", "team/title", "--assurance", "classical"))[0]).toMatchObject({ value: "two" });
});

test("explain says who wrote what counts, and the line it prints proves it", async () => {
  await run("set", "team/title", "one", "--type", "register(text)");
  const [counts = "", proof = ""] = await printed("explain", "team/title");
  expect(counts).toMatch(/^counts {2}\d{4}-.*Z {2}[0-9a-f]{8} {2}2 {2}one$/);
  expect(proof).toMatch(/^ {8}sinter prove team\/title [0-9a-f]{8} 2 --epoch 0\/[0-9a-f]{8}$/);
  const [line] = await printed(...proof.trim().split(" ").slice(1));
  const { code, stdout } = await finish(setting, ["verify", "-"], (session) => {
    session.stdin.feed(`${line}\n`);
    session.stdin.end();
  });
  expect([code, stdout.lines[0]]).toEqual([0, expect.stringMatching(/^holds: /)]);
  expect(await json("explain", "team/title")).toMatchObject([
    { path: "team/title", key: "", winners: [{ value: "one", prove: proof.trim() }], losers: [] },
  ]);
});

/** Another store beside ours, and what brings one subject from one to the other. */
async function twoStores(path: string) {
  const far = { stores: setting.stores, env: { SINTER_DATA: join(place, "far") } };
  const network = (await printed("status")).find((line) => line.startsWith("network"))?.split(/ +/)[1];
  const exchange = async (from: Setting, to: Setting, name: string) => {
    expect((await finish(from, ["export", path, join(place, name)])).code).toBe(0);
    expect((await finish(to, ["import", join(place, name), "--network", network ?? ""])).code).toBe(0);
  };
  return { far, exchange };
}

test("a conflict is restored by its name though the list is another by then, and not at all once it is settled", async () => {
  await run("set", "team/map", "first", "--key", "b", "--type", "lww-map(text)");
  const { far, exchange } = await twoStores("team/map");
  await exchange(setting, far, "first");
  const apart = async (key: string, name: string) => {
    expect((await finish(far, ["set", "team/map", `far ${key}`, "--key", key])).code).toBe(0);
    await printed("set", "team/map", `near ${key}`, "--key", key);
    await exchange(far, setting, name);
    return (await json("conflicts", "team/map")) as {
      readonly name: string;
      readonly key: string;
      readonly lost: { readonly value: string };
    }[];
  };
  const [onB] = await apart("b", "second");
  const both = await apart("a", "third");
  expect(both.map(({ key }) => key)).toEqual(["a", "b"]);
  expect(both[1]).toEqual(onB);
  await printed("conflicts", "team/map", "--restore", onB?.name ?? "");
  expect(await printed("get", "team/map", "--key", "b")).toEqual([onB?.lost.value]);
  expect(await printed("get", "team/map", "--key", "a")).toEqual(["near a"]);
  expect(await refused("conflicts", "team/map", "--restore", onB?.name ?? "")).toEqual([
    1,
    `sinter: no conflict ${onB?.name} among 1 conflict of team/map. Somebody may have written since: list them again.\n`,
  ]);
});

test("an element of a set of bytes is named in base64url, which the help says", async () => {
  await run("add", "team/blobs", "ui", "--type", "or-set(bytes)");
  expect(await json("explain", "team/blobs", "dWk")).toMatchObject([{ winners: [{ seq: expect.any(Number) }] }]);
  expect(await refused("explain", "team/blobs", "7569!")).toEqual([2, expect.stringContaining("base64url")]);
  expect((await finish(setting, ["explain", "--help"])).stdout.text.replace(/\s+/g, " ")).toContain("of a set of bytes: in base64url");
});

test("what two stores wrote at once is a conflict on both, and one of them brings back what lost", async () => {
  await run("set", "team/title", "near", "--type", "register(text)");
  const { far, exchange } = await twoStores("team/title");
  await exchange(setting, far, "first");
  expect((await finish(far, ["set", "team/title", "seen by all"])).code).toBe(0);
  await exchange(far, setting, "second");
  expect((await finish(far, ["set", "team/title", "far"])).code).toBe(0);
  await printed("set", "team/title", "nearer");
  await exchange(far, setting, "second");
  const [first = "", second = ""] = await printed("conflicts", "team/title");
  const [name = ""] = first.split(" ");
  expect(first).toMatch(/^[0-9a-f]{12} {2}far {2}by [0-9a-f]{8}, seq \d, \d{4}-.*Z$/);
  expect(second).toMatch(/^ {14}lost against nearer {2}by [0-9a-f]{8}, seq \d, /);
  expect((await printed("explain", "team/title"))[2]).toMatch(/^lost {4}\d{4}-.* far$/);
  expect(await json("conflicts", "team/title")).toMatchObject([{ name, key: "", lost: { value: "far" }, won: [{ value: "nearer" }] }]);
  // It has one name on both.
  await exchange(setting, far, "third");
  expect((await finish(far, ["conflicts", "team/title"])).stdout.lines[0]).toBe(first);
  expect((await printed("conflicts", "team/title", "--restore", name))[0]).toMatch(/^stored in team\/title as seq \d/);
  expect(await printed("get", "team/title")).toEqual(["far"]);
  const none = await finish(setting, ["conflicts", "team/title"], (session) => (session.stderr.isTTY = true));
  expect([none.stdout.text, none.stderr]).toEqual(["", "no conflicts in team/title\n"]);
});

test("a table is put, got, deleted, scanned page by page, and told with its history and root", async () => {
  await bothWays(async () => {
    expect((await run("table", "put", "team/stock", "apples", "7")).code).toBe(0);
    const empty = (await printed("table", "root", "team/stock"))[0];
    await printed("table", "put", "team/stock", "pears", '{"a":[1]}');
    expect((await json("table", "root", "team/stock"))[0]).not.toMatchObject({ root: empty });
    expect(await printed("table", "get", "team/stock", "apples")).toEqual(["7"]);
    expect(await json("table", "get", "team/stock", "pears")).toEqual([{ key: "pears", value: { a: [1] } }]);
    expect(await printed("table", "scan", "team/stock")).toEqual(["apples  7", 'pears  {"a":[1]}']);
    expect(await json("table", "scan", "team/stock", "--prefix", "p")).toEqual([{ key: "pears", value: { a: [1] } }]);
    expect(await printed("table", "scan", "team/stock", "--limit", "1")).toEqual(["apples  7"]);
    expect(await printed("table", "scan", "team/stock", "--after", "apples")).toEqual(['pears  {"a":[1]}']);
    const [deleted] = await json("table", "del", "team/stock", "apples");
    expect(deleted).toMatchObject({ seq: 4 });
    expect(await refused("table", "get", "team/stock", "apples")).toEqual([
      1,
      "sinter: no key apples in team/stock. List the keys with: sinter table scan team/stock.\n",
    ]);
    const history = await printed("table", "history", "team/stock", "apples");
    expect(history.map((line) => line.split("  ").slice(2))).toEqual([
      ["2", "7"],
      ["4", "(deleted)"],
    ]);
    expect((await json("table", "history", "team/stock", "apples")).map(({ seq, value }) => [seq, value])).toEqual([
      [2, 7],
      [4, undefined],
    ]);
  });
});

test("a live view goes on over a change of holders, and so does a watch", async () => {
  await run("increment", "team/votes", "--type", "pn-counter");
  const peer = start(setting, ["up", "--json"]);
  await vi.waitFor(() => expect(peer.stdout.lines.length).toBe(1));
  const view = start(setting, ["subject", "team/votes", "-f"]);
  const live = start(setting, ["subject", "team/votes", "-f"], (session) => (session.stdout.isTTY = true));
  const watch = start(setting, ["watch", "team/votes", "--json"], (session) => (session.stderr.isTTY = true));
  await vi.waitFor(() => expect(watch.stderr.text).toBe("watching team/votes; Ctrl-C ends\n"));
  await vi.waitFor(() => expect(view.stdout.json.at(-1)).toMatchObject({ value: 1, progress: { state: "current" } }));
  for (const [index, count] of [2, 3].entries()) {
    await vi.waitFor(async () => {
      await printed("increment", "team/votes", "0".repeat(index) + 1);
      expect(watch.stdout.lines.length).toBeGreaterThan(index);
    });
    await vi.waitFor(() => expect(view.stdout.json.at(-1)?.["value"]).toBeGreaterThanOrEqual(count));
    if (index > 0) continue;
    peer.interrupt();
    expect(await peer.done).toBe(0);
  }
  const [value] = (await printed("get", "team/votes")).map(Number);
  await vi.waitFor(() => expect(view.stdout.json.at(-1)).toMatchObject({ value, progress: { state: "current" } }));
  await vi.waitFor(() => expect(live.stdout.lines.at(-1)).toMatch(new RegExp(`^\\d{4}-.*Z  ${value}$`)));
  await vi.waitFor(() => expect(watch.stdout.json.at(-1)).toMatchObject({ keys: [""], value }));
  expect(watch.stderr.text).toContain("changes of that moment may be missing here; see: sinter cat team/votes\n");
  for (const session of [view, live, watch]) {
    session.interrupt();
    expect(await session.done).toBe(0);
  }
  expect([view.stderr.text, live.stderr.text]).toEqual(["", ""]);
});

test("a follower that names the type may be there before the store is", async () => {
  const view = start(setting, ["subject", "team/tags", "-f", "--type", "or-set(text)"]);
  await vi.waitFor(() => expect(view.stdout.json).toMatchObject([{ value: [] }]));
  expect(view.stderr.text).toBe(`made a new store in ${dir}\n`);
  await printed("add", "team/tags", "ui", "--type", "or-set(text)");
  await vi.waitFor(() => expect(view.stdout.json.at(-1)).toMatchObject({ value: ["ui"] }));
  await printed("append", "team/tags", "x", "--kind", "130");
  const watch = start(setting, ["watch", "team/tags"], (session) => (session.stderr.isTTY = true));
  await vi.waitFor(async () => {
    await printed("add", "team/tags", "b");
    expect(watch.stdout.lines.at(-1)).toMatch(/^\d{4}-.*Z {2}[0-9a-f]{8} {2}\d+ {2}b {2}\["b","ui"\]$/);
  });
  for (const session of [watch, view]) {
    session.interrupt();
    expect(await session.done).toBe(0);
  }
});
