import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { clockReserveMs } from "../../bytes/limits.js";
import { isMalformed } from "../../bytes/malformed.js";
import { compareBytes, equalBytes } from "../../bytes/order.js";
import { compareStamps, decodeStamp, type Stamp } from "../../clock/stamp.js";
import type { Entry } from "../../protocol/key-space.js";
import { type Table, tables } from "../../store/key-layout.js";
import { blockKey, changedKey, decodeKey, headKey, mmrKey, type StoreKey, trieKey } from "../../store/keys.js";
import type { MemoryKeys, MemorySnapshot } from "../../store/memory-keys.js";
import { storeFormat } from "../../store/records.js";
import { isViewTable, type ViewStoreKey, viewTables } from "../../store/view-keys.js";
import { FeedView } from "../lane/feed-view.js";
import { audited, variedStore } from "../rig/audited-store.suite.js";
import { parts, type Rig } from "../rig/feed-rig.suite.js";

// Every kind of damage, one at a time, to every table but those of views, which are caches and have a test of their own: the audit must
// tell of it, and of where it is.

interface Damaged {
  readonly rig: Rig;
  readonly keys: MemoryKeys;
  readonly whole: MemorySnapshot;
  readonly entries: readonly Entry[];
  /** The greatest stamp given out. */
  readonly last: Stamp;
}

const ALL = { from: new Uint8Array(0), to: new Uint8Array(300).fill(0xff) };
const FEEDS = { from: new Uint8Array(0), to: viewTables.from };

function damagedStore(): Damaged {
  const rig = variedStore();
  const entries = [...rig.keys.range(FEEDS)];
  const heads = entries.flatMap(([key]) =>
    key[0] === tables.head ? [rig.view.head(new DataView(key.buffer, key.byteOffset).getUint32(1))] : [],
  );
  const last = heads
    .map((head) => head?.stamp as Stamp)
    .sort(compareStamps)
    .at(-1) as Stamp;
  return { rig, keys: rig.keys, whole: rig.keys.snapshot(), entries, last };
}

const store = damagedStore();
const feedTables = (Object.keys(tables) as Table[]).filter((table) => !isViewTable(tables[table]));
const tableOf = (key: Uint8Array) => Object.entries(tables).find(([, byte]) => byte === key[0])?.[0] as Table;
const inTable = (table: Table) => store.entries.filter(([key]) => key[0] === tables[table]);

const NONE = new Uint8Array(0);
const RUNS = 150;

/** What words about damage to this entry must hold. */
function wordsFor(key: Uint8Array): RegExp {
  const place = decodeKey(key) as Exclude<StoreKey, ViewStoreKey>;
  switch (place.table) {
    case "meta":
      return new RegExp(place.name === "frontier" ? "summary|frontier" : place.name);
    case "author":
      return /author/;
    case "subject":
      return new RegExp(`${toHex(place.subject)}|${new FeedView(store.whole).subject(place.subject)}|lane`);
    case "path":
      return new RegExp(place.path);
    case "laneNumber":
      return new RegExp(`subject ${toHex(place.subject)}|lane \\d+`);
    case "trie":
      return /frontier/;
    case "fork":
      return /^fork /;
    case "redaction":
      return /^redaction |^absence /;
    case "returned":
      return /^returned /;
    default:
      return new RegExp(`lane ${place.lane}\\b`);
  }
}

function expectFound(what: string, words: RegExp, hurt: (keys: MemoryKeys) => void): void {
  store.keys.restore(store.whole);
  hurt(store.keys);
  const { ok, problems } = audited(store.keys);
  if (ok) throw new Error(`unseen: ${what}`);
  if (!problems.some(({ what: kind, where, detail }) => words.test(`${kind} ${where} ${detail}`))) {
    throw new Error(`${what}: told of elsewhere, ${JSON.stringify(problems.slice(0, 3))}, not as ${words}`);
  }
}

/** Damage that nobody can tell from what was meant, and that does no harm. */
function isHarmless(key: Uint8Array, value: Uint8Array): boolean {
  const before = store.entries.find(([each]) => equalBytes(each, key))?.[1];
  const place = decodeKey(key);
  if (before === undefined || isMalformed(place) || place.table !== "meta" || value.length !== before.length) return false;
  // Another instance, or another file than the one the store remembers: it begins epochs, as a copy would. An earlier format is that of
  // the program that opened it last: the next one writes its own.
  const isFormat = value[0] > 0 && value[0] <= storeFormat;
  if (place.name === "store") return isFormat && equalBytes(value.subarray(1, -32), before.subarray(1, -32));
  if (place.name !== "clock") return false;
  // A reserve that no stamp has reached, and no further ahead than it is ever raised, is as good as the one it was.
  const reserve = decodeStamp(value) as Stamp;
  return compareStamps(store.last, reserve) < 0 && reserve.wallMs <= store.last.wallMs + clockReserveMs;
}

function flipped(value: Uint8Array, bit: number): Uint8Array {
  const bent = value.slice();
  bent[bit >> 3] ^= 1 << (bit & 7);
  return bent;
}

function expectFlipFound([key, value]: Entry, bit: number): void {
  const bent = flipped(value, bit);
  if (isHarmless(key, bent)) return;
  expectFound(`bit ${bit} of ${tableOf(key)} ${toHex(key)}`, wordsFor(key), (keys) => keys.put(key, bent));
}

test("the store the damage is done to is sound", () => {
  store.keys.restore(store.whole);
  expect(audited(store.keys).problems).toEqual([]);
  expect(store.entries.length).toBeGreaterThan(40);
  for (const table of feedTables) expect(inTable(table).length).toBeGreaterThan(0);
});

const small: readonly Table[] = [
  "meta",
  "author",
  "subject",
  "path",
  "lane",
  "laneNumber",
  "mmr",
  "trie",
  "head",
  "fork",
  "redaction",
  "givenUp",
  "returned",
];

test.each(small)("the bytes of an entry of the table %s, a bit of each flipped", (table) => {
  const entries = inTable(table);
  // All of the few entries of the first table, and one of any other.
  for (const entry of table === "meta" ? entries : [entries[entries.length - 1]]) {
    const stride = Math.ceil(entry[1].length / 150);
    for (let byte = 0; byte < entry[1].length; byte += stride) expectFlipFound(entry, byte * 8 + ((byte * 5) % 8));
  }
});

test("any bit of any entry", () => {
  const filled = store.entries.filter(([, value]) => value.length > 0);
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (which, bit) => {
      const entry = filled[which % filled.length];
      expectFlipFound(entry, bit % (entry[1].length * 8));
    }),
    { numRuns: RUNS },
  );
});

test("any bit of a block's header, and of its first events", () => {
  const [block] = inTable("block");
  for (let bit = 0; bit < Math.min(block[1].length, 100) * 8; bit += 3) expectFlipFound(block, bit);
});

test("any value cut short or with a byte too many", () => {
  for (const [key, value] of store.entries) {
    if (value.length > 0) expectFound(`the end of ${toHex(key)}`, wordsFor(key), (keys) => keys.put(key, value.subarray(0, -1)));
    expectFound(`a byte behind ${toHex(key)}`, wordsFor(key), (keys) => keys.put(key, new Uint8Array([...value, 0])));
  }
});

/** That a feed is forked of which nothing is here can be forgotten: whoever has it says so again. So does whoever holds a lane
 * otherwise that was given up here; what was appended again is then appended once more, and counts once. Another author's second
 * signature is taken again, and marks are of use to that author alone. */
function isForgotten(key: Uint8Array): boolean {
  const [view, place] = [new FeedView(store.whole), decodeKey(key) as StoreKey];
  if (["givenUp", "returned", "hybrid", "unsealed"].includes(place.table)) return true;
  const fork = place.table === "fork" ? view.fork(place.id)?.place : undefined;
  return fork !== undefined && view.laneNumber(fork.subject, fork.author, fork.epoch) === undefined;
}

test("any entry that is missing", () => {
  for (const [key] of store.entries) if (!isForgotten(key)) expectFound(`without ${toHex(key)}`, wordsFor(key), (keys) => keys.remove(key));
});

test("any two values of a table in each other's place", () => {
  for (const table of feedTables) {
    const entries = inTable(table);
    for (const [at, [key, value]] of entries.entries()) {
      const [otherKey, other] = entries[(at + 1) % entries.length];
      if (equalBytes(value, other)) continue;
      expectFound(
        `${toHex(key)} and ${toHex(otherKey)} swapped`,
        new RegExp(`${wordsFor(key).source}|${wordsFor(otherKey).source}`),
        (keys) => {
          keys.put(key, other);
          keys.put(otherKey, value);
        },
      );
    }
  }
});

test("any entry under a key of which a bit is flipped", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (which, bit) => {
      const [key, value] = store.entries[which % store.entries.length];
      const bent = flipped(key, bit % (key.length * 8));
      expectFound(`${toHex(key)} as ${toHex(bent)}`, /./, (keys) => {
        keys.remove(key);
        keys.put(bent, value);
      });
    }),
    { numRuns: RUNS },
  );
});

/** Adding them says what is so anyway: that a key is its author, that a lane is to be taken in (again). */
function isTrueAnyway(key: Uint8Array, value: Uint8Array): boolean {
  const place = decodeKey(key);
  if (isMalformed(place)) return false;
  if (place.table === "author") return value[0] === 1 && equalBytes(value.subarray(1), place.author);
  return place.table === "changed" && value.length === 0 && store.rig.view.lane(place.lane) !== undefined;
}

test("any entry twice, the second under a key of which a bit is flipped", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (which, bit) => {
      const [key, value] = store.entries[which % store.entries.length];
      const bent = flipped(key, bit % (key.length * 8));
      store.keys.restore(store.whole);
      if (isTrueAnyway(bent, value) || equalBytes(store.keys.get(bent) ?? new Uint8Array(0), value)) return;
      expectFound(`${toHex(key)} also as ${toHex(bent)}`, /./, (keys) => keys.put(bent, value));
    }),
    { numRuns: RUNS },
  );
});

test("entries that belong nowhere", () => {
  const [[block, blockValue]] = inTable("block");
  const [[nodes, nodesValue]] = inTable("mmr");
  const [[branch, branchValue]] = inTable("trie").filter(([key]) => compareBytes(key, trieKey(Uint8Array.of(0x80))) !== 0);
  const lane = new DataView(nodes.buffer, nodes.byteOffset).getUint32(1);
  const strays: readonly (readonly [key: Uint8Array, value: Uint8Array])[] = [
    [Uint8Array.of(0), new Uint8Array(0)],
    [Uint8Array.of(12, 1), new Uint8Array(0)],
    [Uint8Array.of(0xff, 0xff), new Uint8Array(0)],
    [Uint8Array.of(1, 65), new Uint8Array(0)],
    [new Uint8Array([...block, 0]), blockValue],
    [block.subarray(0, 9), blockValue],
    [block.subarray(0, 3), blockValue],
    [new Uint8Array([...nodes, 0]), nodesValue],
    [nodes.subarray(0, 5), nodesValue],
    [mmrKey(lane, 1), nodesValue],
    [mmrKey(lane, 2 ** 40), nodesValue],
    [mmrKey(999, 0), nodesValue],
    [blockKey(999, 1), blockValue],
    [blockKey(0, 5000), blockValue],
    [headKey(999), inTable("head")[0][1]],
    [changedKey(999), new Uint8Array(0)],
    [changedKey(0), Uint8Array.of(0)],
    [new Uint8Array([...branch, 0x80]), branchValue],
    [trieKey(Uint8Array.of(0x12, 0x34, 0x80)), branchValue],
    [trieKey(Uint8Array.of(0x12, 0x35)), branchValue],
    [trieKey(new Uint8Array(0)), branchValue],
    [trieKey(new Uint8Array(97).fill(0x08)), branchValue],
  ];
  for (const [key, value] of strays) expectFound(`a stray ${toHex(key)}`, /./, (keys) => keys.put(key, value));
});

test("any entry as it was before its lane was last written on", () => {
  const rig = variedStore();
  const before = rig.keys.snapshot();
  for (const path of ["w/b", "new/one"]) rig.append(path, parts("the last"));
  const after = rig.keys.snapshot();
  const changed = [...before.range(ALL)].filter(([key, value]) => !equalBytes(after.get(key) ?? NONE, value));
  expect(changed.map(([key]) => tableOf(key)).sort()).toEqual(["block", "block", "head", "head"]);
  for (const [key, value] of changed) {
    rig.keys.restore(after);
    rig.keys.put(key, value);
    const { problems } = audited(rig.keys);
    expect(problems.some(({ where }) => wordsFor(key).test(where))).toBe(true);
  }
});
