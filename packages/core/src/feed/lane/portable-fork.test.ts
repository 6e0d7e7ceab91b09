import { verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { forkProofBytesMax, mmrHeightMax, sealHeadsMax } from "../../bytes/limits.js";
import { Malformed } from "../../bytes/malformed.js";
import type { Verifier } from "../../identity/crypto.js";
import { hasher, type Rig, standInVerifier } from "../rig/feed-rig.suite.js";
import { branches, branchesOf, proofBetween } from "../rig/forked-stores.suite.js";
import { decodeForkProof, encodeForkProof, type ForkBranch, type ForkProof, VerifiedFork } from "../seal/fork-proof.js";
import {
  decodePortableFork,
  encodePortableFork,
  forkText,
  isForkText,
  type PortableFork,
  parseForkText,
  verifyFork,
} from "./portable-fork.js";

interface Vectors {
  readonly author: string;
  readonly forks: readonly {
    readonly text: string;
    readonly proof: string;
    readonly shows: {
      readonly network: string;
      readonly subject: string;
      readonly epoch: { readonly index: number; readonly nonce: string };
      readonly forkedAt: number;
      readonly branches: readonly { readonly id: string; readonly size: number }[];
    };
  }[];
}

const vectors = JSON.parse(readFileSync(new URL("../../../../../vectors/fork.json", import.meta.url), "utf8")) as Vectors;
const SPKI = Buffer.from("302a300506032b6570032100", "hex");
const verifier: Verifier = {
  verify: (key, message, signature) => verify(null, message, { key: Buffer.concat([SPKI, key]), format: "der", type: "spki" }, signature),
};

test.each(vectors.forks.map((fork, index) => [index + 1, fork] as const))(
  "fork %i of fork.json shows what it should, and is written as it was read",
  (_index, { text, proof, shows }) => {
    const bytes = parseForkText(text) as Uint8Array;
    const proven = verifyFork(bytes, { hasher, verifier });
    if (proven instanceof Malformed) throw new Error(proven.reason);
    const { place, networkName, path, forkedAt } = proven;
    expect({
      network: networkName,
      subject: path,
      epoch: { index: place.epoch.index, nonce: toHex(place.epoch.nonce) },
      forkedAt,
      branches: proven.branches.map(({ id, size }) => ({ id: toHex(id), size })),
    }).toEqual(shows);
    expect(toHex(place.author)).toBe(vectors.author);
    expect(toHex(encodeForkProof(proven.fork.proof))).toBe(proof);
    expect(forkText(encodePortableFork(decodePortableFork(bytes) as PortableFork))).toBe(text);
  },
);

const [one, other] = branches(9, { from: 5, more: 4 }) as [Rig, Rig];
const told: PortableFork = {
  networkName: "rig",
  path: "s" as PortableFork["path"],
  keys: one.view.keysOf(one.author),
  proof: proofBetween(one, other, 6),
};
const tools = { hasher, verifier: standInVerifier };

test("every bit is vouched for, but for the bare name of a network whose subject is not told", () => {
  const whole = encodePortableFork(told);
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const flipped = whole.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    expect(verifyFork(flipped, tools), `bit ${bit}`).toBeInstanceOf(Malformed);
  }
  expect(verifyFork(encodePortableFork({ ...told, path: undefined }), tools)).toMatchObject({ path: undefined, forkedAt: 6 });
});

test("a proof of one author, network, subject or epoch is none of another's", () => {
  const [stranger, strangers] = branchesOf({ author: 7 }, 9, { from: 5, more: 4 }) as [Rig, Rig];
  const [early, later] = branchesOf({ instance: 3 }, 9, { from: 5, more: 4 }) as [Rig, Rig];
  const [theirs, sibling] = [proofBetween(stranger, strangers, 6), proofBetween(early, later, 6)];
  const mixed = (change: Partial<ForkProof>): PortableFork => ({ ...told, proof: { ...told.proof, ...change } });
  const swapped: [ForkBranch, ForkBranch] = [told.proof.branches[0], sibling.branches[1]];
  const claims: readonly PortableFork[] = [
    { ...told, networkName: "another" },
    { ...told, path: "t" as PortableFork["path"] },
    mixed({ place: theirs.place }),
    mixed({ place: sibling.place }),
    mixed({ place: { ...told.proof.place, subject: sibling.place.author as unknown as typeof sibling.place.subject } }),
    mixed({ branches: theirs.branches }),
    mixed({ branches: swapped }),
    mixed({ branches: [swapped[1], swapped[0]] }),
  ];
  for (const claim of claims) expect(verifyFork(encodePortableFork(claim), tools)).toBeInstanceOf(Malformed);
  expect(VerifiedFork.verify(tools, told.proof, stranger.view.keysOf(stranger.author))).toBeInstanceOf(Malformed);
  expect(verifyFork(encodePortableFork(told), tools)).toMatchObject({ forkedAt: 6, networkName: "rig", path: "s" });
});

test("as text it is told from a proof of an event, blanks and line ends let be", () => {
  const text = forkText(encodePortableFork(told));
  expect(isForkText(` ${text.slice(0, 5)}\n${text.slice(5)}`)).toBe(true);
  expect(parseForkText(` ${text.slice(0, 40)}\r\n ${text.slice(40)}\n`)).toEqual(encodePortableFork(told));
  expect(isForkText("sinter-proof:AQAE")).toBe(false);
  expect(parseForkText("sinter-proof:AQAE")).toBeInstanceOf(Malformed);
});

test("the largest proof there can be is within its bound", () => {
  const [size, forkedAt] = [2 ** mmrHeightMax - 1, 2 ** (mmrHeightMax - 1)];
  const hashes = (count: number) => Array.from({ length: count }, () => new Uint8Array(32));
  const path = hashes(Math.ceil(Math.log2(sealHeadsMax)));
  const [first, second] = told.proof.branches;
  const large = (branch: ForkBranch): ForkBranch => ({
    ...branch,
    rest: hashes(mmrHeightMax - 1),
    seal: { ...branch.seal, size, leaves: sealHeadsMax, path },
  });
  const bytes = encodeForkProof({ ...told.proof, forkedAt, before: hashes(mmrHeightMax - 1), branches: [large(first), large(second)] });
  expect(decodeForkProof(bytes)).not.toBeInstanceOf(Malformed);
  expect(bytes.length).toBeLessThanOrEqual(forkProofBytesMax);
});
