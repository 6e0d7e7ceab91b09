import type { Mutant } from "./mutant.js";

// Faults in what goes out of a store as segments, and comes in.

export const segmentMutants: readonly Mutant[] = [
  {
    name: "segment-name-unchecked",
    what: "a segment counts for what it is called, whatever is in it",
    file: "packages/core/src/feed/range/segment-index.ts",
    find: "if (!equalBytes(segmentId(hasher, bytes), id))",
    replace: "if (bytes.length === 0)",
    tests: ["packages/core/src/feed/range/segment-index.test.ts"],
  },
  {
    name: "segment-of-any-lane",
    what: "a segment of one lane stands for one of another that the index names",
    file: "packages/core/src/feed/range/segment-index.ts",
    find: "if (!isSameLane(segment.place, checkpoint.place))",
    replace: "if (segment.firstSeq === 0)",
    tests: ["packages/core/src/feed/range/segment-index.hostile.test.ts"],
  },
  {
    name: "segments-cut-by-what-is-there",
    what: "where a lane is cut depends on which payloads a store lacks, so that stores have different segments",
    file: "packages/core/src/feed/range/segment.ts",
    find: "this.#authored += authoredLength(block);",
    replace: "this.#authored += block.length;",
    tests: ["packages/core/src/feed/range/lane-segments.test.ts"],
  },
  {
    name: "export-runs-ahead",
    what: "events that were appended while a lane was exported are in its last segment, and beyond its checkpoint",
    file: "packages/core/src/feed/range/lane-segments.ts",
    find: "blockUpTo(stored, end)",
    replace: "stored.slice()",
    tests: ["packages/core/src/feed/range/lane-segments.test.ts"],
  },
  {
    name: "own-feed-displaced-in-silence",
    what: "an import does not say that a store's own events gave way to others of its feed",
    file: "packages/core/src/peer/import.ts",
    find: "const held = displaced === undefined ? before : displaced.from - 1;",
    replace: "const held = before;",
    tests: ["packages/core/src/peer/archive.test.ts"],
  },
  {
    name: "archive-overwritten-by-less",
    what: "an export from a store that has lost events makes an archive lose them too",
    file: "packages/sinter/src/segment-files.ts",
    find: "if (is >= was) continue;",
    replace: "if (is <= was) continue;",
    tests: ["packages/sinter/src/segment-files.integration.test.ts"],
  },
  {
    name: "export-of-two-histories",
    what: "an archive has some of a feed as it was and some as others hold it, or all of what counts no more",
    file: "packages/core/src/peer/export.ts",
    find: "if (!heads.every((lane) => isAsItWas(view, hasher, lane))) throw replaced();",
    replace: "",
    tests: ["packages/core/src/peer/export.test.ts"],
  },
  {
    name: "redacted-left-in-the-archive",
    what: "segments that the last index did not name stay in the archive for ever, with what was redacted since",
    file: "packages/sinter/src/segment-files.ts",
    find: "|| named.has(entry.name)) continue;",
    replace: '|| named.has(entry.name) || typeof this.#before === "string" || !namesIn(this.#before).includes(entry.name)) continue;',
    tests: ["packages/sinter/src/segment-files.integration.test.ts"],
  },
  {
    name: "segment-kept-unread",
    what: "a segment that the disk has spoilt is kept for having the name, and the archive cannot be taken in",
    file: "packages/sinter/src/segment-files.ts",
    find: "if (!isMalformed(there) && equalBytes(there, bytes)) {",
    replace: "if (!isMalformed(there)) {",
    tests: ["packages/sinter/src/segment-files.integration.test.ts"],
  },
];
