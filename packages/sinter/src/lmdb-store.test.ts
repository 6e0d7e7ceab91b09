import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Batch, StoreFailure } from "@sinter/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { type StoreUnderTest, storeCases } from "../../core/src/protocol/store.suite.js";
import { type DataSnapshot, type LmdbDatabase, LmdbStore, type LmdbStoreOptions } from "./lmdb-store.js";

const until = async (condition: () => boolean): Promise<void> => void (await vi.waitUntil(condition, { timeout: 20_000, interval: 1 }));

function freshDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "sinter-store-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function underTest(dir: string, options: LmdbStoreOptions): StoreUnderTest {
  const store = new LmdbStore(join(dir, "store.mdb"), options);
  const close = () => store.close();
  const reopen = async () => {
    await store.close();
    return underTest(dir, options);
  };
  return { store, until, close, reopen };
}

const one = (key: number, value: string): Batch => [[Uint8Array.of(key), new TextEncoder().encode(value)]];
const opened = (options: LmdbStoreOptions = {}) => new LmdbStore(join(freshDir(), "store.mdb"), options);

for (const commits of ["adaptive", "asynchronous"] as const) {
  for (const { name, run } of storeCases) test(`${commits}: ${name}`, () => run(async () => underTest(freshDir(), { commits })));
}

/** LMDB whose transactions fail while `failing` says how. */
function failingDatabase(state: { failing: string | undefined; transactions: number }): NonNullable<LmdbStoreOptions["intercept"]> {
  return (database) => {
    const guard = () => {
      state.transactions += 1;
      return state.failing;
    };
    const stand: Partial<LmdbDatabase> = {
      transactionSync: ((action: () => unknown) => {
        const failing = guard();
        if (failing !== undefined) throw new Error(failing);
        return database.transactionSync(action);
      }) as LmdbDatabase["transactionSync"],
      batch: ((action: () => unknown) => {
        const failing = guard();
        if (failing === undefined) return database.batch(action);
        const error = new Error("Commit failed (see commitError for details)");
        return Promise.reject(Object.assign(error, { commitError: Promise.reject(new Error(failing)) }));
      }) as LmdbDatabase["batch"],
    };
    return new Proxy(database, { get: (target, name) => Reflect.get(stand, name) ?? Reflect.get(target, name).bind(target) });
  };
}

for (const commits of ["adaptive", "asynchronous"] as const) {
  test(`${commits}: a failed commit is told, once, and no later commit reaches the disk`, async () => {
    const state = { failing: undefined as string | undefined, transactions: 0 };
    const store = opened({ commits, intercept: failingDatabase(state) });
    const seen: [number, StoreFailure | undefined][] = [];
    store.commit(one(1, "kept"), (failure) => seen.push([1, failure]));
    await until(() => seen.length === 1);
    state.failing = "Input/output error";
    store.commit(one(2, "lost"), (failure) => seen.push([2, failure]));
    store.commit(one(3, "after"), (failure) => seen.push([3, failure]));
    await until(() => seen.length === 3);
    state.failing = undefined;
    store.commit(one(4, "later"), (failure) => seen.push([4, failure]));
    await until(() => seen.length === 4);
    expect(seen.map(([commit]) => commit)).toEqual([1, 2, 3, 4]);
    expect(seen.map(([, failure]) => failure?.outcome)).toEqual([undefined, "unknown", "not written", "not written"]);
    expect(seen[1]?.[1]?.reason).toBe("Input/output error");
    expect(seen[3]?.[1]?.reason).toBe("an earlier commit failed: Input/output error");
    expect(state.transactions).toBe(2);
    expect(store.keys.get(Uint8Array.of(1))).toBeDefined();
    expect(store.keys.get(Uint8Array.of(4))).toBeUndefined();
    await store.close();
  });
}

test("a full map is a failure by which nothing was written", async () => {
  const store = opened({
    commits: "asynchronous",
    intercept: failingDatabase({ failing: "MDB_MAP_FULL: limit reached", transactions: 0 }),
  });
  const seen: (StoreFailure | undefined)[] = [];
  store.commit(one(1, "a"), (failure) => seen.push(failure));
  await until(() => seen.length === 1);
  expect(seen[0]?.outcome).toBe("not written");
  await store.close();
});

test("close waits for what is under way, and refuses what comes after, in order", async () => {
  const dir = freshDir();
  const store = new LmdbStore(join(dir, "store.mdb"), { commits: "asynchronous" });
  const seen: [number, string | undefined][] = [];
  for (let key = 1; key <= 5; key++) store.commit(one(key, "x"), (failure) => seen.push([key, failure?.reason]));
  const closed = store.close();
  store.commit(one(6, "late"), (failure) => seen.push([6, failure?.reason]));
  expect(store.close()).toBe(closed);
  await closed;
  store.commit(one(7, "later"), (failure) => seen.push([7, failure?.reason]));
  await until(() => seen.length === 7);
  expect(seen.map(([key]) => key)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(seen.map(([, reason]) => reason).filter((reason) => reason !== undefined)).toEqual(["the store is closed", "the store is closed"]);
  expect(() => store.keys.get(Uint8Array.of(1))).toThrow();
  const again = new LmdbStore(join(dir, "store.mdb"));
  expect([...again.keys.range({ from: Uint8Array.of(0), to: Uint8Array.of(9) })].map(([key]) => key[0])).toEqual([1, 2, 3, 4, 5]);
  await again.close();
});

test("a key that LMDB would refuse is refused before anything of its batch is written", async () => {
  const store = opened();
  const bad: Batch = [...one(1, "a"), [new Uint8Array(2_000), Uint8Array.of(1)]];
  expect(() => store.commit(bad, () => {})).toThrow(RangeError);
  expect(() => store.commit([[new Uint8Array(0), Uint8Array.of(1)]], () => {})).toThrow(RangeError);
  expect(store.keys.get(Uint8Array.of(1))).toBeUndefined();
  await store.close();
});

test("what was read is a plain array of its own length", async () => {
  const store = opened();
  let done = "no";
  store.commit(one(1, "four"), () => {
    done = "yes";
  });
  await until(() => done === "yes");
  const [entry] = store.keys.range({ from: Uint8Array.of(0), to: Uint8Array.of(9) });
  for (const bytes of [store.keys.get(Uint8Array.of(1)), store.keys.peek(Uint8Array.of(1)), entry?.[1]]) {
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    expect(bytes?.byteLength).toBe(4);
  }
  await store.close();
});

test("small commits are written at once while that is quick, and elsewhere once it is not", async () => {
  let now = 0;
  let synchronous = 0;
  let stepMs = 0;
  const intercept: NonNullable<LmdbStoreOptions["intercept"]> = (database) =>
    new Proxy(database, {
      get: (target, name) => {
        if (name === "transactionSync") {
          synchronous += 1;
          now += stepMs;
        }
        return Reflect.get(target, name).bind(target);
      },
    });
  const store = opened({ nowMs: () => now, intercept });
  let done = 0;
  const commits = async (count: number) => {
    for (let index = 0; index < count; index++) {
      const next = done + 1;
      store.commit(one(1, "x"), () => done++);
      await until(() => done === next);
    }
  };
  await commits(10);
  expect(synchronous).toBe(10);
  stepMs = 1_000;
  await commits(3);
  expect(synchronous).toBe(13);
  await commits(10);
  expect(synchronous).toBe(13);
  stepMs = 0;
  await commits(60);
  expect(synchronous).toBeGreaterThan(13);
  store.commit([[Uint8Array.of(2), new Uint8Array(100_000)]], () => done++);
  const before = synchronous;
  await until(() => done === 84);
  expect(synchronous).toBe(before);
  await store.close();
});

/** What a snapshot holds, as another store finds it in a copy. */
async function contentsOf({ file, head, bytes }: DataSnapshot): Promise<string[]> {
  const copy = join(freshDir(), "store.mdb");
  copyFileSync(file, copy);
  truncateSync(copy, bytes);
  writeFileSync(copy, head, { flag: "r+" });
  const store = new LmdbStore(copy);
  const found = [...store.keys.range({ from: Uint8Array.of(0), to: Uint8Array.of(255) })].map(
    ([key, value]) => `${key}=${value[0]}/${value.length}`,
  );
  await store.close();
  return found;
}

for (const commits of ["adaptive", "asynchronous"] as const) {
  test(`${commits}: a snapshot stays as it was while everything in it is written over and over`, async () => {
    const store = opened({ commits });
    const write = (round: number) =>
      new Promise<void>((done, failed) => {
        const batch: Batch = Array.from({ length: 200 }, (_, key) => {
          const gone = round > 0 && (key + round) % 3 === 0;
          return [Uint8Array.of(key), gone ? undefined : new Uint8Array(500 + ((key * 37 + round * 101) % 9000)).fill(round)] as const;
        });
        store.commit(batch, (failure) => (failure === undefined ? done() : failed(new Error(failure.reason))));
      });
    await write(0);
    const before = [...store.keys.range({ from: Uint8Array.of(0), to: Uint8Array.of(255) })].map(
      ([key, value]) => `${key}=${value[0]}/${value.length}`,
    );
    const snapshot = await store.snapshot();
    for (let round = 1; round <= 30; round++) await write(round);
    expect(await contentsOf(snapshot)).toEqual(before);
    const { length } = readFileSync(snapshot.file);
    snapshot.release();
    // What it held is free again: the file grows no more.
    for (let round = 31; round <= 60; round++) await write(round);
    expect(readFileSync(snapshot.file).length).toBe(length);
    await store.close();
  });
}

test("a snapshot asked for while commits are under way holds what was given before it, and waits for no more", async () => {
  const store = opened({ commits: "asynchronous" });
  const order: string[] = [];
  store.commit(one(1, "before"), () => order.push("first"));
  store.commit(one(2, "waiting"), () => order.push("second"));
  const snapshot = await store.snapshot().then((taken) => {
    order.push("snapshot");
    return taken;
  });
  await until(() => order.length === 3);
  expect(order.indexOf("first")).toBeLessThan(order.indexOf("snapshot"));
  expect(await contentsOf(snapshot)).toEqual([`1=${"b".charCodeAt(0)}/6`]);
  snapshot.release();
  await store.close();
});

test("a store that failed, or is closed, is not copied", async () => {
  const state = { failing: "Input/output error" as string | undefined, transactions: 0 };
  const store = opened({ intercept: failingDatabase(state) });
  const told = new Promise<StoreFailure | undefined>((done) => store.commit(one(1, "lost"), done));
  await expect(store.snapshot()).rejects.toMatchObject({ code: "stopped", message: expect.stringContaining("Input/output error") });
  expect(await told).toBeDefined();
  await store.close();
  await expect(store.snapshot()).rejects.toMatchObject({ code: "stopped" });
});
