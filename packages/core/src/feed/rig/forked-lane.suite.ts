import { type AuthorId, asId, authorOfKey, feedId, type LaneId, laneId, type SubjectId } from "../../identity/ids.js";
import { appendLeaves, emptyMmr, type Mmr, mmrRoot } from "../../proof/mmr-append.js";
import { idAt, someIds, sourceOf } from "../../proof/mmr-oracle.suite.js";
import type { NodeSource } from "../../proof/mmr-source.js";
import { sealTree } from "../../proof/seal-tree.js";
import type { Checkpoint, LanePlace } from "../seal/checkpoint.js";
import { sealLeaf, sealMessage } from "../seal/seal.js";
import { hasher, nonce, standInSigner, standInVerifier } from "./feed-rig.suite.js";

// Histories of one lane, by their ids alone, each signed by the author: honest ones that go on from each other, and those of an
// author that signs two.

export const sealTools = { hasher, verifier: standInVerifier };
export const signer = standInSigner(1);
export const place: LanePlace = {
  author: authorOfKey(signer.publicKey),
  subject: asId<SubjectId>(hasher.hash("sinter 1 subject", Uint8Array.of(1))),
  epoch: { index: 1, nonce: nonce(5) },
};

export interface History {
  readonly size: number;
  readonly mmr: Mmr;
  readonly source: NodeSource;
  readonly checkpoint: Checkpoint;
}

/** The first `common` ids are everybody's; those behind are of `branch`. */
export function history({ common, size, branch }: { readonly common: number; readonly size: number; readonly branch: number }): History {
  const ids = new Uint8Array(size * 32);
  ids.set(someIds(0, Math.min(common, size)));
  if (size > common) ids.set(someIds(branch * 1_000_000, size - common), common * 32);
  const records = new Map<number, Uint8Array>();
  const mmr = appendLeaves(hasher, emptyMmr, ids, size, (group, nodes) => records.set(group, nodes.slice()));
  return { size, mmr, source: sourceOf(ids, records), checkpoint: sealed(place, mmr, idAt(ids, size - 1).slice()) };
}

/** The lane's head among others' under one seal. */
export function sealed(at: LanePlace, mmr: Mmr, headId: Uint8Array, others = 2): Checkpoint {
  const lane = laneOf(at);
  const root = mmrRoot(hasher, mmr);
  const own = sealLeaf(hasher, { lane, size: mmr.size, mmrRoot: root, headId });
  const leaves = [own, ...Array.from({ length: others }, (_, index) => hasher.hash("sinter 1 head", Uint8Array.of(index)))];
  const tree = sealTree(hasher, leaves);
  const stamp = { wallMs: 1_795_000_000_000 + mmr.size, counter: 0 };
  const message = sealMessage({ author: at.author, stamp, leaves: leaves.length, root: tree.root });
  const seal = { size: mmr.size, stamp, leaves: leaves.length, index: 0, path: tree.path(0), signature: signer.sign(message) };
  return { place: at, mmrRoot: root, headId, seal };
}

export function laneOf({ author, subject, epoch }: LanePlace): LaneId {
  return laneId(hasher, feedId(hasher, author as AuthorId, subject), epoch);
}
