import fc from "fast-check";
import { expect, test } from "vitest";
import { Malformed } from "../../bytes/malformed.js";
import { classicalKeys } from "../../identity/author-keys.js";
import { splitMmr } from "../../proof/mmr-split.js";
import { countedSize, decidingFork } from "../lane/freeze.js";
import { type History, history, laneOf, place, sealed, sealTools } from "../rig/forked-lane.suite.js";
import { decodeForkProof, encodeForkProof, type ForkBranch, type ForkProof, forkProof, VerifiedFork } from "./fork-proof.js";

const { hasher } = sealTools;

/** As it would be for two histories, whether or not they part there. */
function claimed(one: History, other: History, at: number): ForkProof {
  const [left, right] = [one, other].map(({ source, size, checkpoint: { headId, seal } }) => {
    const split = splitMmr(hasher, source, { at, size });
    if (split === undefined) throw new Error(`no leaf ${at} of ${size}`);
    return { before: split.before, branch: { leaf: split.leaf, rest: split.rest, headId, seal } satisfies ForkBranch };
  });
  return forkProof(place, at + 1, { before: left?.before ?? [], branches: [left?.branch as ForkBranch, right?.branch as ForkBranch] });
}

function forked(
  common: number,
  left: number,
  right: number,
): { readonly one: History; readonly other: History; readonly proof: ForkProof } {
  const one = history({ common, size: common + left, branch: 1 });
  const other = history({ common, size: common + right, branch: 2 });
  return { one, other, proof: claimed(one, other, common) };
}

const verifyFork = (proof: ForkProof) => VerifiedFork.verify(sealTools, proof, classicalKeys(proof.place.author));

/** What the bytes show to somebody who has nothing else. */
function shown(bytes: Uint8Array): VerifiedFork | Malformed {
  const proof = decodeForkProof(bytes);
  return proof instanceof Malformed ? proof : verifyFork(proof);
}

const lengths = fc.integer({ min: 1, max: 90 });

test("property: two signed histories are a fork, proven from bytes, the same whichever was met first", () => {
  fc.assert(
    fc.property(fc.nat({ max: 200 }), lengths, lengths, (common, left, right) => {
      const { one, other, proof } = forked(common, left, right);
      const bytes = encodeForkProof(proof);
      expect(decodeForkProof(bytes)).toEqual(proof);
      expect(shown(bytes)).toMatchObject({ forkedAt: common + 1, lane: laneOf(place) });
      expect(encodeForkProof(claimed(other, one, common))).toEqual(bytes);
    }),
    { numRuns: 40 },
  );
});

test("no honest author is accused: histories that go on from each other differ nowhere", () => {
  for (const [short, long] of [
    [1, 1],
    [5, 9],
    [64, 65],
    [70, 200],
  ] as const) {
    const [one, other] = [short, long].map((size) => history({ common: 1_000, size, branch: 1 })) as [History, History];
    for (let at = 0; at < short; at++) {
      const proof = claimed(one, other, at);
      expect(verifyFork(proof)).toBeInstanceOf(Malformed);
      expect(shown(encodeForkProof(proof))).toBeInstanceOf(Malformed);
    }
  }
});

test("a fork is where it is: not before, where the histories are one, and not behind, where what came before differs", () => {
  const { one, other } = forked(20, 30, 40);
  for (let at = 0; at < 50; at++) {
    const result = verifyFork(claimed(one, other, at));
    if (at === 20) expect(result).toBeInstanceOf(VerifiedFork);
    else expect(result).toBeInstanceOf(Malformed);
  }
});

test("every bit of a proof is vouched for", () => {
  for (const { proof } of [forked(5, 1, 3), forked(0, 2, 1), forked(37, 20, 4)]) {
    const bytes = encodeForkProof(proof);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(shown(flipped), `bit ${bit}`).toBeInstanceOf(Malformed);
    }
  }
});

test("two stores of one author that both went on are no fork: their epochs have different nonces", () => {
  const { one, other, proof } = forked(5, 3, 4);
  const sibling = { ...place, epoch: { ...place.epoch, nonce: new Uint8Array(16).fill(9) } };
  const elsewhere = sealed(sibling, other.mmr, other.checkpoint.headId);
  const [left, right] = proof.branches;
  const mixed = (branch: ForkBranch) => (branch.seal.size === other.size ? { ...branch, seal: elsewhere.seal } : branch);
  for (const at of [place, sibling]) {
    const accused = { ...proof, place: at, branches: [mixed(left), mixed(right)] as const };
    expect(verifyFork(accused)).toBeInstanceOf(Malformed);
  }
  expect(one.size).not.toBe(other.size);
});

test("a proof fits two kilobytes up to 2^14 events whatever their sizes, and mostly up to 2^20", () => {
  const { proof } = forked(0, 1, 1);
  const hash = new Uint8Array(32);
  const bytesAt = (at: number, sizes: readonly [number, number]) => {
    const sized = (branch: ForkBranch, size: number): ForkBranch => {
      const rest = Array.from({ length: restOf(at, size) }, () => hash);
      return { ...branch, rest, seal: { ...branch.seal, size, path: [] } };
    };
    const branches = [sized(proof.branches[0], sizes[0]), sized(proof.branches[1], sizes[1])] as const;
    return encodeForkProof({ ...proof, forkedAt: at + 1, before: Array.from({ length: onesOf(at) }, () => hash), branches }).length;
  };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 14 }), fc.integer({ min: 1, max: 2 ** 14 }), fc.nat(), (one, other, place) => {
      expect(bytesAt(place % Math.min(one, other), [one, other])).toBeLessThanOrEqual(2048);
    }),
    { numRuns: 300 },
  );
  expect(bytesAt(2 ** 19, [2 ** 20, 2 ** 20 - 77_777])).toBeLessThanOrEqual(2048);
});

const onesOf = (value: number) => [...value.toString(2)].filter((digit) => digit === "1").length;

function restOf(at: number, size: number): number {
  let count = 0;
  for (let from = at + 1; from < size; count++) {
    let leaves = 1;
    while (from % (leaves * 2) === 0 && from + leaves * 2 <= size) leaves *= 2;
    from += leaves;
  }
  return count;
}

test("property: where a lane freezes follows from the set of proofs, not from the order in which they came", () => {
  const branches = [1, 2, 3, 4].map((branch, index) => history({ common: [10, 10, 6, 14][index] as number, size: 20 + index, branch }));
  const partings = [
    [0, 1, 10],
    [0, 2, 6],
    [1, 2, 6],
    [0, 3, 10],
  ] as const;
  const forks = partings.map(
    ([one, other, at]) => verifyFork(claimed(branches[one] as History, branches[other] as History, at)) as VerifiedFork,
  );
  for (const fork of forks) expect(fork).toBeInstanceOf(VerifiedFork);
  const deciding = forks.reduce(decidingFork);
  expect([deciding.forkedAt, countedSize({ size: 90, freezeAt: 7 }), countedSize({ size: 3, freezeAt: 7 })]).toEqual([7, 6, 3]);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 3 }), { maxLength: 8 }), fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (some, all) => {
      const met = [...some, ...all].map((index) => forks[index] as VerifiedFork);
      expect(met.reduce(decidingFork)).toBe(deciding);
    }),
    { numRuns: 40 },
  );
});

test("forks of two lanes do not bear on each other", () => {
  const fork = verifyFork(forked(3, 2, 2).proof) as VerifiedFork;
  const other = Object.create(fork, { lane: { value: new Uint8Array(32) } }) as VerifiedFork;
  expect(() => decidingFork(fork, other)).toThrow(RangeError);
});
