import type { Mutant } from "./mutant.js";

// Faults in the second signatures of hybrid authors.

const core = "packages/core/src/feed/write/hybrid-core.ts";
const coreTests = ["packages/core/src/feed/write/hybrid-core.test.ts"];

export const hybridMutants: readonly Mutant[] = [
  {
    name: "hybrid-verdict-ignored",
    what: "a Falcon-512 signature that is bad is taken as the author's",
    file: core,
    find: 'if (result.kind !== "verified" || result.verdict === "bad")',
    replace: 'if (result.kind !== "verified")',
    tests: coreTests,
  },
  {
    name: "hybrid-over-anything",
    what: "a hybrid seal is taken though it is over other events than those held",
    file: "packages/core/src/feed/seal/hybrid-seal.ts",
    find: "return equalBytes(last, headId) && equalBytes(mmrRoot(hasher, then), root)",
    replace: "return equalBytes(last, headId) || equalBytes(mmrRoot(hasher, then), root)",
    tests: ["packages/core/src/feed/write/hybrid-core.test.ts", "packages/core/src/feed/audit/repair.test.ts"],
  },
  {
    name: "hybrid-tag-dropped",
    what: "Falcon-512 signs the same statement as Ed25519, so that one kind of seal can be passed for the other",
    file: "packages/core/src/feed/seal/seal.ts",
    find: "const prefix = PREFIXES[purpose];",
    replace: 'const prefix = PREFIXES[purpose === "seal" ? purpose : "seal"];',
    tests: ["packages/core/src/feed/write/hybrid-core.test.ts"],
  },
  {
    name: "hybrid-mark-lost",
    what: "a lane that grew while its signature was made counts as sealed to its end",
    file: core,
    find: "if (standing.size === head.size) effects",
    replace: "if (standing.size > 0) effects",
    tests: coreTests,
  },
  {
    name: "hybrid-keys-unbound",
    what: "whoever shows other keys than an author's has its own signatures taken for that author's",
    file: "packages/core/src/feed/seal/seal.ts",
    find: "if (!equalBytes(authorOf(hasher, keys), author))",
    replace: "if (keys.ed25519.length !== author.length)",
    tests: coreTests,
  },
  {
    name: "hybrid-read-too-far",
    what: "a reader that asked for events sealed by both keys is given those sealed by one",
    file: "packages/core/src/feed/lane/lane-reach.ts",
    find: 'head === undefined || assurance === "classical" ? size',
    replace: "head === undefined || assurance.length > 0 ? size",
    tests: ["packages/core/src/peer/hybrid-seals.test.ts"],
  },
  {
    name: "hybrid-stamped-before",
    what: "a proof counts as hybrid by a signature that says it was made before the event",
    file: "packages/core/src/feed/seal/event-proof.ts",
    find: "if (compareStamps(stampAt(head, 0), seal.stamp) > 0) return",
    replace: "if (compareStamps(stampAt(head, 0), seal.stamp) > Number.MAX_VALUE) return",
    tests: ["packages/core/src/feed/seal/event-proof.hybrid.test.ts"],
  },
  {
    name: "hybrid-reach-goes-back",
    what: "a second signature that comes late is written over one that reaches further",
    file: "packages/core/src/feed/write/hybrid-core.ts",
    find: "if (standing.hybridSize >= head.size) return;",
    replace: "",
    tests: ["packages/core/src/feed/write/hybrid-core.test.ts"],
  },
  {
    name: "hybrid-reach-believed",
    what: "events are handed on as signed by both keys because a damaged record says so",
    file: "packages/core/src/feed/lane/lane-reach.ts",
    find: 'if (fits !== "fits") return fits;',
    replace: "",
    tests: ["packages/core/src/feed/lane/lane-reach.test.ts", "packages/core/src/feed/write/hybrid-core.test.ts"],
  },
  {
    name: "followers-miss-seals",
    what: "who follows with hybrid assurance is never told that both keys have signed",
    file: "packages/core/src/peer/hybrid-seals.ts",
    find: "for (const path of notice.paths) this.#parts.sealed(path);",
    replace: "",
    tests: ["packages/core/src/peer/hybrid-seals.test.ts"],
  },
];
