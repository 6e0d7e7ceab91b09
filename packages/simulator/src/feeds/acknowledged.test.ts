import { blockKey, MemoryKeys, metaKey, type ReadableKeys, tables, toHex } from "@sinter/core";
import { expect, test } from "vitest";
import { Acknowledged, Ids } from "./acknowledged.js";
import { Bench } from "./power-cuts.js";
import { hasher } from "./web-assembly.suite.js";

/** A store with acknowledged events in two lanes. */
function written(): Bench {
  const bench = new Bench(hasher, 1);
  bench.ask(bench.append("one/a", 3, 100), bench.append("one/b", 2, 18_000));
  bench.ask(bench.append("one/a", 1, 10));
  return bench;
}

type Change = (key: Uint8Array, value: Uint8Array) => Uint8Array | undefined;

/** The store's entries, changed or left out on the way. */
function changed(bench: Bench, change: Change): MemoryKeys {
  const keys = new MemoryKeys();
  for (const [key, value] of bench.peer.store.keys.range({ from: Uint8Array.of(0), to: Uint8Array.of(0xff) })) {
    const kept = change(key, value.slice());
    if (kept !== undefined) keys.put(key.slice(), kept);
  }
  return keys;
}

function problemsOf(bench: Bench, keys: ReadableKeys): string[] {
  return bench.station.acknowledged.problems(keys, hasher);
}

test("a store that shows what it acknowledged has no problems, nor has a copy of it", () => {
  const bench = written();
  expect(bench.station.acknowledged.count).toBe(6);
  expect(problemsOf(bench, bench.peer.store.keys)).toEqual([]);
  expect(bench.station.acknowledged.copy().problems(bench.peer.store.keys, hasher)).toEqual([]);
});

test("a block that is gone, or a lane, is found", () => {
  const bench = written();
  const without = changed(bench, (key, value) => (toHex(key) === toHex(blockKey(1, 2)) ? undefined : value));
  expect(problemsOf(bench, without).join()).toContain("1 of 2 acknowledged events are gone");
  const unnamed = changed(bench, (key, value) => (key[0] === tables.laneNumber ? undefined : value));
  expect(problemsOf(bench, unnamed).join()).toContain("no such lane");
});

test("another payload, and with it another event, is found", () => {
  const bench = written();
  const other = changed(bench, (key, value) => {
    if (toHex(key) === toHex(blockKey(0, 1))) value[value.length - 1] = (value.at(-1) as number) ^ 1;
    return value;
  });
  expect(problemsOf(bench, other).join()).toMatch(/seq 4: another event.*seq 4: another payload/);
});

test("one place is acknowledged once", () => {
  const bench = written();
  const { author } = bench.station.identity;
  const ids = new Ids();
  const place = { author, path: "one/a", epoch: 0, nonce: new Uint8Array(16) } as Parameters<Acknowledged["take"]>[0];
  const [one, other] = [new Acknowledged(ids), new Acknowledged(ids)];
  one.take(place, { seq: 1, id: "aa", payload: new Uint8Array(0) });
  expect(() => other.take(place, { seq: 1, id: "bb", payload: new Uint8Array(0) })).toThrow("acknowledged twice, with two ids");
});

test("stamps that do not rise in the order of acknowledgement are found", () => {
  const bench = written();
  const keys = bench.peer.store.keys;
  const backwards = new Acknowledged(new Ids());
  const nonce = bench.peer.booted.instance;
  const place = { author: bench.station.identity.author, path: "one/a", epoch: 0, nonce } as Parameters<Acknowledged["take"]>[0];
  backwards.take(place, { seq: 2, id: "", payload: new Uint8Array(0) });
  backwards.take(place, { seq: 1, id: "", payload: new Uint8Array(0) });
  expect(backwards.problems(keys, hasher).join()).toContain("one/a, author");
  expect(backwards.problems(keys, hasher).join()).toContain("its stamp is not greater");
});

test("an inspection finds what the audit finds", () => {
  const bench = written();
  bench.station.inspect(changed(bench, (key, value) => (toHex(key) === toHex(metaKey("clock")) ? undefined : value)));
  expect(bench.station.problems.join()).toContain("audit: clock");
});
