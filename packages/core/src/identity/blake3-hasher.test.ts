import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { extensionBytesMax } from "../bytes/limits.js";
import { createHasher } from "./blake3-hasher.js";
import { pieceBytes, pieceEvents, piecePairs } from "./blake3-layout.js";
import { blake3Module } from "./blake3-module.js";
import { type EventRun, hashBytes, spanWords } from "./crypto.js";
import { referenceHasher } from "./reference-hasher.suite.js";
import { tags } from "./tags.js";
import { instantiate } from "./web-assembly.suite.js";

const hasher = createHasher(instantiate);

/** Bytes that differ from place to place, and with the seed. */
function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0, state = seed | 1; at < length; at++) {
    state = Math.imul(state, 0x2545f491) + 0x9e3779b9;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

interface Shape {
  /** Bytes between the end of the event before and this one. */
  readonly gap: number;
  readonly head: number;
  readonly payload: number;
}

function runOf(shapes: readonly Shape[], seed: number, firstSeq: number): EventRun {
  const spans = new Uint32Array(shapes.length * spanWords);
  let at = 0;
  for (const [index, { gap, head, payload }] of shapes.entries()) {
    spans.set([at + gap, head, payload], index * spanWords);
    at += gap + head + payload;
  }
  return { lane: noise(32, seed + 1), previous: noise(32, seed + 2), firstSeq, bytes: noise(at, seed), spans, count: shapes.length };
}

function idsBy(by: { eventIds(run: EventRun, out: Uint8Array, outOffset: number): void }, run: EventRun): string {
  // A margin on both sides shows what is written where it should not be.
  const out = new Uint8Array((run.count + 2) * hashBytes).fill(0x55);
  by.eventIds(run, out, hashBytes);
  return toHex(out);
}

function expectIds(run: EventRun): void {
  expect(idsBy(hasher, run)).toBe(idsBy(referenceHasher, run));
}

const seeds = fc.integer({ min: 0, max: 0x7fffffff });
const seqs = fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 2 ** 53 - 300 }));
const shape = fc.record({
  gap: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(100) }),
  head: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 16, max: 60 }) }, { weight: 1, arbitrary: fc.integer({ min: 900, max: 940 }) }),
  payload: fc.oneof(
    { weight: 4, arbitrary: fc.constant(200) },
    { weight: 4, arbitrary: fc.nat(300) },
    { weight: 1, arbitrary: fc.integer({ min: 1000, max: 1050 }) },
    { weight: 1, arbitrary: fc.nat(3000) },
  ),
});

test("the vectors hold, for every tag", () => {
  const path = new URL("../../../../vectors/blake3.json", import.meta.url);
  const vectors = JSON.parse(readFileSync(path, "utf8")) as { lengths: number[]; hashes: Record<string, string[]> };
  expect(Object.keys(vectors.hashes)).toEqual([...tags]);
  for (const tag of tags) {
    const hashes = vectors.lengths.map((length) =>
      toHex(
        hasher.hash(
          tag,
          Uint8Array.from({ length }, (_, index) => index % 251),
        ),
      ),
    );
    expect(hashes).toEqual(vectors.hashes[tag]);
  }
});

test("a hash of any length and tag is BLAKE3's", () => {
  const inputs = fc.record({ tag: fc.constantFrom(...tags), length: fc.nat(5000), seed: seeds });
  fc.assert(
    fc.property(inputs, ({ tag, length, seed }) => {
      const bytes = noise(length, seed);
      expect(toHex(hasher.hash(tag, bytes))).toBe(toHex(referenceHasher.hash(tag, bytes)));
    }),
    { numRuns: 300 },
  );
});

test("long inputs, around every join of pieces", { timeout: 60_000 }, () => {
  const lengths = [-1, 0, 1, 1024, 1025, 3 * 1024, 3 * 1024 + 1].map((more) => pieceBytes + more);
  for (const length of [...lengths, 3 * pieceBytes, 1024 * 1024 + 7]) {
    const bytes = noise(length, length);
    expect(toHex(hasher.hash("sinter 1 payload", bytes)), `${length} bytes`).toBe(toHex(referenceHasher.hash("sinter 1 payload", bytes)));
  }
});

test("a hash handed out stays as it is", () => {
  const hash = hasher.hash("sinter 1 row", Uint8Array.of(1));
  const before = toHex(hash);
  hasher.hash("sinter 1 row", Uint8Array.of(2));
  expect(toHex(hash)).toBe(before);
});

test("ids of any run are those of the plain construction", { timeout: 60_000 }, () => {
  const runs = fc.tuple(fc.array(shape, { minLength: 1, maxLength: 200 }), seeds, seqs);
  fc.assert(
    fc.property(runs, ([shapes, seed, firstSeq]) => expectIds(runOf(shapes, seed, firstSeq))),
    { numRuns: 40 },
  );
});

test("groups of four with payloads of unlike lengths", () => {
  const lengths = fc.array(fc.constantFrom(0, 1, 63, 64, 65, 128, 200, 1000, 1023, 1024), { minLength: 4, maxLength: 8 });
  fc.assert(
    fc.property(lengths, seeds, (payloads, seed) =>
      expectIds(
        runOf(
          payloads.map((payload) => ({ gap: 0, head: 16, payload })),
          seed,
          1,
        ),
      ),
    ),
  );
});

test("every number of events up to 200", { timeout: 60_000 }, () => {
  const whole = runOf(new Array<Shape>(200).fill({ gap: 0, head: 16, payload: 200 }), 3, 1);
  const ids = idsBy(referenceHasher, whole);
  for (let count = 0; count <= 200; count++) {
    const mine = idsBy(hasher, { ...whole, count });
    expect(mine).toBe(ids.slice(0, (count + 1) * 64) + "55".repeat(hashBytes));
  }
});

test("large heads and payloads between small ones", { timeout: 60_000 }, () => {
  const small = { gap: 0, head: 16, payload: 200 };
  const largest = { gap: 0, head: 18 + extensionBytesMax, payload: 1 };
  const heads = [919, 920, 921, 1024].map((head) => ({ gap: 0, head, payload: 10 }));
  const payloads = [1024, 1025, 70_000].map((payload) => ({ gap: 3, head: 16, payload }));
  expectIds(runOf([small, largest, small, small, small, small, ...heads, small, ...payloads, small], 5, 2 ** 40));
});

test("runs longer than a piece, by bytes and by number", { timeout: 60_000 }, () => {
  expectIds(runOf(new Array<Shape>(150).fill({ gap: 0, head: 20, payload: 1000 }), 6, 1));
  expectIds(runOf(new Array<Shape>(pieceEvents + 3).fill({ gap: 0, head: 16, payload: 0 }), 7, 1));
});

test("spans may lie in any order", () => {
  const run = runOf(new Array<Shape>(12).fill({ gap: 1, head: 17, payload: 90 }), 8, 1);
  const spans = new Uint32Array(run.spans.length);
  for (let index = 0; index < 12; index++) {
    const from = ((index * 7) % 12) * spanWords;
    spans.set(run.spans.subarray(from, from + spanWords), index * spanWords);
  }
  expectIds({ ...run, spans });
});

test("a run that contradicts itself is a mistake of the caller", () => {
  const run = runOf([{ gap: 0, head: 16, payload: 10 }], 9, 1);
  const out = new Uint8Array(hashBytes);
  expect(() => hasher.eventIds({ ...run, bytes: run.bytes.subarray(1) }, out, 0)).toThrow("outside its bytes");
  expect(() => hasher.eventIds({ ...run, count: 2 }, new Uint8Array(64), 0)).toThrow("words of spans");
  expect(() => hasher.eventIds({ ...run, lane: out.subarray(1) }, out, 0)).toThrow("32 bytes");
  expect(() => hasher.eventIds(run, out, 1)).toThrow("no room");
  expect(() => hasher.parents("sinter 1 row", out, 1, out)).toThrow("no room");
  expect(() => hasher.hash("sinter 2 row" as "sinter 1 row", out)).toThrow("not one of our tags");
});

test("parents of any number of pairs, in place and beside", () => {
  for (const count of [...Array.from({ length: 38 }, (_, index) => index), piecePairs - 1, piecePairs + 5]) {
    const pairs = noise(count * 2 * hashBytes, count);
    const [expected, beside] = [new Uint8Array((count + 1) * hashBytes), new Uint8Array((count + 1) * hashBytes)];
    referenceHasher.parents("sinter 1 mmr parent", pairs, count, expected);
    hasher.parents("sinter 1 mmr parent", pairs, count, beside);
    expect(toHex(beside), `${count} pairs`).toBe(toHex(expected));
    const behind = toHex(pairs.subarray(count * hashBytes));
    hasher.parents("sinter 1 mmr parent", pairs, count, pairs);
    expect(toHex(pairs), `${count} pairs in place`).toBe(toHex(expected.subarray(0, count * hashBytes)) + behind);
  }
});

test("the module is the same every time", () => {
  expect(toHex(blake3Module())).toBe(toHex(blake3Module()));
});
