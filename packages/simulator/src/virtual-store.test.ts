import { equalBytes, type StoreFailure, toHex } from "@sinter/core";
import { expect, test } from "vitest";
import { type StoreUnderTest, storeCases } from "../../core/src/protocol/store.suite.js";
import { SeededRandom } from "./seeded-random.js";
import { Lifetime, Timeline } from "./timeline.js";
import { type DiskFault, VirtualDisk, type VirtualDiskOptions } from "./virtual-disk.js";
import { VirtualStore } from "./virtual-store.js";

interface Bench {
  readonly timeline: Timeline;
  readonly disk: VirtualDisk;
  readonly random: SeededRandom;
  life: Lifetime;
  store: VirtualStore;
}

function openOn(timeline: Timeline, disk: VirtualDisk, random: SeededRandom): Bench {
  const life = new Lifetime(timeline);
  return { timeline, disk, random, life, store: new VirtualStore({ disk, life, random: random.stream("store") }) };
}

const benchOf = (seed: number, options: VirtualDiskOptions = {}): Bench =>
  openOn(new Timeline(), new VirtualDisk(options), new SeededRandom(seed));

function reopen(bench: Bench): void {
  bench.life.end();
  Object.assign(bench, openOn(bench.timeline, bench.disk, bench.random));
}

const underTest = (bench: Bench): StoreUnderTest => ({
  store: bench.store,
  until: async (until) => expect(bench.timeline.run({ until, forMs: 600_000 })).toBe("condition"),
  reopen: async () => {
    bench.disk.crash({ random: bench.random, keep: "none" });
    reopen(bench);
    return underTest(bench);
  },
  close: async () => {},
});

for (const { name, run } of storeCases) {
  test(`virtual store: ${name}`, () => run(async () => underTest(benchOf(1))));
  test(`virtual store, slow disk: ${name}`, () => run(async () => underTest(benchOf(2, { timing: { writeMs: 20, syncMostMs: 50 } }))));
}

const keyOf = (index: number): Uint8Array => Uint8Array.of(1, index);
const filled = (index: number, length = 40): Uint8Array => new Uint8Array(length).fill(index);
const wordsOf = (failure: StoreFailure | undefined): string => (failure === undefined ? "flushed" : failure.outcome);

/** Commits one key each for the indexes; answers are gathered by index. */
function commitAll(bench: Bench, from: number, to: number, length = 40): string[] {
  const answers: string[] = [];
  for (let index = from; index < to; index++) {
    bench.store.commit([[keyOf(index), filled(index, length)]], (failure) => {
      answers[index - from] = wordsOf(failure);
    });
  }
  return answers;
}

const shown = (bench: Bench): number[] =>
  [...bench.store.keys.range({ from: Uint8Array.of(1), to: Uint8Array.of(2) })].map(([key]) => key[1]);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** One random life: commits of random sizes, cut off by a crash at a random moment. Answers what was flushed, and what came back. */
function crashOnce(seed: number): { flushed: number; begun: number; found: number } {
  const bench = benchOf(seed, { timing: { writeMs: 1, syncMostMs: 4 } });
  const random = bench.random.stream("workload");
  const values = Array.from({ length: 1 + random.below(30) }, (_, index) => filled(index, random.pick([0, 30, 400, 600, 3_000])));
  const answers: (StoreFailure | undefined)[] = [];
  for (const [index, value] of values.entries()) {
    const latest = [Uint8Array.of(0), Uint8Array.of(index)] as const;
    bench.store.commit([latest, [keyOf(index), value]], (failure) => answers.push(failure));
    if (random.chance(0.3) === "yes") bench.timeline.run({ forMs: random.between(0, 2) });
  }
  bench.timeline.run({ forMs: random.between(0, 6) });
  bench.disk.crash({ random: bench.random.stream("crash") });
  reopen(bench);
  const found = shown(bench);
  const whole = found.filter((index, at) => index === at && equalBytes(bench.store.keys.get(keyOf(index)) ?? values[0], values[index]));
  const failures = answers.filter((failure) => failure !== undefined);
  const latest = bench.store.keys.get(Uint8Array.of(0))?.[0];
  expect([found, failures, latest], `seed ${seed}`).toEqual([whole, [], whole.at(-1)]);
  return { flushed: answers.length, begun: values.length, found: found.length };
}

test("3000 random crashes: every flushed commit is there, and a prefix of the rest", () => {
  let beyond = 0;
  let lost = 0;
  for (let seed = 0; seed < 3_000; seed++) {
    const { flushed, begun, found } = crashOnce(seed);
    if (found < flushed || found > begun) expect.fail(`seed ${seed}: ${flushed} flushed of ${begun}, ${found} found`);
    if (found > flushed) beyond += 1;
    if (found < begun) lost += 1;
  }
  // Both happen often, or the crashes above prove nothing.
  expect(beyond).toBeGreaterThan(200);
  expect(lost).toBeGreaterThan(1_000);
});

test("crash after crash: what was found once stays, whatever lost history lies behind it", () => {
  for (let seed = 0; seed < 200; seed++) {
    const bench = benchOf(seed, { timing: { writeMs: 1, syncMostMs: 4 } });
    const random = bench.random.stream("workload");
    let kept: string[] = [];
    for (let boot = 0; boot < 6; boot++) {
      const written: string[] = [];
      let flushed = 0;
      for (let index = 0; index < 8; index++) {
        // Equal lengths at every boot: a record of a lost boot would fit behind a new one.
        const value = random.bytes(600);
        written.push(toHex(value));
        bench.store.commit([[keyOf(kept.length + index), value]], () => flushed++);
      }
      bench.timeline.run({ forMs: random.between(0, 8) });
      bench.disk.crash({ random: bench.random.stream(`crash ${boot}`) });
      reopen(bench);
      const found = shown(bench).map((index) => toHex(bench.store.keys.get(keyOf(index)) as Uint8Array));
      expect(found.join(), `seed ${seed}`).toBe([...kept, ...written].slice(0, found.length).join());
      if (found.length < kept.length + flushed) expect.fail(`seed ${seed}: ${kept.length + flushed} flushed, ${found.length} found`);
      kept = found;
    }
  }
});

test("a record left over from a lost history does not come back behind an equal one", () => {
  for (let seed = 0; seed < 100; seed++) {
    const bench = benchOf(seed);
    commitAll(bench, 0, 2, 1_000);
    bench.timeline.run({ until: () => shown(bench).length === 2 });
    bench.disk.crash({ random: bench.random });
    reopen(bench);
    const found = shown(bench).length;
    if (found === 0) commitAll(bench, 0, 1, 1_000);
    bench.timeline.run();
    bench.disk.crash({ random: bench.random, keep: "none" });
    reopen(bench);
    expect(shown(bench), `seed ${seed}`).toEqual(upTo(Math.max(1, found)));
  }
});

test("a full disk fails the commit and those behind it, and then the store goes on", () => {
  const bench = benchOf(1, { timing: { syncMostMs: 3 } });
  bench.disk.plant({ kind: "no space", atWrite: 4 });
  const answers = commitAll(bench, 0, 6, 600);
  bench.timeline.run();
  expect(answers).toEqual(["flushed", "not written", "not written", "not written", "not written", "not written"]);
  expect([shown(bench), bench.store.closed, bench.disk.fired.length]).toEqual([[0], undefined, 1]);
  const again = commitAll(bench, 1, 3, 200);
  bench.timeline.run();
  expect(again).toEqual(["flushed", "flushed"]);
  bench.disk.crash({ random: bench.random, keep: "none" });
  reopen(bench);
  expect(shown(bench)).toEqual([0, 1, 2]);
});

test("a disk of a certain size fills up, and room tells before", () => {
  const bench = benchOf(1, { capacityBytes: 8 * 512 });
  const store = new VirtualStore({ disk: bench.disk, life: bench.life, random: bench.random, reserveBytes: 1_024 });
  const before = store.roomBytes();
  const answers: string[] = [];
  store.commit([[keyOf(0), filled(0, 2_000)]], (failure) => answers.push(wordsOf(failure)));
  bench.timeline.run();
  expect([before, store.roomBytes() < before - 2_000]).toEqual([3_072, true]);
  store.commit([[keyOf(1), filled(1, 3_000)]], (failure) => answers.push(wordsOf(failure)));
  bench.timeline.run();
  expect(answers).toEqual(["flushed", "not written"]);
});

function failWith(fault: DiskFault): { bench: Bench; answers: string[] } {
  const bench = benchOf(4, { timing: { writeMs: 0, syncLeastMs: 1, syncMostMs: 1 } });
  bench.disk.plant(fault);
  const answers = commitAll(bench, 0, 3, 600);
  bench.timeline.run();
  expect(bench.disk.fired).toEqual([fault]);
  return { bench, answers };
}

test("a write error closes the store: commits fail until it is opened anew", () => {
  const { bench, answers } = failWith({ kind: "write error", atWrite: 3 });
  expect(answers).toEqual(["flushed", "unknown", "unknown"]);
  expect([shown(bench), bench.store.closed]).toEqual([[0], "the disk cannot write"]);
  const later = commitAll(bench, 1, 2);
  bench.timeline.run();
  expect(later).toEqual(["not written"]);
  reopen(bench);
  const after = commitAll(bench, 1, 2);
  bench.timeline.run();
  expect([after, shown(bench)]).toEqual([["flushed"], [0, 1]]);
});

test("a sync error closes the store; what it was for is not shown, and may be found after", () => {
  const { bench, answers } = failWith({ kind: "sync error", atSync: 1 });
  expect([answers, shown(bench), bench.store.closed]).toEqual([["unknown", "unknown", "unknown"], [], "the disk cannot sync"]);
  const lengths = new Set<number>();
  for (let seed = 0; seed < 60; seed++) {
    const other = failWith({ kind: "sync error", atSync: 1 }).bench;
    other.disk.crash({ random: new SeededRandom(seed) });
    reopen(other);
    expect(shown(other)).toEqual(upTo(shown(other).length));
    lengths.add(shown(other).length);
  }
  expect([...lengths]).toContain(0);
  expect(lengths.size).toBeGreaterThan(1);
});

test("a sync can be slow, and commits wait for it", () => {
  const bench = benchOf(5);
  bench.disk.plant({ kind: "slow sync", atSync: 1, extraMs: 5_000 });
  const answers = commitAll(bench, 0, 3);
  bench.timeline.run({ forMs: 4_000 });
  expect([answers, shown(bench)]).toEqual([[], [0, 1, 2]]);
  bench.timeline.run();
  expect(answers).toEqual(["flushed", "flushed", "flushed"]);
});

test("a power cut at any write leaves a prefix, and nobody is told anything after it", () => {
  for (let atWrite = 1; atWrite <= 8; atWrite++) {
    const bench = benchOf(6);
    bench.disk.plant({ kind: "power cut", atWrite });
    const answers = commitAll(bench, 0, 4, 600);
    bench.timeline.run();
    const flushed = answers.filter((answer) => answer === "flushed").length;
    expect(answers.length).toBe(flushed);
    bench.disk.crash({ random: bench.random });
    reopen(bench);
    expect(shown(bench)).toEqual(upTo(shown(bench).length));
    expect(shown(bench).length).toBeGreaterThanOrEqual(flushed);
    expect(shown(bench).length).toBeLessThan(4);
  }
});

test("a rotten bit reads wrong without an error, now and after reopening, until it is written anew", () => {
  const bench = benchOf(7);
  commitAll(bench, 0, 5);
  bench.timeline.run();
  const changed = (): number[] => shown(bench).filter((index) => bench.store.keys.get(keyOf(index))?.some((byte) => byte !== index));
  expect(changed()).toEqual([]);
  const key = bench.store.flipBit() as Uint8Array;
  expect(changed()).toEqual([key[1]]);
  const bits = [...(bench.store.keys.get(key) as Uint8Array)].map((byte) => (byte ^ key[1]).toString(2).replaceAll("0", "").length);
  expect(bits.reduce((sum, count) => sum + count)).toBe(1);
  bench.disk.crash({ random: bench.random });
  reopen(bench);
  expect([shown(bench), changed()]).toEqual([upTo(5), [key[1]]]);
  commitAll(bench, key[1], key[1] + 1);
  bench.timeline.run();
  reopen(bench);
  expect(changed()).toEqual([]);
});

test("a bit flips in the value that is named, and nowhere else or not at all", () => {
  const bench = benchOf(8);
  expect(bench.store.flipBit()).toBeUndefined();
  bench.store.commit(
    [
      [keyOf(1), filled(1)],
      [keyOf(2), new Uint8Array(0)],
      [keyOf(3), filled(3)],
    ],
    () => {},
  );
  bench.store.commit([[keyOf(3), undefined]], () => {});
  bench.timeline.run();
  expect([bench.store.flipBit(keyOf(2)), bench.store.flipBit(keyOf(3))]).toEqual([undefined, undefined]);
  expect(bench.store.flipBit(keyOf(1))).toEqual(keyOf(1));
});

test("bytes peeked at are overwritten by the next read", () => {
  const bench = benchOf(9);
  commitAll(bench, 1, 3);
  bench.timeline.run();
  const peeked = bench.store.keys.peek(keyOf(1)) as Uint8Array;
  expect(peeked).toEqual(filled(1));
  bench.store.keys.get(keyOf(2));
  expect(peeked).not.toEqual(filled(1));
  expect(bench.store.keys.get(keyOf(1))).toEqual(filled(1));
});
