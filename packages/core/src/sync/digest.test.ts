import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf, isSameDigest } from "./digest.js";
import { anyRows, everything, naiveDifference, some, spacePart, twoStores } from "./held-rows.suite.js";

test("digests are the same just where no row differs, second signatures too", () => {
  fc.assert(
    fc.property(anyRows, (rows) => {
      const [mine, theirs] = twoStores(rows);
      for (const scope of [everything, some(spacePart("a/b"), spacePart("d"))]) {
        const { theirs: there, ours } = naiveDifference(mine, theirs, ({ index, view }) => index.lanes(view, scope));
        const [one, other] = [digestOf(mine, scope), digestOf(theirs, scope)];
        expect(isSameDigest(one, other)).toBe(there.length + ours.length === 0);
        expect(one.rows - other.rows).toBe(mine.index.rowsIn(mine.view, scope) - theirs.index.rowsIn(theirs.view, scope));
      }
    }),
    { numRuns: 30 },
  );
});

test("each part of a digest alone makes it another", () => {
  const digest = { root: new Uint8Array(16), sum: new Uint8Array(8), rows: 3 };
  expect(isSameDigest(digest, { ...digest, root: new Uint8Array(16) })).toBe(true);
  for (const change of [{ root: new Uint8Array(16).fill(1) }, { sum: new Uint8Array(8).fill(1) }, { rows: 4 }])
    expect(isSameDigest(digest, { ...digest, ...change })).toBe(false);
});
