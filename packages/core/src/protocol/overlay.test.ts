import fc from "fast-check";
import { expect, test } from "vitest";
import { compareBytes } from "../bytes/order.js";
import { MemoryKeys } from "../store/memory-keys.js";
import { applyBatch } from "../store/memory-store.js";
import type { Batch, Entry, Range, ReadableKeys } from "./key-space.js";
import { Overlay } from "./overlay.js";

const key = (...bytes: number[]) => Uint8Array.from(bytes);
const all: Range = { from: key(), to: key(255, 255) };

function listed(entries: Iterable<Entry>): string[] {
  return [...entries].map(([at, value]) => `${at.join(".")}=${value.join(".")}`);
}

test("a turn's own writes are seen at once, and only there", () => {
  const store = new MemoryKeys();
  store.put(key(1), key(10));
  store.put(key(2), key(20));
  const overlay = new Overlay(store);
  overlay.begin(1);
  overlay.put(key(1), key(11));
  overlay.remove(key(2));
  overlay.put(key(3), key());
  expect([1, 2, 3, 4].map((at) => overlay.get(key(at))?.join())).toEqual(["11", undefined, "", undefined]);
  expect([1, 2, 3, 4].map((at) => overlay.peek(key(at))?.join())).toEqual(["11", undefined, "", undefined]);
  expect(listed(overlay.range(all))).toEqual(["1=11", "3="]);
  expect(listed(store.range(all))).toEqual(["1=10", "2=20"]);
});

test("what is dropped was never written", () => {
  const overlay = new Overlay(new MemoryKeys());
  overlay.begin(1);
  overlay.put(key(1), key(1));
  overlay.drop();
  expect(overlay.get(key(1))).toBeUndefined();
  expect(overlay.seal()).toEqual([]);
});

test("a batch is in key order, one change a key", () => {
  const overlay = new Overlay(new MemoryKeys());
  overlay.begin(1);
  for (const at of [[200], [3], [3, 0], [127], [128], [3]]) overlay.put(key(...at), key(at.length));
  overlay.remove(key(127));
  expect(overlay.seal().map(([at, value]) => [at.join("."), value?.join()])).toEqual([
    ["3", "1"],
    ["3.0", "2"],
    ["127", undefined],
    ["128", "1"],
    ["200", "1"],
  ]);
  expect(overlay.seal()).toEqual([]);
});

test("a flushed turn's changes are the store's; those of later turns stay", () => {
  const store = new MemoryKeys();
  const overlay = new Overlay(store);
  overlay.begin(1);
  overlay.put(key(1), key(1));
  overlay.put(key(2), key(1));
  overlay.seal();
  overlay.begin(2);
  overlay.put(key(1), key(2));
  overlay.seal();
  // The store holds something else, so that it shows who answers.
  for (const at of [1, 2]) store.put(key(at), key(99));
  overlay.flushed(1);
  expect(listed(overlay.range(all))).toEqual(["1=2", "2=99"]);
  overlay.flushed(2);
  overlay.flushed(3);
  expect(listed(overlay.range(all))).toEqual(["1=99", "2=99"]);
});

test("reset forgets all that is not on disk", () => {
  const overlay = new Overlay(new MemoryKeys());
  overlay.begin(1);
  overlay.put(key(1), key(1));
  overlay.seal();
  overlay.begin(2);
  overlay.put(key(2), key(2));
  overlay.reset();
  expect(listed(overlay.range(all))).toEqual([]);
  expect(overlay.seal()).toEqual([]);
});

test("bytes counts what the turn wrote", () => {
  const overlay = new Overlay(new MemoryKeys());
  overlay.begin(1);
  overlay.put(key(1, 2), key(1, 2, 3));
  overlay.put(key(1, 2), key(1));
  overlay.remove(key(1));
  expect(overlay.bytes).toBe(5 + 3 + 1);
  overlay.seal();
  overlay.begin(2);
  expect(overlay.bytes).toBe(0);
});

test("a range left early, or full, closes the store's iterator", () => {
  const store = new MemoryKeys();
  for (let at = 0; at < 10; at++) store.put(key(at), key(at));
  let open = 0;
  const counting: ReadableKeys = {
    get: (at) => store.get(at),
    peek: (at) => store.peek(at),
    range: function* (range) {
      open++;
      try {
        yield* store.range(range);
      } finally {
        open--;
      }
    },
  };
  const overlay = new Overlay(counting);
  overlay.begin(1);
  overlay.put(key(3, 3), key(0));
  for (const _ of overlay.range(all)) break;
  expect(open).toBe(0);
  expect(listed(overlay.range({ ...all, limit: 5 }))).toEqual(["0=0", "1=1", "2=2", "3=3", "3.3=0"]);
  expect(open).toBe(0);
  expect(listed(overlay.range({ ...all, limit: 0 }))).toEqual([]);
});

test("a range shows what there was when it was asked for", () => {
  const store = new MemoryKeys();
  for (const at of [1, 3]) store.put(key(at), key(at));
  const overlay = new Overlay(store);
  overlay.begin(1);
  overlay.put(key(2), key(2));
  const range = overlay.range(all);
  overlay.put(key(2), key(77));
  overlay.put(key(0), key(0));
  expect(listed(range)).toEqual(["1=1", "2=2", "3=3"]);
});

// --- against a plain map ---

/** Few enough that deeds meet. */
const someKey = fc.uint8Array({ maxLength: 2, max: 2 });
const someValue = fc.uint8Array({ maxLength: 2 });
const deed = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("put" as const), key: someKey, value: someValue }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("remove" as const), key: someKey }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("range" as const),
      from: someKey,
      to: someKey,
      order: fc.constantFrom("ascending" as const, "descending" as const),
      limit: fc.nat({ max: 6 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("seal" as const, "flush" as const, "drop" as const, "show" as const) }) },
);

type Model = Map<string, readonly [Uint8Array, Uint8Array]>;

function answer(model: Model, { from, to, order, limit }: Range): string[] {
  const within = [...model.values()].filter(([at]) => compareBytes(at, from) >= 0 && compareBytes(at, to) < 0);
  within.sort(([left], [right]) => compareBytes(left, right));
  return listed((order === "descending" ? within.reverse() : within).slice(0, limit));
}

/** Turns over a store that shows commits early or late, as it likes; the model knows only what was written. */
class Bench {
  readonly store = new MemoryKeys();
  readonly overlay = new Overlay(this.store);
  /** As of the turn being stepped, and as of its beginning. */
  model: Model = new Map();
  #before: Model = new Map();
  #turn = 1;
  readonly #unflushed: { readonly turn: number; readonly batch: Batch }[] = [];

  constructor() {
    this.overlay.begin(this.#turn);
  }

  put(at: Uint8Array, value: Uint8Array): void {
    this.overlay.put(at, value);
    this.model.set(at.join(), [at, value]);
  }

  remove(at: Uint8Array): void {
    this.overlay.remove(at);
    this.model.delete(at.join());
  }

  end(how: "seal" | "flush" | "drop" | "show"): void {
    if (how === "seal") {
      this.#unflushed.push({ turn: this.#turn, batch: this.overlay.seal() });
      this.#before = new Map(this.model);
    } else if (how === "drop") {
      this.overlay.drop();
      this.model = new Map(this.#before);
    } else {
      const oldest = how === "flush" ? this.#unflushed.shift() : this.#unflushed[0];
      if (oldest !== undefined) applyBatch(this.store, oldest.batch);
      if (oldest !== undefined && how === "flush") this.overlay.flushed(oldest.turn);
      return;
    }
    this.overlay.begin(++this.#turn);
  }
}

test("whatever is written, sealed, flushed and dropped, it reads as a plain map would", () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 60, size: "max" }), (deeds) => {
      const bench = new Bench();
      for (const each of deeds) {
        if (each.do === "put") bench.put(each.key, each.value);
        else if (each.do === "remove") bench.remove(each.key);
        else if (each.do === "range") {
          expect(listed(bench.overlay.range(each))).toEqual(answer(bench.model, each));
          expect(bench.overlay.get(each.from)?.join()).toBe(bench.model.get(each.from.join())?.[1].join());
          expect(bench.overlay.peek(each.to)?.join()).toBe(bench.model.get(each.to.join())?.[1].join());
        } else bench.end(each.do);
      }
      expect(listed(bench.overlay.range(all))).toEqual(answer(bench.model, all));
    }),
    { numRuns: 500 },
  );
});
