import { expect, test } from "vitest";
import { encodePortableFork, type PortableFork } from "../feed/lane/portable-fork.js";
import { hasher, networkName, pathOf, type Rig } from "../feed/rig/feed-rig.suite.js";
import { branchesOf, proofBetween, replica } from "../feed/rig/forked-stores.suite.js";
import { bent, verifier } from "../feed/rig/ingress.suite.js";
import { accused, type ForkSource } from "./forks.js";
import { SinterError } from "./sinter-error.js";

// A fork proof is an accusation: every bit of it is vouched for, or nobody is accused.

const { view, author } = replica();
const source: ForkSource = { view, hasher, verifier, author, networkName };

const frozen = new Error("frozen");

/** Whether it would have a lane frozen. */
async function accuses(proof: Uint8Array): Promise<boolean> {
  try {
    await accused(source, proof, () => Promise.reject(frozen));
    throw new Error("it was accepted, and nobody was accused");
  } catch (error) {
    const isRefused = error instanceof SinterError && error.code === "usage";
    if (!isRefused && error !== frozen) throw error;
    return error === frozen;
  }
}

function forkOf(who: Parameters<typeof branchesOf>[0], size: number, from: number, more: number): Omit<PortableFork, "path"> {
  const [one, other] = branchesOf(who, size, { from, more }) as [Rig, Rig];
  return { networkName, keys: one.view.keysOf(one.author), proof: proofBetween(one, other, from + 1) };
}

const ofTwoKeys = { author: 4, instance: 4, signatures: "hybrid" } as const;

const atTheFirst = forkOf({}, 1, 0, 1);

test.each([
  ["at the first event", { ...atTheFirst, path: pathOf("s") }],
  ["of a subject that is not told", { ...atTheFirst, path: undefined }],
  ["of an author of two keys, behind some events", { ...forkOf(ofTwoKeys, 9, 5, 2), path: pathOf("s") }],
])("every bit of a fork proof is vouched for: of one %s", async (_name, fork) => {
  const proof = encodePortableFork(fork);
  expect(await accuses(proof)).toBe(true);
  let bit = 0;
  for (const changed of bent(proof)) {
    if (await accuses(changed)) throw new Error(`bit ${bit} of ${proof.length * 8}`);
    bit++;
  }
});
