import { expect, test } from "vitest";
import { referenceHasher } from "../../core/src/identity/reference-hasher.suite.js";
import { createNodeHasher } from "./node-hasher.js";

test("the hasher on this engine agrees with the reference", () => {
  const hasher = createNodeHasher();
  for (const length of [0, 1, 64, 1_024, 1_025, 5_000]) {
    const bytes = Uint8Array.from({ length }, (_, at) => at % 251);
    expect(hasher.hash("sinter 1 payload", bytes)).toEqual(referenceHasher.hash("sinter 1 payload", bytes));
  }
  const pairs = Uint8Array.from({ length: 192 }, (_, at) => at);
  const [mine, theirs] = [new Uint8Array(96), new Uint8Array(96)];
  hasher.parents("sinter 1 mmr parent", pairs, 3, mine);
  referenceHasher.parents("sinter 1 mmr parent", pairs, 3, theirs);
  expect(mine).toEqual(theirs);
});
