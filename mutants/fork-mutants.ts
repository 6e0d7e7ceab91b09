import type { Mutant } from "./mutant.js";

// Faults in what becomes of feeds whose author signed two histories.

export const forkMutants: readonly Mutant[] = [
  {
    name: "kept-fork-stays",
    what: "the proof that came first decides where a feed is frozen, so replicas that met others disagree for good",
    file: "packages/core/src/feed/write/freeze-lane.ts",
    find: 'if (kept !== undefined && compareForks(kept, fork.proof) <= 0) return "known";',
    replace: 'if (kept !== undefined) return "known";',
    tests: ["packages/core/src/feed/write/freeze-lane.test.ts"],
  },
  {
    name: "freeze-at-highest",
    what: "of two forks of a feed the later one decides: events count of which the author signed two",
    file: "packages/core/src/feed/lane/freeze.ts",
    find: "return one.forkedAt - other.forkedAt ||",
    replace: "return other.forkedAt - one.forkedAt ||",
    tests: ["packages/core/src/feed/write/freeze-lane.test.ts"],
  },
  {
    name: "withdrawn-still-read",
    what: "events behind a fork are handed to readers as if they counted",
    file: "packages/core/src/peer/read-events.ts",
    find: "const size = head === undefined ? 0 : countedSize(head);",
    replace: "const size = head === undefined ? 0 : countedSize({ ...head, freezeAt: 0 });",
    tests: ["packages/core/src/peer/peer.forks.test.ts"],
  },
  {
    name: "withdrawn-in-the-midst",
    what: "who is reading a feed when it is frozen is handed the rest of it all the same",
    file: "packages/core/src/peer/withdrawals.ts",
    find: "entry.epoch === epoch && seq > end)",
    replace: "entry.epoch === epoch && seq < 0)",
    tests: ["packages/core/src/peer/peer.forks.test.ts"],
  },
  {
    name: "frozen-row-of-its-branch",
    what: "the row of a frozen feed names the head of the branch that is held, so roots never meet again",
    file: "packages/core/src/feed/lane/freeze.ts",
    find: "  const size = countedSize(head);\n",
    replace: "  const size = head.size;\n",
    tests: ["packages/core/src/feed/write/freeze-lane.test.ts"],
  },
  {
    name: "taken-beyond-the-fork",
    what: "a range that reaches over a fork is taken whole, and events come in that nobody else counts",
    file: "packages/core/src/feed/range/verified-range.ts",
    find: "const end = Math.min(lastSeq, countedEnd(held.freezeAt),",
    replace: "const end = Math.min(lastSeq, countedEnd(0),",
    tests: ["packages/core/src/feed/write/freeze-lane.test.ts"],
  },
  {
    name: "fork-forgotten",
    what: "a feed is frozen and the proof not kept: who takes the feed in later knows of no fork",
    file: "packages/core/src/feed/write/feed-vocabulary.ts",
    find: "      keys.put(forkKey(write.fork.lane), encodeForkProof(write.fork.proof));\n",
    replace: "",
    tests: ["packages/core/src/feed/write/freeze-lane.test.ts"],
  },
  {
    name: "empty-lane-has-a-row",
    what: "a feed forked at its first event has a row where it is held and none where only the proof is: roots never meet",
    file: "packages/core/src/feed/write/frontier-core.ts",
    find: "row: counted.size === 0 ? undefined :",
    replace: "row: counted.size < 0 ? undefined :",
    tests: ["packages/core/src/feed/write/freeze-lane.test.ts"],
  },
];
