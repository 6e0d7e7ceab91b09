import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { itemKeyBytesMax, viewTrieGatheredMax, viewTrieKeysMax } from "../bytes/limits.js";
import { Writer } from "../bytes/writer.js";
import { DamagedStore } from "../feed/lane/feed-view.js";
import { hasher, network, pathOf, Rig } from "../feed/rig/feed-rig.suite.js";
import { copyOf, exchange, later, pass, run } from "../feed/rig/twins.suite.js";
import { subjectId } from "../identity/ids.js";
import { text } from "../merge/element-codec.js";
import { bytesOfKey } from "../merge/item-key.js";
import { lwwMap } from "../merge/lww-map.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import { orMap } from "../merge/or-map.js";
import { pnCounter } from "../merge/pn-counter.js";
import { encodeOperations } from "../merge/transaction.js";
import { naiveTrie } from "../proof/trie-oracle.suite.js";
import { applyBatch } from "../store/memory-store.js";
import { viewChangedKey, viewRange } from "../store/view-keys.js";
import { ViewFold } from "./view-fold.js";
import { ViewStore } from "./view-store.js";
import { ViewTrie } from "./view-trie.js";

const subject = subjectId(hasher, network, pathOf("s"));
const everything = { of: () => Number.POSITIVE_INFINITY };

/** A store's table, as whoever keeps views deals with it. */
class Table<Commands> {
  readonly rig: Rig;
  readonly #type: AnyMergeType<unknown, Commands>;
  #store: ViewStore;
  #fold: ViewFold;

  constructor(rig: Rig, type: AnyMergeType<unknown, Commands>) {
    this.rig = rig;
    this.#type = type;
    [this.#store, this.#fold] = this.#open(0, "some");
  }

  /** One event. */
  write(call: (commands: Commands) => void): void {
    const operations: unknown[] = [];
    call(this.#type.commands((operation) => operations.push(operation)));
    later(this.rig);
    run(this.rig, this.rig.commandOf("s", [{ ...encodeOperations(this.#type, operations), codec: 0 }]));
  }

  fold(eventsMax = 1_000): void {
    this.#fold.look();
    this.#fold.fold(eventsMax);
  }

  /** What is folded is on disk from now on. */
  keep(): void {
    this.#fold.settle();
    const { batch, layer } = this.#store.take();
    applyBatch(this.rig.keys, batch);
    this.#store.kept(layer);
  }

  /** What was not kept is gone. */
  crash(): void {
    [this.#store, this.#fold] = this.#open(0, "some");
  }

  takeIn(): string {
    const root = this.#fold.takeIn();
    return root === "more" ? root : toHex(root);
  }

  root(): string {
    return toHex(this.#fold.root());
  }

  /** By the definition, of what is folded so far. */
  get expected(): string {
    this.#fold.settle();
    const { lanes, items } = this.#fold;
    const rows = new Map<string, string>();
    for (const [key, item] of items.page("", undefined, Number.MAX_SAFE_INTEGER)) {
      if (this.#type.isBare(item, everything)) continue;
      const row = new Writer().prefixed(bytesOfKey(key));
      this.#type.writeItem(row, item, lanes.canonical, everything);
      const place = toHex(hasher.hash("sinter 1 table key", bytesOfKey(key)));
      rows.set(place, toHex(hasher.hash("sinter 1 table row", row.finish())));
    }
    return naiveTrie(hasher, rows).root;
  }

  /** Of all that is here, folded from the beginning in a place of its own. */
  get fresh(): string {
    const [, fold] = this.#open(9, "some");
    fold.look();
    fold.fold(Number.MAX_SAFE_INTEGER);
    return toHex(fold.root());
  }

  /** Keys that are marked on disk. */
  get marked(): readonly string[] {
    return new ViewStore(this.rig.keys, hasher, 0).changed({});
  }

  #open(number: number, kept: "some"): [ViewStore, ViewFold] {
    const { view, keys } = this.rig;
    const store = new ViewStore(keys, hasher, number);
    const parts = { view, hasher, subject, type: this.#type, assurance: "classical", store, kept } as const;
    return [store, new ViewFold({ ...parts, wallMs: () => Number.MAX_SAFE_INTEGER })];
  }
}

const words = lwwMap(text);
const wordTable = () => new Table(new Rig(), words);
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `key ${from + index}`);

type Step =
  | { readonly kind: "write"; readonly who: number; readonly draws: readonly number[] }
  | { readonly kind: "fold" | "keep" | "crash" | "ask" | "pass"; readonly who: number };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      who: fc.nat({ max: 1 }),
      draws: fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom("fold" as const, "fold" as const, "keep" as const, "crash" as const, "ask" as const, "pass" as const),
      who: fc.nat({ max: 1 }),
    }),
  },
);

function expectSameRoots<Commands>(type: AnyMergeType<unknown, Commands>, call: (commands: Commands, draw: number) => void): void {
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 5, maxLength: 60 }), (steps) => {
      const tables = [new Table(new Rig(), type), new Table(new Rig({ author: 2, instance: 102 }), type)] as const;
      for (const step of steps) {
        const [it, other] = step.who === 0 ? tables : [tables[1], tables[0]];
        if (step.kind === "write") it.write((commands) => step.draws.forEach((draw) => call(commands, draw)));
        else if (step.kind === "fold") it.fold(2);
        else if (step.kind === "pass") pass(it.rig, other.rig);
        else if (step.kind === "ask") expect(it.root()).toBe(it.expected);
        else it[step.kind]();
      }
      exchange(...tables.map(({ rig }) => rig));
      for (const it of tables) {
        it.fold();
        expect([it.root(), it.expected]).toEqual([it.fresh, it.fresh]);
      }
      expect(tables[0].root()).toBe(tables[1].root());
    }),
    { numRuns: 150 },
  );
}

const key = (draw: number) => ["", "a", "b", "ab", "\u0100"][draw % 5] as string;

test("whenever its root is asked for, and whatever is lost in between, it is that of the table: keys with a value", () => {
  expectSameRoots(words, (map, draw) => (draw % 3 === 0 ? map.delete(key(draw)) : map.set(key(draw), `value ${draw}`)));
});

test("whenever its root is asked for, and whatever is lost in between, it is that of the table: keys that come and go", () => {
  expectSameRoots(orMap(pnCounter()), (map, draw) => (draw % 3 === 0 ? map.delete(key(draw)) : map.at(key(draw)).increment(1 + draw)));
});

test("what changed is marked with the items, and not any more once the root was asked for", () => {
  const table = wordTable();
  table.write((it) => numbered(3).forEach((each) => it.set(each, "1")));
  table.fold();
  expect(table.marked).toEqual([]);
  table.keep();
  expect(table.marked).toEqual(numbered(3));
  const root = table.root();
  table.crash();
  expect([table.marked, table.root()]).toEqual([numbered(3), root]);
  table.keep();
  table.crash();
  expect([table.marked, table.root()]).toEqual([[], root]);
  table.write((it) => it.set("key 1", "2"));
  table.fold();
  table.keep();
  expect(table.marked).toEqual(["key 1"]);
  expect(table.root()).toBe(table.expected);
});

test("the marks are all that says what the trie lacks: where one is lost the root is an old one", () => {
  const table = wordTable();
  table.write((it) => numbered(3).forEach((each) => it.set(each, "1")));
  table.fold();
  const root = table.root();
  table.write((it) => it.set("key 1", "2"));
  table.fold();
  table.keep();
  table.rig.keys.remove(viewChangedKey(0, "key 1"));
  table.crash();
  expect(table.root()).toBe(root);
  expect(table.expected).not.toBe(root);
});

test("what changes just before the root is asked for goes into the trie without a mark", () => {
  const table = wordTable();
  for (const each of numbered(5)) {
    table.write((it) => it.set(each, "1"));
    table.fold();
    expect(table.root()).toBe(table.expected);
    table.keep();
    expect(table.marked).toEqual([]);
  }
});

test("much is taken in with pauses, in which keys change and the disk has what is done so far", () => {
  const table = wordTable();
  const count = 3 * viewTrieKeysMax + 5;
  table.write((it) => numbered(count).forEach((each) => it.set(each, "1")));
  table.fold();
  table.keep();
  const after: (() => void)[] = [
    () => table.write((it) => numbered(2, 7).forEach((each) => it.set(each, "2"))),
    () => table.keep(),
    () => table.crash(),
    () => table.write((it) => numbered(viewTrieKeysMax + 1, count).forEach((each) => it.set(each, "3"))),
    // Again and again: also once they were taken in, and are marked where all marks have been read.
    ...[4, 5, 6, 7, 8, 9].flatMap((value) => [
      () => table.write((it) => numbered(2).forEach((each) => it.set(each, `${value}`))),
      () => table.keep(),
    ]),
  ];
  let pauses = 0;
  for (;;) {
    const root = table.takeIn();
    if (root === "more") pauses++;
    else {
      expect(root).toBe(table.expected);
      if (after.length === 0) break;
    }
    after.shift()?.();
    table.fold();
  }
  expect(pauses).toBeGreaterThan(4);
  expect([table.root(), table.root()]).toEqual([table.expected, table.fresh]);
  table.keep();
  expect(table.marked).toEqual([]);
  table.crash();
  expect(table.root()).toBe(table.expected);
});

test("more than is put in order at a time: all of it is taken in, each key once", () => {
  const { keys } = new Rig();
  const store = new ViewStore(keys, hasher, 0);
  const all = numbered(viewTrieGatheredMax + 2 * viewTrieKeysMax);
  for (const each of all) store.putChanged(each);
  const trie = new ViewTrie(hasher, store, words, {
    compare: () => 0,
    compareIds: () => 0,
    author: () => "",
    write: () => {},
    read: () => 0,
  });
  const asked = new Map<string, number>();
  const takeIn = () =>
    trie.takeIn((each) => {
      asked.set(each, (asked.get(each) ?? 0) + 1);
      return { live: [{ dot: { lane: 0, seq: 1, operation: 0, wallMs: 1, counter: 0 }, what: bytesOfKey(each) }], ahead: [] };
    });
  while (takeIn() === "more");
  expect([asked.size, Math.max(...asked.values())]).toEqual([all.length, 1]);
  expect(store.changed({})).toEqual([]);
});

test("a key of the greatest length is marked and found again", () => {
  const table = wordTable();
  const longest = "\u00ff".repeat(512);
  const long = numbered(viewTrieKeysMax - 1, 0);
  table.write((it) => [...long, longest, `${longest.slice(1)}zz`].forEach((each) => it.set(each, "1")));
  table.fold();
  table.keep();
  expect(table.root()).toBe(table.expected);
  const { marked } = table;
  expect([marked.length, marked.at(-2)?.length]).toEqual([viewTrieKeysMax + 1, itemKeyBytesMax]);
  const behind = new ViewStore(table.rig.keys, hasher, 0).items("", { after: marked.at(-2), limit: 5 });
  expect(Array.from(behind, ([each]) => each)).toEqual(marked.slice(-1));
});

test("a damaged trie has no root, and everything is marked as it was", () => {
  const table = wordTable();
  table.write((it) => numbered(100).forEach((each) => it.set(each, "1")));
  table.fold();
  const before = table.root();
  table.keep();
  table.write((it) => it.set("key 1", "2"));
  table.fold();
  table.keep();
  const sound = copyOf(table.rig);
  for (const [place] of [...table.rig.keys.range(viewRange("viewTrie", 0))]) table.rig.keys.put(place, Uint8Array.of(1));
  expect(() => table.root()).toThrow(DamagedStore);
  expect(() => table.root()).toThrow(/view 0, its trie at depth 0/);
  table.keep();
  expect(table.marked).toEqual(["key 1"]);
  for (const [place, node] of sound.range(viewRange("viewTrie", 0))) table.rig.keys.put(place, node);
  expect(table.root()).toBe(table.expected);
  expect(table.root()).not.toBe(before);
});
