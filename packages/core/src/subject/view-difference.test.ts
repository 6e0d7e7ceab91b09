import fc from "fast-check";
import { expect, test } from "vitest";
import { viewDifferenceItemsMax } from "../bytes/limits.js";
import { hasher, network, pathOf, Rig } from "../feed/rig/feed-rig.suite.js";
import { subjectId } from "../identity/ids.js";
import { text } from "../merge/element-codec.js";
import { lwwMap } from "../merge/lww-map.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import { encodeOperations } from "../merge/transaction.js";
import { keysThatDiffer } from "./view-difference.js";
import { ViewFold } from "./view-fold.js";
import { ViewStore } from "./view-store.js";

const subject = subjectId(hasher, network, pathOf("s"));
const type = lwwMap(text);

function foldOf(rig: Rig, number: number, eventsMax: number): ViewFold {
  const fold = new ViewFold({
    view: rig.view,
    hasher,
    subject,
    type: type as unknown as AnyMergeType,
    assurance: "classical",
    store: new ViewStore(rig.keys, hasher, number),
    kept: "some",
    wallMs: () => Number.MAX_SAFE_INTEGER,
  });
  fold.look();
  fold.fold(eventsMax);
  return fold;
}

function write(rig: Rig, entries: readonly (readonly [key: string, value: string])[]): void {
  const operations: unknown[] = [];
  const commands = type.commands((operation) => operations.push(operation));
  for (const [key, value] of entries) commands.set(key, value);
  const { kind, payload } = encodeOperations(type as unknown as AnyMergeType, operations);
  rig.append("s", { kind, codec: 0, payload });
}

/** Each page of it in the order of keys, no key twice. */
function differing(one: ViewFold, other: ViewFold): string[] {
  return [...keysThatDiffer(one, other)].flatMap((page) => page.toSorted());
}

test("the keys that one of two folds has otherwise, or alone, are told once each and in order, and no others", () => {
  const keyOf = (at: number) => `key ${String(at).padStart(6, "0")}`;
  // Keys are many enough that the pages of the two do not end at one key.
  const some = (minLength: number) => fc.uniqueArray(fc.nat({ max: 3 * viewDifferenceItemsMax }), { minLength, maxLength: 300 });
  const indexes = fc.oneof(some(1), some(100));
  const sizes = fc.nat({ max: 3 * viewDifferenceItemsMax }).map((size) => size + 1);
  fc.assert(
    fc.property(sizes, indexes, fc.boolean(), (size, changed, isTurned) => {
      const rig = new Rig();
      write(
        rig,
        Array.from({ length: size }, (_, at) => [keyOf(2 * at), "1"] as const),
      );
      write(
        rig,
        changed.map((at) => [keyOf(at), "2"] as const),
      );
      const [first, all] = [foldOf(rig, 0, 1), foldOf(rig, 1, 1_000)];
      expect([first.events, all.events]).toEqual([1, 2]);
      const expected = changed.map(keyOf).sort();
      expect(isTurned ? differing(all, first) : differing(first, all)).toEqual(expected);
      expect(differing(all, foldOf(rig, 2, 1_000))).toEqual([]);
    }),
    { numRuns: 12 },
  );
});

test("what is written down is compared a page at a time", () => {
  const rig = new Rig();
  write(
    rig,
    Array.from({ length: 2 * viewDifferenceItemsMax + 1 }, (_, at) => [`${at}`, "1"] as const),
  );
  const pages = [...keysThatDiffer(foldOf(rig, 0, 0), foldOf(rig, 1, 1_000))];
  expect(pages.map(({ length }) => length)).toEqual([viewDifferenceItemsMax, viewDifferenceItemsMax, 1]);
});
