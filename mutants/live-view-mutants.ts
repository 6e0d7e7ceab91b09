import type { Mutant } from "./mutant.js";

// Faults between a fold and the disk: part of the catalogue.

const simulated = ["packages/simulator/src/views/views-scenario.integration.test.ts"];
const cranked = ["packages/core/src/peer/live-subject.test.ts"];

export const liveViewMutants: readonly Mutant[] = [
  {
    name: "live-kept-in-halves",
    what: "how far a view is folded is on disk in one commit, and what it came to in the next: a crash between the two parts them",
    file: "packages/core/src/peer/live-view.ts",
    find: "const answer = await keep(batch);",
    replace: "await keep(batch.slice(0, batch.length >> 1)); const answer = await keep(batch.slice(batch.length >> 1));",
    tests: simulated,
  },
  {
    name: "live-items-without-cursor",
    what: "what was folded is on disk, and not how far: after a restart it is folded a second time",
    file: "packages/core/src/subject/view-fold.ts",
    find: "for (const lane of this.#moved) this.#parts.store.putCursor",
    replace: "for (const lane of [...this.#moved].slice(1)) this.#parts.store.putCursor",
    tests: simulated,
  },
  {
    name: "live-refused-and-forgotten",
    what: "what the disk had no room for, or failed to write, is taken for kept: only what changes later comes there",
    file: "packages/core/src/peer/live-view.ts",
    find: 'if (answer === "again") {',
    replace: 'if (answer === "again" && layer < 0) {',
    tests: simulated,
  },
  {
    name: "live-own-write-dropped",
    what: "an own write counts no more from the moment it is acknowledged until it is folded",
    file: "packages/core/src/peer/live-subject.ts",
    find: "void sent.then(undefined, dropped);",
    replace: "void sent.then(dropped, dropped);",
    tests: cranked,
  },
  {
    name: "live-dropped-early",
    what: "a view is removed though the one that takes its place is not on disk",
    file: "packages/core/src/peer/live-view.ts",
    find: "        this.#flushSoon();\n        return",
    replace: "        if (this.#old !== undefined) drop(this.#old);\n        this.#flushSoon();\n        return",
    tests: simulated,
  },
  {
    name: "live-folded-anew",
    what: "a view that is on disk is folded from the beginning each time it is opened",
    file: "packages/core/src/peer/live-view.ts",
    find: "    if (number === undefined) return this.#begin();",
    replace: "    if (number === undefined || this.#fold === undefined) return this.#begin();",
    tests: simulated,
  },
  {
    name: "live-log-behind",
    what: "what was asked under a key of a table is told while the table is open, and lost with a crash",
    file: "packages/core/src/subject/view-fold.ts",
    find: "    this.log?.settle();\n",
    replace: "",
    tests: simulated,
  },
  {
    name: "live-taken-back-for-one",
    what: "a write that failed is taken back where it was written, and stands for whoever else reads the subject",
    file: "packages/core/src/peer/live-subject.ts",
    find: "      live.shown.drop(write);\n      live.tell();",
    replace: "      live.shown.drop(write);\n      this.#latest.changed();",
    tests: simulated,
  },
  {
    name: "live-view-of-nothing",
    what: "who looks at a subject that nobody has written to leaves a view of it on disk, which an audit takes for damage",
    file: "packages/core/src/peer/live-view.ts",
    find: '    if (view.subject(subject) === undefined) return "kept";\n',
    replace: "",
    tests: cranked,
  },
  {
    name: "live-table-waits-for-room",
    what: "a table is not read as long as the disk is full",
    file: "packages/core/src/peer/table.ts",
    find: "await live.keep();",
    replace: "await live.flush();",
    tests: cranked,
  },
];
