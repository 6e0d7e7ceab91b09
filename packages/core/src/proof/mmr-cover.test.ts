import { expect, test } from "vitest";
import { createHasher } from "../identity/blake3-hasher.js";
import { instantiate } from "../identity/web-assembly.suite.js";
import { appendLeaves, emptyMmr, mmrRoot } from "./mmr-append.js";
import { nodeCovered, proveCovered, proveCoveredInclusion, splitCovered } from "./mmr-cover.js";
import { someIds, sourceOf } from "./mmr-oracle.suite.js";
import { fillPlaces, type NodePlace } from "./mmr-positions.js";
import { proveConsistency, proveInclusion, verifyConsistency } from "./mmr-proof.js";
import { NodesOf } from "./mmr-source.js";
import { splitMmr } from "./mmr-split.js";

const hasher = createHasher(instantiate);
const SIZE = 150;
const ids = someIds(0, SIZE);

function rangeOf(size: number) {
  const records = new Map<number, Uint8Array>();
  const mmr = appendLeaves(hasher, emptyMmr, ids, size, (group, nodes) => records.set(group, nodes.slice()));
  return { root: mmrRoot(hasher, mmr), source: sourceOf(ids.subarray(0, size * 32), records) };
}

test("whoever has the beginning, and what shows that it is one, proves all that the whole would", () => {
  const whole = rangeOf(SIZE);
  for (let held = 1; held <= SIZE; held += 7) {
    const proof = proveConsistency(hasher, whole.source, held, SIZE);
    if (proof === undefined) throw new Error(`no proof of ${held}`);
    const { source } = rangeOf(held);
    for (let oldSize = 1; oldSize <= held; oldSize += 3) {
      const made = proveCovered(hasher, { source, held, size: SIZE, proof }, oldSize);
      expect(made).toEqual(proveConsistency(hasher, whole.source, oldSize, SIZE));
      const included = proveCoveredInclusion(hasher, { source, held, size: SIZE, proof }, oldSize - 1);
      expect(included).toEqual(proveInclusion(hasher, whole.source, SIZE, oldSize - 1));
    }
  }
});

test("of what is not kept it has the nodes that came with the proof and those that stand over such and over what is kept", () => {
  const whole = rangeOf(SIZE);
  const all = new NodesOf(hasher, whole.source, SIZE);
  for (const held of [1, 2, 63, 64, 101, 149]) {
    const proof = proveConsistency(hasher, whole.source, held, SIZE) ?? [];
    const range = { source: rangeOf(held).source, held, size: SIZE, proof };
    const known = new Set(fillPlaces(held, SIZE).map(({ height, index }) => `${height}/${index}`));
    const isKnown = ({ height, index }: NodePlace): boolean =>
      (index + 1) * 2 ** height <= held ||
      known.has(`${height}/${index}`) ||
      (index * 2 ** height < held && isKnown({ height: height - 1, index: 2 * index + 1 }));
    for (let height = 0; height < 8; height++)
      for (let index = 0; (index + 1) * 2 ** height <= SIZE; index++)
        expect(nodeCovered(hasher, range, { height, index }), `${held}: ${height}/${index}`).toEqual(
          isKnown({ height, index }) ? all.all([{ height, index }])?.[0] : undefined,
        );
    expect(nodeCovered(hasher, range, { height: 0, index: SIZE })).toBeUndefined();
    for (let at = 0; at < SIZE; at++) {
      const split = splitCovered(hasher, range, at);
      if (at < held || known.has(`0/${at}`)) expect(split).toEqual(splitMmr(hasher, whole.source, { at, size: SIZE }));
      else expect(split).toBeUndefined();
    }
  }
});

test("what does not go up to there cannot be shown", () => {
  const whole = rangeOf(SIZE);
  const proof = proveConsistency(hasher, whole.source, 100, SIZE) ?? [];
  const range = { source: rangeOf(100).source, held: 100, size: SIZE, proof };
  expect(proveCovered(hasher, range, 101)).toBeUndefined();
  expect(proveCoveredInclusion(hasher, range, 100)).toBeUndefined();
  expect(proveCovered(hasher, { ...range, held: 200 }, 100)).toBeUndefined();
  expect(proveCovered(hasher, { ...range, proof: [] }, 50)).toBeUndefined();
  const [oldRoot, newRoot] = [rangeOf(50).root, whole.root];
  const made = proveCovered(hasher, range, 50) ?? [];
  expect(verifyConsistency(hasher, { oldSize: 50, oldRoot, newSize: SIZE, newRoot, proof: made })).toBe(true);
});
