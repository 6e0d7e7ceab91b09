import type { Mutant } from "./mutant.js";

// What subjects need of feeds and of the store: lenses, what an author claims to have folded, views on disk.

export const viewMutants: readonly Mutant[] = [
  {
    name: "claims-all-that-is-held",
    what: "who writes by what a view shows claims to know events that it has not folded, and undoes what it never saw",
    file: "packages/core/src/feed/write/known-lanes.ts",
    find: "this.#tell(known, Math.min(observed.get(number) ?? 0, known.held));",
    replace: "this.#tell(known, observed.size >= 0 ? known.held : 0);",
    tests: ["packages/core/src/feed/write/known-lanes.test.ts"],
  },
  {
    name: "claims-what-counts-no-more",
    what: "an author goes on claiming events of a lane that was frozen before them",
    file: "packages/core/src/feed/write/known-lanes.ts",
    find: "    if (size < known.told) this.#tell(known, size);\n",
    replace: "",
    tests: ["packages/core/src/feed/write/known-lanes.test.ts"],
  },
  {
    name: "claims-never-lowered",
    what: "once an author has claimed all that is held, it goes on claiming it, whatever its view has folded",
    file: "packages/core/src/feed/event/causal-encoder.ts",
    find: "if (size < entry.given) this.#stale = true;",
    replace: "if (size < entry.given) entry.size = entry.given;",
    tests: ["packages/core/src/feed/write/known-lanes.test.ts"],
  },
  {
    name: "lens-anywhere",
    what: "any event of a lane may name the lens: to find it all of a subject is read, and it changes long after",
    file: "packages/core/src/feed/lane/lens.ts",
    find: "Math.min(lensEventsMax, head === undefined ? 0 : countedSize(head))",
    replace: "Math.max(lensEventsMax - lensEventsMax, head === undefined ? 0 : countedSize(head))",
    tests: ["packages/core/src/feed/lane/lens.test.ts"],
  },
  {
    name: "lens-named-again",
    what: "whoever comes to a subject names its lens once more",
    file: "packages/core/src/feed/write/open-lanes.ts",
    find: "if (lens === undefined || lensOf(view, hasher, subject) !== undefined) return undefined;",
    replace: "if (lens === undefined || (hasher === undefined && lensOf(view, hasher, subject) !== undefined)) return undefined;",
    tests: ["packages/core/src/feed/lane/lens.test.ts"],
  },
  {
    name: "lens-unread",
    what: "an event that names a lens is taken in, though nobody can read what it names",
    file: "packages/core/src/feed/event/event.ts",
    find: "return lens instanceof Malformed ? lens : size;",
    replace: "return lens instanceof Malformed && size < 0 ? lens : size;",
    tests: ["packages/core/src/feed/event/lens-payload.test.ts"],
  },
  {
    name: "item-believed",
    what: "an item of a view that lost a bit on the disk is as good as any other",
    file: "packages/core/src/store/view-records.ts",
    find: "equalBytes(itemSum(hasher, place, item), record.subarray(0, ITEM_SUM_BYTES))",
    replace: "itemSum(hasher, place, item).length === ITEM_SUM_BYTES",
    tests: ["packages/core/src/feed/audit/audit-views.test.ts"],
  },
  {
    name: "view-mended-in-part",
    what: "a damaged entry of a view is removed, and the rest of it goes on without what it said",
    file: "packages/core/src/feed/audit/repair-views.ts",
    find: "    if (number !== undefined) gone.add(number);\n",
    replace: "",
    tests: ["packages/core/src/feed/audit/audit-views.test.ts"],
  },
];
