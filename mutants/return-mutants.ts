import type { Mutant } from "./mutant.js";

// Faults in what happens when a store comes back: copied, restored, put back, or found to have a twin.

export const returnMutants: readonly Mutant[] = [
  {
    name: "origin-ignored",
    what: "an event that was appended again stands where it lies, and not where it first stood",
    file: "packages/core/src/feed/lane/order.ts",
    find: "  if (origin === undefined) {",
    replace: "  if (origin === undefined || own.seq > 0) {",
    tests: ["packages/core/src/feed/lane/order.test.ts"],
  },
  {
    name: "origin-of-any-time",
    what: "an author puts an event before all that others have read, by an origin that no honest store writes",
    file: "packages/core/src/feed/event/origin.ts",
    find: "if (origin.epoch.index >= epoch.index)",
    replace: "if (origin.epoch.index > epoch.index)",
    tests: ["packages/core/src/feed/event/origin.test.ts"],
  },
  {
    name: "counted-twice",
    what: "an event that two stores of one author brought back is read twice",
    file: "packages/core/src/feed/lane/subject-reader.ts",
    find: "!isSameEvent(before, placed)",
    replace: "before !== placed",
    tests: ["packages/core/src/feed/write/returning.test.ts"],
  },
  {
    name: "suffix-dropped",
    what: "what a store had written before it found that others hold its feed otherwise is cut and never appended again",
    file: "packages/core/src/feed/write/returning.ts",
    find: "if (this.#isBack(origin.id)) return undefined;",
    replace: "if (origin.seq > 0) return undefined;",
    tests: ["packages/core/src/feed/write/returning.test.ts"],
  },
  {
    name: "back-where-it-counts-no-more",
    what: "an event whose second place was given up too is taken for being back",
    file: "packages/core/src/feed/write/returning.ts",
    find: "return mark === undefined || returned.seq < mark.from;",
    replace: "return mark === undefined || returned.seq > 0;",
    tests: ["packages/core/src/feed/write/returning.test.ts"],
  },
  {
    name: "brought-back-again",
    what: "a branch that comes a second time is appended again a second time, for ever",
    file: "packages/core/src/feed/write/returning.ts",
    find: "    if (returned === undefined) return false;",
    replace: "    if (returned === undefined || returned.seq > 0) return false;",
    tests: ["packages/core/src/feed/write/returning.test.ts"],
  },
  {
    name: "nonce-kept",
    what: "a store whose twin uses its nonce goes on under it, and forks again with every event",
    file: "packages/core/src/feed/write/feed-core.ts",
    find: "    if (equalBytes(place.epoch.nonce, this.#instance)) {",
    replace: "    if (around.turn < 0) {",
    tests: ["packages/core/src/feed/write/returning.test.ts"],
  },
  {
    name: "published-uncompared",
    what: "a store that was put back publishes its feed where another history of it is known",
    file: "packages/core/src/feed/write/compare-publish.ts",
    find: '  if (!equalBytes(mine.rootAt(size), checkpoint.mmrRoot)) return { kind: "search" };',
    replace: "",
    tests: ["packages/core/src/feed/write/compare-publish.test.ts"],
  },
  {
    name: "replaced-before-it-is-back",
    what: "what others hold comes in the place of events that are appended nowhere else",
    file: "packages/core/src/feed/write/take-own.ts",
    find: "if (!isReturned || !isSame)",
    replace: "if (!isSame)",
    tests: ["packages/core/src/feed/write/returning.test.ts"],
  },
];
