import type { Mutant } from "./mutant.js";

// Faults in the layouts of sync: two encodings of one message, counts that are believed, bounds that are none.

const tests = ["packages/core/src/sync/codec.test.ts"];

export const syncCodecMutants: readonly Mutant[] = [
  {
    name: "row-repeats",
    what: "a row may repeat what the one before it says, so that a list has several encodings",
    file: "packages/core/src/sync/row-codec.ts",
    find: "sameAs(row, before) !== same)",
    replace: "sameAs(row, before) < same)",
    tests,
  },
  {
    name: "key-shares-less",
    what: "a key may say that it has less in common with the one before than it has",
    file: "packages/core/src/sync/trie-codec.ts",
    find: "sharedBytes(key, before) !== shared",
    replace: "sharedBytes(key, before) < shared",
    tests,
  },
  {
    name: "cut-unclean",
    what: "half a byte behind the last digit of a cut key is not looked at",
    file: "packages/core/src/sync/trie-codec.ts",
    find: "!reader.failed && !isCutClean(digits, key)",
    replace: "reader.failed && !isCutClean(digits, key)",
    tests,
  },
  {
    name: "counts-too-wide",
    what: "counts of symbols may have more bits than they need",
    file: "packages/core/src/sync/symbol-codec.ts",
    find: "bitsOf(Math.max(...values)) !== width",
    replace: "bitsOf(Math.max(...values)) > width",
    tests,
  },
  {
    name: "counts-padded",
    what: "bits behind the last count of a group are not looked at",
    file: "packages/core/src/sync/symbol-codec.ts",
    find: "if (held !== 0) reader.fail(",
    replace: "if (held < 0) reader.fail(",
    tests,
  },
  {
    name: "list-beyond-bound",
    what: "a list is read on beyond the bound for it",
    file: "packages/core/src/sync/bounded.ts",
    find: "if (number > max) reader.fail(",
    replace: "if (number < 0) reader.fail(",
    tests,
  },
  {
    name: "chunk-hash-elsewhere",
    what: "the hash of a chunk is the same wherever in its stream it stands",
    file: "packages/core/src/sync/chunk-hash.ts",
    find: ".varint(stream).varint(seq)",
    replace: ".varint(stream).varint(0 * seq)",
    tests,
  },
  {
    name: "range-unbounded",
    what: "a range on the wire may be longer than what is verified at a time",
    file: "packages/core/src/sync/range-codec.ts",
    find: "blocksBytes > rangeBytesMax",
    replace: "blocksBytes > 2 * rangeBytesMax",
    tests: ["packages/core/src/sync/range-codec.test.ts"],
  },
  {
    name: "range-blocks-anyhow",
    what: "blocks of a range or segment need not follow one another",
    file: "packages/core/src/feed/range/segment.ts",
    find: "seq !== undefined && first !== seq",
    replace: "seq !== undefined && first < 0",
    tests: ["packages/core/src/sync/range-codec.test.ts"],
  },
];
