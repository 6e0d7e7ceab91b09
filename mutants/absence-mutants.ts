import type { Mutant } from "./mutant.js";

// Faults in redaction, absent payloads and what is wanted.

export const absenceMutants: readonly Mutant[] = [
  {
    name: "redaction-by-seq",
    what: "a redaction takes back whatever event stands at its seq, though it names another",
    file: "packages/core/src/feed/write/payload-changes.ts",
    find: "const isIt = equalBytes(idAt(sheet, index), id) &&",
    replace: "const isIt =",
    tests: ["packages/core/src/feed/lane/absence.test.ts"],
  },
  {
    name: "redaction-forgotten",
    what: "an event that comes behind its redaction is kept with what it said",
    file: "packages/core/src/feed/write/payload-orders.ts",
    find: "if (redactedBy(view, event) !== undefined) changes.drop",
    replace: "if (redactedBy(view, event) === undefined) changes.drop",
    tests: ["packages/core/src/feed/lane/absence.test.ts", "packages/core/src/feed/lane/absence.order.test.ts"],
  },
  {
    name: "redacted-written-again",
    what: "a lane that is open goes on from the block it remembers, and writes what was redacted once more",
    file: "packages/core/src/feed/write/feed-core.ts",
    find: "if (changed.some(({ lane, seq }) => lane === place.number && seq === lastBlockSeq)) this.#open.delete(path);",
    replace: "if (changed.some(({ lane, seq }) => lane === place.number && seq > lastBlockSeq)) this.#open.delete(path);",
    tests: ["packages/core/src/feed/lane/absence.test.ts"],
  },
  {
    name: "redacted-brought-back",
    what: "a range that was verified before a payload went is written over the block that lacks it",
    file: "packages/core/src/feed/write/take-range.ts",
    find: "return stored !== undefined && absentIn(stored).join() === absentIn(tail).join();",
    replace: "return stored !== undefined;",
    tests: ["packages/core/src/feed/lane/absence.test.ts"],
  },
  {
    name: "fill-unchecked",
    what: "any bytes of the right length are taken for what an event says",
    file: "packages/core/src/feed/write/payload-changes.ts",
    find: "payload.length === payloadLengthAt(event, 0) &&",
    replace: "payload.length === payloadLengthAt(event, 0) ||",
    tests: ["packages/core/src/feed/lane/absence.test.ts"],
  },
  {
    name: "blocks-by-what-is-here",
    what: "a replica that lacks payloads fills its blocks by what it has, and has others than everybody else",
    file: "packages/core/src/feed/event/block.ts",
    find: "for (const at of eventOffsets(bytes)) length += sizeAt(bytes, at);",
    replace: "length = bytes.length;",
    tests: ["packages/core/src/feed/event/block.absence.test.ts"],
  },
];
