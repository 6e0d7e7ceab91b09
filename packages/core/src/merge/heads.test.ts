import { expect, test } from "vitest";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import type { Dot } from "./dot.js";
import {
  addHead,
  areBare,
  coverHeads,
  type Heads,
  isReached,
  joinHeads,
  keepHead,
  mergedReaches,
  noHeads,
  pending,
  readHeads,
  writeHeads,
} from "./heads.js";
import type { Circumstance, Reach } from "./merge-type.js";
import { letters } from "./story.suite.js";

// What types make of heads is under law, and in their own tests: here is what of it is theirs.

const dot = (lane: number, seq: number, wallMs = seq): Dot => ({ lane, seq, operation: 0, wallMs, counter: 0 });
const seenOf = (...seqs: number[]) => ({ of: (lane: number) => seqs[lane] ?? 0 });

function at(written: Dot, known: Readonly<Record<number, number>> = {}, ahead: readonly Reach[] = [], seen = seenOf()): Circumstance {
  const covers = (other: Dot) => (other.lane === written.lane ? other.seq < written.seq : other.seq <= (known[other.lane] ?? 0));
  return { dot: written, lanes: letters, seen, covers, ahead };
}

const names = ({ live }: Heads<string>) => live.map(({ what }) => what);

test("what is covered goes, and the rest stands with the last in the order first", () => {
  const heads = noHeads<string>();
  for (const [what, written] of [
    ["a", dot(0, 1, 5)],
    ["b", dot(1, 1, 9)],
    ["c", dot(2, 1, 7)],
  ] as const)
    addHead(heads, what, at(written));
  expect(names(heads)).toEqual(["b", "c", "a"]);
  coverHeads(heads, at(dot(3, 1), { 0: 1, 1: 1 }));
  expect(names(heads)).toEqual(["c"]);
  coverHeads(heads, at(dot(3, 2), { 2: 1 }));
  expect(names(heads)).toEqual([]);
});

test("what is ahead comes to nothing when it comes", () => {
  const heads = noHeads<string>();
  coverHeads(heads, at(dot(0, 1), { 1: 2 }, [{ lane: 1, seq: 2 }]));
  addHead(heads, "late", at(dot(1, 2)));
  expect(names(heads)).toEqual([]);
  addHead(heads, "later", at(dot(1, 3)));
  expect(names(heads)).toEqual(["later"]);
});

test("what is ahead is forgotten once it came", () => {
  const heads = noHeads<string>();
  coverHeads(heads, at(dot(0, 1), {}, [{ lane: 1, seq: 2 }]));
  expect([areBare(heads, seenOf(1, 1)), areBare(heads, seenOf(1, 2))]).toEqual([false, true]);
  coverHeads(heads, at(dot(0, 2), {}, [{ lane: 2, seq: 4 }], seenOf(1, 2)));
  expect(heads.ahead).toEqual([{ lane: 2, seq: 4 }]);
});

test("kept heads are one a lane, and only its own lane replaces one", () => {
  const heads = noHeads<string>();
  keepHead(heads, "a1", at(dot(0, 1)));
  keepHead(heads, "b1", at(dot(1, 1, 3), { 0: 1 }));
  expect(names(heads)).toEqual(["b1", "a1"]);
  keepHead(heads, "a2", at(dot(0, 2, 9)));
  expect(names(heads)).toEqual(["a2", "b1"]);
  coverHeads(heads, at(dot(2, 1), {}, [{ lane: 0, seq: 3 }]));
  keepHead(heads, "a3", at(dot(0, 3)));
  expect(names(heads)).toEqual(["a2", "b1"]);
});

test("of two sides' heads those stay that both have, or that one has and the other has not seen", () => {
  const ours: Heads<string> = {
    live: [
      { dot: dot(0, 1), what: "both" },
      { dot: dot(1, 3), what: "seen there" },
      { dot: dot(2, 5), what: "not seen there" },
    ],
    ahead: [],
  };
  const theirs: Heads<string> = {
    live: [
      { dot: dot(0, 1), what: "both" },
      { dot: dot(0, 2), what: "seen here" },
      { dot: dot(3, 7), what: "not seen here" },
    ],
    ahead: [{ lane: 1, seq: 9 }],
  };
  joinHeads(ours, theirs, { lanes: letters, into: seenOf(2, 3, 5), from: seenOf(2, 3, 0, 7) });
  expect(names(ours)).toEqual(["not seen here", "not seen there", "both"]);
  expect(ours.ahead).toEqual([{ lane: 1, seq: 9 }]);
  expect(names(theirs)).toHaveLength(3);
});

test("reaches: of each lane the furthest, and those that have not come", () => {
  const merged = mergedReaches([
    { lane: 1, seq: 4 },
    { lane: 0, seq: 1 },
    { lane: 1, seq: 2 },
  ]);
  expect(merged).toEqual([
    { lane: 1, seq: 4 },
    { lane: 0, seq: 1 },
  ]);
  expect(pending(merged, seenOf(1, 3))).toEqual([{ lane: 1, seq: 4 }]);
  expect([isReached(merged, dot(1, 4)), isReached(merged, dot(1, 5)), isReached(merged, dot(2, 1))]).toEqual([true, false, false]);
});

test("written heads leave out what came, and stand in one order", () => {
  const heads: Heads<string> = {
    live: [{ dot: dot(0, 2), what: "x" }],
    ahead: [
      { lane: 0, seq: 9 },
      { lane: 1, seq: 3 },
      { lane: 2, seq: 1 },
    ],
  };
  const writer = new Writer();
  writeHeads(writer, heads, { lanes: letters, seen: seenOf(2, 3), what: (what) => writer.u8(what.charCodeAt(0)) });
  const reader = new Reader(writer.finish());
  const read = readHeads(reader, letters, () => String.fromCharCode(reader.u8()));
  expect(reader.finish(() => read)).toEqual({
    live: heads.live,
    ahead: [
      { lane: 2, seq: 1 },
      { lane: 0, seq: 9 },
    ],
  });
});
