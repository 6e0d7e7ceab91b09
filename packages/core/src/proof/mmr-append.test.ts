import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { hashBytes } from "../identity/crypto.js";
import { appendLeaves, emptyMmr, type Mmr, mmrRoot } from "./mmr-append.js";
import { idAt, mmrOver, nodeOver, someIds } from "./mmr-oracle.suite.js";
import { fillPlaces, peakCount, peakPlaces, storedNodes, storedPlace } from "./mmr-positions.js";
import { rememberingHasher } from "./remembering-hasher.suite.js";

const hasher = rememberingHasher();

function text(mmr: Mmr): readonly string[] {
  return [String(mmr.size), ...mmr.peaks.map(toHex)];
}

test("a range grown one leaf at a time is the range of the definition, at every size to 200", () => {
  const ids = someIds(0, 200);
  let mmr = emptyMmr;
  for (let size = 0; size <= 200; size++) {
    const expected = mmrOver(hasher, ids.subarray(0, size * hashBytes));
    expect(text(mmr)).toEqual(text(expected));
    expect(toHex(mmrRoot(hasher, mmr))).toBe(toHex(mmrRoot(hasher, expected)));
    if (size < 200) mmr = appendLeaves(hasher, mmr, idAt(ids, size), 1);
  }
});

test("the root binds the size and the peaks", () => {
  const { peaks } = appendLeaves(hasher, emptyMmr, someIds(0, 3), 3);
  const bytes = new Uint8Array(8 + 64);
  bytes[7] = 3;
  bytes.set(peaks[0], 8);
  bytes.set(peaks[1], 40);
  expect(toHex(mmrRoot(hasher, { size: 3, peaks }))).toBe(toHex(hasher.hash("sinter 1 mmr root", bytes)));
  expect(toHex(mmrRoot(hasher, emptyMmr))).toBe(toHex(hasher.hash("sinter 1 mmr root", new Uint8Array(8))));
});

test("runs of any lengths come to the same range and the same records as one leaf at a time", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 6 }), (runs) => {
      const total = runs.reduce((sum, run) => sum + run, 0);
      const ids = someIds(7, total);
      const runRecords: string[] = [];
      const singleRecords: string[] = [];
      let byRuns = emptyMmr;
      let from = 0;
      for (const run of runs) {
        const before = ids.slice();
        byRuns = appendLeaves(hasher, byRuns, ids.subarray(from * hashBytes, (from + run) * hashBytes), run, (group, nodes) =>
          runRecords.push(`${group} ${toHex(nodes)}`),
        );
        expect(toHex(ids)).toBe(toHex(before));
        from += run;
      }
      let bySingles = emptyMmr;
      for (let at = 0; at < total; at++) {
        bySingles = appendLeaves(hasher, bySingles, idAt(ids, at), 1, (group, nodes) => singleRecords.push(`${group} ${toHex(nodes)}`));
      }
      expect(text(byRuns)).toEqual(text(bySingles));
      expect(runRecords).toEqual(singleRecords);
      expect(runRecords.length).toBe(Math.floor(total / 64));
    }),
    { numRuns: 40 },
  );
});

test("a group's record holds the nodes its last leaf completes, from height 6 up", () => {
  const ids = someIds(0, 1024);
  appendLeaves(hasher, emptyMmr, ids, 1024, (group, nodes) => {
    expect(nodes.length).toBe(storedNodes(group) * hashBytes);
    const end = (group + 1) * 64;
    for (let position = 0; position * hashBytes < nodes.length; position++) {
      const leaves = 64 * 2 ** position;
      expect(end % leaves).toBe(0);
      expect(toHex(idAt(nodes, position))).toBe(toHex(nodeOver(hasher, ids.subarray((end - leaves) * hashBytes, end * hashBytes))));
      expect(storedPlace(6 + position, end / leaves - 1)).toEqual({ group, position });
    }
    expect(end % (64 * 2 ** storedNodes(group))).not.toBe(0);
  });
});

test("the range handed in stays as it was", () => {
  const mmr = appendLeaves(hasher, emptyMmr, someIds(0, 77), 77);
  const before = text(mmr);
  appendLeaves(hasher, mmr, someIds(77, 500), 500);
  expect(text(mmr)).toEqual(before);
});

test("an append that breaks an invariant throws", () => {
  expect(() => appendLeaves(hasher, { size: 3, peaks: [] }, someIds(0, 1), 1)).toThrow(RangeError);
  expect(() => appendLeaves(hasher, emptyMmr, someIds(0, 1), 2)).toThrow(RangeError);
  expect(() => appendLeaves(hasher, emptyMmr, someIds(0, 1), -1)).toThrow(RangeError);
  expect(() => appendLeaves(hasher, { size: 2 ** 53 - 1, peaks: [] }, someIds(0, 1), 1)).toThrow(RangeError);
});

test("places are exact up to the largest size", () => {
  const largest = 2 ** 53 - 1;
  expect(peakCount(largest)).toBe(53);
  expect(peakPlaces(largest)[0]).toEqual({ height: 52, index: 0 });
  expect(peakPlaces(largest)[52]).toEqual({ height: 0, index: 2 ** 53 - 2 });
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (one, other) => {
      const [oldSize, newSize] = one < other ? [one, other] : [other, one];
      let at = 0;
      for (const { height, index } of [...peakPlaces(oldSize), ...fillPlaces(oldSize, newSize)]) {
        expect(index * 2 ** height).toBe(at);
        at += 2 ** height;
      }
      expect(at).toBe(newSize);
      expect(peakCount(oldSize)).toBe(peakPlaces(oldSize).length);
      expect(peakCount(oldSize) + fillPlaces(oldSize, newSize).length).toBeLessThanOrEqual(106);
    }),
  );
});

test("what was appended is covered by the fewest nodes", () => {
  for (let size = 0; size <= 130; size++) expect(fillPlaces(0, size)).toEqual(peakPlaces(size));
  expect(fillPlaces(5, 16)).toEqual([
    { height: 0, index: 5 },
    { height: 1, index: 3 },
    { height: 3, index: 1 },
  ]);
  expect(fillPlaces(8, 16)).toEqual([{ height: 3, index: 1 }]);
});
