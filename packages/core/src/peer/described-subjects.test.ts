import { expect, test } from "vitest";
import { describedSubjectsMax, elementBytesMax, lensEventsMax } from "../bytes/limits.js";
import { offerWithout } from "../feed/rig/absent-lane.suite.js";
import { parts, Rig } from "../feed/rig/feed-rig.suite.js";
import type { CommandCall, SubjectReport, TablePage } from "./described-api.js";
import type { StampText } from "./event-api.js";
import { codeOf as failedWith, PeerRig, watch } from "./peer-rig.suite.js";

const call = (name: string, ...given: string[]): CommandCall => ({ name, given });
const ISSUE = "record({title:register(text),votes:pn-counter,tags:or-set(text)})";

const codeOf = async (rig: PeerRig, work: Promise<unknown>) => {
  const code = failedWith(work);
  await rig.rest();
  return await code;
};

function described() {
  const rig = new PeerRig();
  const subjects = rig.peer.described;
  const write = (path: string, type: string | undefined, ...calls: CommandCall[]) =>
    rig.of(subjects.changeSubject(path, calls, type === undefined ? {} : { type }));
  return { rig, subjects, write };
}

test("a new subject needs a type, and from then on has it", async () => {
  const { rig, subjects, write } = described();
  expect(await codeOf(rig, subjects.changeSubject("team/votes", [call("increment")]))).toBe("lens");
  expect(await codeOf(rig, subjects.readSubject("team/votes"))).toBe("lens");
  expect(await codeOf(rig, subjects.readSubject("team//votes"))).toBe("invalid-path");
  expect(await codeOf(rig, subjects.readSubject("team/votes", { type: "counter" }))).toBe("usage");
  expect(await write("team/votes", "pn-counter", call("increment", "3"), call("decrement"))).toMatchObject({ count: 1 });
  await write("team/votes", undefined, call("increment"));
  const report = { path: "team/votes", type: "pn-counter", value: 3, progress: { state: "current" }, quarantined: 0 };
  expect(await rig.of(subjects.readSubject("team/votes"))).toEqual(report);
  await write("team/tags", "or-set(text)", call("add", "ui"));
  await rig.of(rig.peer.append("teams", [{ payload: Uint8Array.of(1) }]));
  const votes = { path: "team/votes", type: "pn-counter", feeds: 1, events: 3 };
  const tags = { path: "team/tags", type: "or-set(text)", feeds: 1, events: 2 };
  expect(await rig.of(subjects.subjects("team"))).toEqual([tags, votes]);
  expect(await rig.of(subjects.subjects())).toEqual([tags, votes, { path: "teams", feeds: 1, events: 1 }]);
});

test("what was appended before anybody named a type does not keep a type from being named, as long as it is looked for there", async () => {
  for (const [count, named] of [
    [lensEventsMax - 1, "pn-counter"],
    [lensEventsMax, undefined],
  ] as const) {
    const { rig, subjects, write } = described();
    for (let at = 0; at < count; at++) await rig.of(rig.peer.append("s", [{ payload: Uint8Array.of(1) }]));
    await write("s", "pn-counter", call("increment"));
    await write("s", "pn-counter", call("increment"));
    const events = count + 2 + (named === undefined ? 0 : 1);
    expect(await rig.of(subjects.subjects())).toEqual([{ path: "s", ...(named === undefined ? {} : { type: named }), feeds: 1, events }]);
    expect(await rig.of(subjects.readSubject("s", { type: "pn-counter" }))).toMatchObject({ value: 2 });
  }
});

test("a call that the type refuses writes nothing, nor do those beside it", async () => {
  const { rig, subjects, write } = described();
  await write("s", ISSUE, { ...call("set", "x"), fields: ["title"] });
  const calls = [{ ...call("increment"), fields: ["votes"] }, call("increment")];
  expect(await codeOf(rig, subjects.changeSubject("s", calls))).toBe("usage");
  expect(await rig.of(subjects.readSubject("s"))).toMatchObject({ value: { title: "x", votes: 0, tags: [] } });
});

test("what it was at a time, what counts and where from, and what has no such key", async () => {
  const { rig, subjects, write } = described();
  await write("s", ISSUE, { ...call("set", "one"), fields: ["title"] });
  const [{ stamp, ...winner }] = (await rig.of(subjects.explainSubject("s", "title"))).winners as [
    Awaited<ReturnType<typeof subjects.explainSubject>>["winners"][number],
  ];
  expect(winner).toMatchObject({ author: rig.peer.author, epoch: 0, seq: 2, operation: 0, value: "one" });
  rig.hand.clock.advance(1_000);
  await write("s", undefined, { ...call("set", "two"), fields: ["title"] }, { ...call("add", "ui"), fields: ["tags"] });
  expect(await rig.of(subjects.readSubject("s", { at: [stamp[0] + 1, 0] }))).toMatchObject({ value: { title: "one", tags: [] } });
  expect(await rig.of(subjects.explainSubject("s", "tags/ui"))).toMatchObject({
    key: "tags/ui",
    winners: [{ seq: 3, operation: 1 }],
    losers: [],
  });
  await write("one", "pn-counter", call("increment"));
  expect(await codeOf(rig, subjects.explainSubject("one", "title"))).toBe("usage");
  for (const key of ["", "titel", "tags", "title/x"]) expect(await codeOf(rig, subjects.explainSubject("s", key))).toBe("usage");
  expect(await rig.of(subjects.conflictsOf("s"))).toEqual([]);
  const conflict = { key: "title", lost: { ...winner, stamp }, won: [] };
  expect(await codeOf(rig, subjects.restoreConflict("s", conflict))).toBe("not-found");
});

test("what lies under a key of a map is explained with where it lies", async () => {
  const { rig, subjects, write } = described();
  await write(
    "s",
    `or-map(${ISSUE})`,
    { ...call("set", "x"), keys: ["42"], fields: ["title"] },
    { ...call("add", "ui"), keys: ["42"], fields: ["tags"] },
  );
  const { winners } = await rig.of(subjects.explainSubject("s", "42"));
  expect(winners.map(({ path, value }) => [path, value])).toEqual([
    [["tags/ui"], "ui"],
    [["title"], "x"],
  ]);
  await write("t", "lww-map", { ...call("set", "1"), keys: ["k"] });
  expect((await rig.of(subjects.explainSubject("t", "k"))).winners[0]).not.toHaveProperty("path");
});

test("who follows is told each later value, and what is passed over and why; who watches, each event", async () => {
  const { rig, subjects, write } = described();
  await write("s", "pn-counter", call("increment"));
  const stop = new AbortController();
  const told: SubjectReport[] = [];
  const following = (async () => {
    for await (const report of subjects.followSubject("s", { signal: stop.signal })) told.push(report);
  })();
  const changes: unknown[] = [];
  const watching = (async () => {
    for await (const { seq, keys, value } of subjects.changesOf("s", { signal: stop.signal })) changes.push([seq, keys, value]);
  })();
  await rig.rest();
  await write("s", undefined, call("increment", "2"));
  await write("s", "or-set(text)", call("add", "ui"));
  await rig.rest();
  expect(told.map(({ value }) => value)).toEqual(expect.arrayContaining([1, 3]));
  expect(told.at(-1)).toMatchObject({ type: "pn-counter", value: 3, quarantined: 1 });
  expect(changes).toEqual([[3, [""], 3]]);
  expect(await rig.of(subjects.quarantinedOf("s"))).toMatchObject([{ seq: 4, reason: expect.stringContaining("kind 30") }]);
  stop.abort();
  await rig.of(Promise.all([following, watching]));
});

test("who follows is told that a view waits, though it folded nothing", async () => {
  const rig = new PeerRig({ author: 2, instance: 2 });
  const stop = new AbortController();
  const told: SubjectReport[] = [];
  const following = (async () => {
    for await (const report of rig.peer.described.followSubject("s", { type: "pn-counter", signal: stop.signal })) told.push(report);
  })();
  await rig.rest();
  expect(told.map(({ progress }) => progress)).toEqual([{ state: "current" }]);
  const writer = new Rig();
  writer.append("s", parts("of another"));
  await rig.of(rig.peer.take(offerWithout(writer, 0, [1])));
  expect(told.at(-1)?.progress).toEqual({ state: "waiting", why: "wanted", author: Buffer.from(writer.author).toString("hex"), seq: 1 });
  stop.abort();
  await rig.of(following);
});

test("a value that cannot be told is a wrong usage, which harms nobody who reads it otherwise", async () => {
  const { rig, subjects, write } = described();
  await write("s", "pn-counter", call("increment", "9007199254740991"));
  const following = watch(
    (async () => {
      for await (const _ of subjects.followSubject("s"));
    })(),
  );
  const watching = watch(
    (async () => {
      for await (const _ of subjects.changesOf("s"));
    })(),
  );
  await rig.rest();
  await write("s", undefined, call("increment", "2"));
  await rig.rest();
  expect([following.error, watching.error]).toMatchObject([{ code: "usage" }, { code: "usage" }]);
  expect(await codeOf(rig, subjects.readSubject("s"))).toBe("usage");
  expect(await rig.of(subjects.readSubject("s", { type: "pn-counter(bigint)" }))).toMatchObject({ value: "9007199254740993" });
  // The fold itself goes on.
  await write("s", undefined, call("decrement", "2"));
  expect(await rig.of(subjects.readSubject("s"))).toMatchObject({ value: 9_007_199_254_740_991 });
});

test("a follower stays, however many other subjects are asked for meanwhile", async () => {
  const { rig, subjects, write } = described();
  await write("s", "pn-counter", call("increment"));
  const stop = new AbortController();
  const told: unknown[] = [];
  const following = (async () => {
    for await (const { value } of subjects.followSubject("s", { signal: stop.signal })) told.push(value);
  })();
  for (let index = 0; index <= describedSubjectsMax; index++) await rig.of(subjects.readSubject(`other/${index}`, { type: "pn-counter" }));
  await write("s", undefined, call("increment"));
  expect(told.at(-1)).toBe(2);
  stop.abort();
  await rig.of(following);
});

test("however many subjects are asked for at once, each call has its own until it is answered", async () => {
  const { rig, subjects } = described();
  const paths = Array.from({ length: 2 * describedSubjectsMax }, (_, index) => `many/${index}`);
  const asked = { type: "pn-counter" };
  const writes = paths.map((path) => subjects.changeSubject(path, [call("increment")], asked));
  const reads = paths.map((path) => subjects.readSubject(path, asked));
  expect(await rig.of(Promise.all(writes))).toHaveLength(paths.length);
  expect(await rig.of(Promise.all(reads))).toHaveLength(paths.length);
  const reports = await rig.of(Promise.all(paths.map((path) => subjects.readSubject(path))));
  expect(reports.map(({ value }) => value)).toEqual(paths.map(() => 1));
  // Those that nobody asks any more are closed but for a few.
  expect(await rig.peer.describe()).toMatchObject({ views: { length: describedSubjectsMax } });
});

test("a table is written and read key by key, page by page", async () => {
  const { rig, subjects } = described();
  expect(await rig.of(subjects.tableGet("t", "a"))).toEqual({});
  for (const [key, value] of [
    ["a", "1"],
    ["b", '{"x":[1]}'],
    ["ba", "text"],
  ] as const)
    await rig.of(subjects.tablePut("t", key, value));
  expect(await rig.of(subjects.tableGet("t", "b"))).toEqual({ value: { x: [1] } });
  expect(await rig.of(subjects.tableScan("t", {}))).toEqual({
    rows: [
      ["a", 1],
      ["b", { x: [1] }],
      ["ba", "text"],
    ],
  });
  expect(await rig.of(subjects.tableScan("t", { limit: 2 }))).toEqual({
    rows: [
      ["a", 1],
      ["b", { x: [1] }],
    ],
    after: "b",
  });
  expect(await rig.of(subjects.tableScan("t", { prefix: "b", after: "b" }))).toEqual({ rows: [["ba", "text"]] });
  const before = await rig.of(subjects.tableRoot("t"));
  await rig.of(subjects.tableDelete("t", "a"));
  expect(await rig.of(subjects.tableGet("t", "a"))).toEqual({});
  expect(await rig.of(subjects.tableRoot("t"))).not.toBe(before);
  const history = await rig.of(subjects.tableHistory("t", "a"));
  expect(history.map(({ seq, value }) => [seq, value])).toEqual([
    [2, 1],
    [5, undefined],
  ]);
  expect(history[1]).not.toHaveProperty("value");
  expect(await rig.of(subjects.readSubject("t"))).toMatchObject({ type: "lww-map(json)", value: { b: { x: [1] }, ba: "text" } });
});

test("a page of a table ends where much is told, however few keys that are", async () => {
  const { rig, subjects } = described();
  const long = "x".repeat(elementBytesMax - '""'.length);
  for (const key of ["a", "b", "c", "d", "e", "f"]) await rig.of(subjects.tablePut("t", key, long));
  const keysOf = ({ rows, after }: TablePage) => [rows.map(([key]) => key).join(""), after];
  expect(keysOf(await rig.of(subjects.tableScan("t", {})))).toEqual(["abcd", "d"]);
  expect(keysOf(await rig.of(subjects.tableScan("t", { after: "d" })))).toEqual(["ef", undefined]);
});

test("a value of before is told, though the one of now cannot be", async () => {
  const { rig, subjects, write } = described();
  await write("s", "pn-counter", call("increment", "1"));
  const stamp: StampText = (await rig.of(subjects.explainSubject("s", ""))).winners[0]?.stamp ?? [0, 0];
  rig.hand.clock.advance(1_000);
  await write("s", undefined, call("increment", "9007199254740991"));
  expect(await codeOf(rig, subjects.readSubject("s"))).toBe("usage");
  expect(await rig.of(subjects.readSubject("s", { at: stamp }))).toMatchObject({ value: 1 });
});

test("what is no table, and what is no key, are a wrong usage", async () => {
  const { rig, subjects, write } = described();
  await write("s", "or-set(text)", call("add", "ui"));
  expect(await codeOf(rig, subjects.tableGet("s", "ui"))).toBe("usage");
  expect(await codeOf(rig, subjects.tableRoot("new", { type: ISSUE }))).toBe("usage");
  for (const question of [
    () => subjects.tableGet("t", "\ud800"),
    () => subjects.tableHistory("t", "\ud800"),
    () => subjects.tableScan("t", { prefix: "\ud800" }),
    () => subjects.tablePut("t", "\ud800", "1"),
    () => subjects.tableDelete("t", "\ud800"),
  ])
    expect(await codeOf(rig, question())).toBe("usage");
});
