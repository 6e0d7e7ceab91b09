import fc from "fast-check";
import { expect } from "vitest";
import { compareBytes } from "../bytes/order.js";
import type { Batch, Range } from "./key-space.js";
import type { Store, StoreFailure } from "./ports.js";

// What every Store must do. Each case makes its own store; an adapter's test file runs them in a loop of `test`.

export interface StoreUnderTest {
  readonly store: Store;
  /** Lets time pass, real or virtual, until the condition holds; rejects if it never does. */
  until(condition: () => boolean): Promise<void>;
  /** Closes the store in good order and opens it anew. Absent where nothing outlives the store. */
  readonly reopen?: () => Promise<StoreUnderTest>;
  close(): Promise<void>;
}

export type MakeStore = () => Promise<StoreUnderTest>;

export interface StoreCase {
  readonly name: string;
  run(make: MakeStore): Promise<void>;
}

const EMPTY = new Uint8Array(0);
const LOWEST = Uint8Array.of(0);
const BEYOND = Uint8Array.of(0xff, 0xff);
const MEBIBYTE = 1024 * 1024;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined): string | undefined => (bytes === undefined ? undefined : new TextDecoder().decode(bytes));
const numbered = (index: number): Uint8Array => bytesOf(`n${String(index).padStart(6, "0")}`);

/** Plain arrays, because an adapter may hand out a Buffer and the assertion compares classes. */
const listed = (entries: Iterable<readonly [Uint8Array, Uint8Array]>): number[][][] =>
  [...entries].map(([key, value]) => [[...key], [...value]]);

const batchOf = (entries: Readonly<Record<string, string | undefined>>): Batch =>
  Object.entries(entries)
    .map(([key, value]) => [bytesOf(key), value === undefined ? undefined : bytesOf(value)] as const)
    .sort(([left], [right]) => compareBytes(left, right));

const keysIn = (store: Store, range: Range): (string | undefined)[] => [...store.keys.range(range)].map(([key]) => textOf(key));

async function committed(under: StoreUnderTest, batch: Batch): Promise<void> {
  const answers: (StoreFailure | undefined)[] = [];
  under.store.commit(batch, (failure) => answers.push(failure));
  await under.until(() => answers.length > 0);
  expect(answers).toEqual([undefined]);
}

function storeCase(name: string, body: (under: StoreUnderTest) => Promise<void>): StoreCase {
  return {
    name,
    run: async (make) => {
      const under = await make();
      try {
        await body(under);
      } finally {
        await under.close();
      }
    },
  };
}

const fresh = storeCase("a fresh store is empty and has room", async ({ store }) => {
  expect(store.keys.get(bytesOf("a"))).toBeUndefined();
  expect(store.keys.peek(bytesOf("a"))).toBeUndefined();
  expect([...store.keys.range({ from: LOWEST, to: BEYOND })]).toEqual([]);
  expect(store.roomBytes()).toBeGreaterThan(MEBIBYTE);
});

const getAndPeek = storeCase("get and peek read what was committed", async (under) => {
  await committed(under, batchOf({ a: "1", b: "2" }));
  expect(textOf(under.store.keys.get(bytesOf("a")))).toBe("1");
  expect(textOf(under.store.keys.peek(bytesOf("b")))).toBe("2");
  expect(under.store.keys.get(bytesOf("ab"))).toBeUndefined();
  expect(under.store.keys.peek(bytesOf("c"))).toBeUndefined();
});

const getKeeps = storeCase("bytes got stay as they were through later reads and commits", async (under) => {
  await committed(under, batchOf({ a: "first", b: "other" }));
  const got = under.store.keys.get(bytesOf("a"));
  under.store.keys.peek(bytesOf("b"));
  under.store.keys.get(bytesOf("b"));
  await committed(under, batchOf({ a: "changed" }));
  expect(textOf(got)).toBe("first");
  expect(textOf(under.store.keys.get(bytesOf("a")))).toBe("changed");
});

const removes = storeCase("a removed key is gone, and removing what is absent does nothing", async (under) => {
  await committed(under, batchOf({ a: "1", b: "2", c: "3" }));
  await committed(under, batchOf({ b: undefined, x: undefined }));
  expect(under.store.keys.get(bytesOf("b"))).toBeUndefined();
  expect(keysIn(under.store, { from: LOWEST, to: BEYOND })).toEqual(["a", "c"]);
});

const ranges = storeCase("ranges go both ways, stop at the limit, and leave out their end", async (under) => {
  await committed(under, batchOf({ a: "1", b: "2", bb: "3", c: "4", d: "5" }));
  const from = bytesOf("b");
  const to = bytesOf("d");
  expect(keysIn(under.store, { from, to })).toEqual(["b", "bb", "c"]);
  expect(keysIn(under.store, { from, to, order: "ascending", limit: 2 })).toEqual(["b", "bb"]);
  expect(keysIn(under.store, { from, to, order: "descending" })).toEqual(["c", "bb", "b"]);
  expect(keysIn(under.store, { from, to, order: "descending", limit: 1 })).toEqual(["c"]);
  expect(keysIn(under.store, { from: bytesOf("ba"), to: bytesOf("cz"), order: "descending" })).toEqual(["c", "bb"]);
});

const emptyRanges = storeCase("empty ranges are empty, both ways", async (under) => {
  await committed(under, batchOf({ a: "1", c: "2" }));
  for (const order of ["ascending", "descending"] as const) {
    expect(keysIn(under.store, { from: bytesOf("b"), to: bytesOf("c"), order })).toEqual([]);
    expect(keysIn(under.store, { from: bytesOf("a"), to: bytesOf("a"), order })).toEqual([]);
    expect(keysIn(under.store, { from: bytesOf("c"), to: bytesOf("a"), order })).toEqual([]);
    expect(keysIn(under.store, { from: bytesOf("d"), to: BEYOND, order })).toEqual([]);
    expect(keysIn(under.store, { from: LOWEST, to: BEYOND, order, limit: 0 })).toEqual([]);
  }
});

const byteOrder = storeCase("keys are ordered as unsigned bytes, a prefix before what it starts", async (under) => {
  const keys = [[0], [0, 0], [0, 255], [1], [1, 0], [0x7f], [0x80], [0x80, 1], [0xfe], [0xff], [0xff, 0xfe]].map((key) =>
    Uint8Array.from(key),
  );
  await committed(
    under,
    keys.map((key) => [key, key] as const),
  );
  expect(listed(under.store.keys.range({ from: LOWEST, to: BEYOND }))).toEqual(keys.map((key) => [[...key], [...key]]));
});

const emptyValues = storeCase("an empty value is a value", async (under) => {
  await committed(under, [[bytesOf("a"), EMPTY]]);
  expect(under.store.keys.get(bytesOf("a"))?.length).toBe(0);
  expect(under.store.keys.peek(bytesOf("a"))?.length).toBe(0);
  expect(listed(under.store.keys.range({ from: LOWEST, to: BEYOND }))).toEqual([[[...bytesOf("a")], []]]);
});

const longKeys = storeCase("keys of 200 bytes", async (under) => {
  const keys = Array.from({ length: 8 }, (_, index) => new Uint8Array(200).fill(0xff, 0, 199).fill(index, 199));
  await committed(
    under,
    keys.map((key, index) => [key, Uint8Array.of(index)] as const),
  );
  expect([...under.store.keys.range({ from: keys[2], to: keys[5] })].map(([, value]) => value[0])).toEqual([2, 3, 4]);
  expect(under.store.keys.get(keys[7])?.[0]).toBe(7);
});

const largeValues = storeCase("values of 1 MiB come back byte for byte", async (under) => {
  const value = Uint8Array.from({ length: MEBIBYTE }, (_, at) => (at * 31 + (at >> 8)) & 0xff);
  await committed(under, [[bytesOf("large"), value]]);
  for (const read of [under.store.keys.get(bytesOf("large")), under.store.keys.peek(bytesOf("large"))]) {
    expect(read !== undefined && compareBytes(read, value) === 0).toBe(true);
  }
  await committed(under, batchOf({ large: "small" }));
  expect(textOf(under.store.keys.get(bytesOf("large")))).toBe("small");
});

const notSynchronous = storeCase("done is never called before commit returns", async ({ store, until }) => {
  let returned = "no";
  const seen: string[] = [];
  store.commit(batchOf({ a: "1" }), () => seen.push(returned));
  returned = "yes";
  await until(() => seen.length > 0);
  expect(seen).toEqual(["yes"]);
});

const emptyBatch = storeCase("an empty batch completes, in its place", async ({ store, until }) => {
  const order: string[] = [];
  store.commit(batchOf({ a: "1" }), () => order.push("first"));
  store.commit([], () => order.push("empty"));
  store.commit(batchOf({ b: "1" }), () => order.push("last"));
  expect(order).toEqual([]);
  await until(() => order.length === 3);
  expect(order).toEqual(["first", "empty", "last"]);
});

const onceInOrder = storeCase("many small commits in flight: done once each, in order, all there", async ({ store, until }) => {
  const count = 500;
  const order: number[] = [];
  for (let index = 0; index < count; index++) {
    store.commit([[numbered(index), numbered(index)]], (failure) => order.push(failure === undefined ? index : -1));
  }
  await until(() => order.length >= count);
  expect(order).toEqual(Array.from({ length: count }, (_, index) => index));
  expect([...store.keys.range({ from: LOWEST, to: BEYOND })].length).toBe(count);
});

const prefixes = storeCase("reads see a prefix of the commits under way, and all that are done", async ({ store, until }) => {
  const count = 60;
  let done = 0;
  let newest = 0;
  const check = (): void => {
    const seen = [...store.keys.range({ from: bytesOf("n"), to: bytesOf("o") })].map(([key]) => textOf(key));
    expect(seen).toEqual(seen.map((_, index) => textOf(numbered(index))));
    expect(textOf(store.keys.get(bytesOf("latest"))) ?? "none").toBe(seen.at(-1) ?? "none");
    expect(seen.length).toBeGreaterThanOrEqual(Math.max(done, newest));
    newest = seen.length;
  };
  const finish = (): void => {
    done += 1;
    check();
  };
  for (let index = 0; index < count; index++) {
    store.commit(
      [
        [bytesOf("latest"), numbered(index)],
        [numbered(index), EMPTY],
      ],
      finish,
    );
    check();
  }
  await until(() => {
    check();
    return done === count;
  });
  expect(newest).toBe(count);
});

const wholeBatches = storeCase("a batch is seen whole or not at all", async ({ store, until }) => {
  const keys = Array.from({ length: 40 }, (_, index) => numbered(index));
  let done = 0;
  const check = (): void => {
    const values = new Set([...store.keys.range({ from: LOWEST, to: BEYOND })].map(([, value]) => textOf(value)));
    expect(values.size).toBeLessThanOrEqual(1);
  };
  for (let round = 0; round < 20; round++) {
    const value = bytesOf(`round ${round}`);
    store.commit(
      keys.map((key) => [key, value] as const),
      () => {
        done += 1;
        check();
      },
    );
    check();
  }
  await until(() => {
    check();
    return done === 20;
  });
});

const commitWithinDone = storeCase("a commit may be made from within done", async ({ store, until }) => {
  const order: string[] = [];
  store.commit(batchOf({ a: "1" }), () => {
    order.push("a");
    store.commit(batchOf({ b: "2" }), () => order.push("b"));
  });
  store.commit(batchOf({ c: "3" }), () => order.push("c"));
  await until(() => order.length === 3);
  expect(order).toEqual(["a", "c", "b"]);
  expect(keysIn(store, { from: LOWEST, to: BEYOND })).toEqual(["a", "b", "c"]);
});

const rangeOfTheMoment = storeCase("a range shows the store as of its call", async (under) => {
  await committed(
    under,
    Array.from({ length: 300 }, (_, index) => [numbered(index), bytesOf("old")] as const),
  );
  const range = under.store.keys.range({ from: LOWEST, to: BEYOND })[Symbol.iterator]();
  expect(textOf(range.next().value?.[0])).toBe(textOf(numbered(0)));
  await committed(under, [
    [numbered(1), bytesOf("new")],
    [numbered(2), undefined],
    [numbered(1000), bytesOf("new")],
  ]);
  const rest: [string | undefined, string | undefined][] = [];
  for (let next = range.next(); next.done !== true; next = range.next()) rest.push([textOf(next.value[0]), textOf(next.value[1])]);
  expect(rest).toEqual(Array.from({ length: 299 }, (_, index) => [textOf(numbered(index + 1)), "old"]));
});

const likeAModel = storeCase("random batches read as a sorted map would", async (under) => {
  const key = fc.uint8Array({ minLength: 1, maxLength: 3, max: 7 });
  const change = fc.tuple(key, fc.option(fc.uint8Array({ maxLength: 8 }), { nil: undefined, freq: 3 }));
  const batches = fc.array(fc.uniqueArray(change, { maxLength: 12, selector: ([at]) => at.join() }), { maxLength: 6 });
  const question = fc.record({
    from: key,
    to: key,
    order: fc.constantFrom("ascending", "descending"),
    limit: fc.nat({ max: 9 }),
  }) as fc.Arbitrary<Range>;
  // One store for all runs: the model goes on from the run before, so shrinking is off.
  const model = new Map<string, readonly [Uint8Array, Uint8Array]>();
  const property = fc.asyncProperty(batches, fc.array(question, { maxLength: 6 }), async (changes, questions) => {
    for (const batch of changes) {
      await committed(
        under,
        [...batch].sort(([left], [right]) => compareBytes(left, right)),
      );
      for (const [at, value] of batch) {
        if (value === undefined) model.delete(at.join());
        else model.set(at.join(), [at, value]);
      }
    }
    const sorted = [...model.values()].sort(([left], [right]) => compareBytes(left, right));
    for (const asked of questions) expect(listed(under.store.keys.range(asked))).toEqual(listed(answer(sorted, asked)));
    for (const [at, value] of sorted) expect([...(under.store.keys.get(at) ?? [])]).toEqual([...value]);
  });
  await fc.assert(property, { numRuns: 25, endOnFailure: true });
});

function answer(
  sorted: readonly (readonly [Uint8Array, Uint8Array])[],
  { from, to, order, limit }: Range,
): (readonly [Uint8Array, Uint8Array])[] {
  const within = sorted.filter(([key]) => compareBytes(key, from) >= 0 && compareBytes(key, to) < 0);
  return (order === "descending" ? within.reverse() : within).slice(0, limit);
}

const reopened: StoreCase = {
  name: "what was flushed is there after reopening, and the store goes on from it",
  run: async (make) => {
    const first = await make();
    if (first.reopen === undefined) return first.close();
    await committed(first, batchOf({ a: "1", b: "2" }));
    await committed(first, batchOf({ a: undefined, c: "3" }));
    await committed(first, [[bytesOf("large"), new Uint8Array(MEBIBYTE).fill(7)]]);
    const second = await first.reopen();
    expect(keysIn(second.store, { from: LOWEST, to: BEYOND })).toEqual(["b", "c", "large"]);
    expect(second.store.keys.get(bytesOf("large"))?.every((byte) => byte === 7)).toBe(true);
    await committed(second, batchOf({ d: "4", large: undefined }));
    const third = (await second.reopen?.()) as StoreUnderTest;
    expect(keysIn(third.store, { from: LOWEST, to: BEYOND })).toEqual(["b", "c", "d"]);
    await third.close();
  },
};

export const storeCases: readonly StoreCase[] = [
  fresh,
  getAndPeek,
  getKeeps,
  removes,
  ranges,
  emptyRanges,
  byteOrder,
  emptyValues,
  longKeys,
  largeValues,
  notSynchronous,
  emptyBatch,
  onceInOrder,
  prefixes,
  wholeBatches,
  commitWithinDone,
  rangeOfTheMoment,
  likeAModel,
  reopened,
];
