import { toHex } from "../../bytes/hex.js";
import { Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { Writer } from "../../bytes/writer.js";
import { type AuthorKeys, authorOf, encodeAuthorKeys } from "../../identity/author-keys.js";
import { type Hasher, hashBytes, type Signer } from "../../identity/crypto.js";
import { type Epoch, feedId, laneId, networkId, subjectId } from "../../identity/ids.js";
import { bytesOfText } from "../../identity/subject-path.js";
import { signatureTags, type Tag } from "../../identity/tags.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import { idAt, mmrOver, sourceOf } from "../../proof/mmr-oracle.suite.js";
import { encodeMmrProof, type MmrProof, proveConsistency, proveInclusion } from "../../proof/mmr-proof.js";
import { splitMmr } from "../../proof/mmr-split.js";
import { BlockBuilder } from "../event/block.js";
import { type EventParts, encodeEpochOpened, systemKinds } from "../event/event.js";
import { eventIdOf, payloadHashOf } from "../event/event-id.js";
import { nothingHeld } from "../lane/held-lane.js";
import { encodePortableFork, type PortableFork, verifyFork } from "../lane/portable-fork.js";
import { SegmentBuilder, segmentId } from "../range/segment.js";
import { encodeSegmentIndex, segmentOffer } from "../range/segment-index.js";
import { type RangeOffer, verifyRange } from "../range/verified-range.js";
import { type Checkpoint, encodeCheckpoint, type LanePlace, laneOf } from "../seal/checkpoint.js";
import { encodePortableProof, type PortableProof, verifyProof } from "../seal/event-proof.js";
import { type ForkBranch, type ForkProof, forkProof } from "../seal/fork-proof.js";
import { type HybridCheckpoint, hybridFits, hybridVerifyJob } from "../seal/hybrid-seal.js";
import { nonce, pathOf, hasher as plainHasher, standInSigner } from "./feed-rig.suite.js";
import { falcon, quickTools } from "./ingress.suite.js";
import { plainEvent } from "./sample-events.suite.js";
import { computeStandIn, standInFalconKey } from "./stand-in-falcon.suite.js";
import { signedCheckpoint, splitEvent } from "./stated-proof.suite.js";

// The same words, said in one network or another, of one subject or another, by one author or another, in one epoch or another: as
// everything that is signed for. The bytes of the events are the same everywhere, so only the place tells them apart.

export interface Context {
  readonly networkName: string;
  readonly path: string;
  /** By the numbers of its keys; without a second one it is an author of suite 1. */
  readonly author: { readonly ed25519: number; readonly falcon?: number };
  readonly epoch: Epoch;
}

/** How it is made, if not as it should be. */
export interface Craft {
  readonly hasher?: Hasher;
  /** What stands before the statement that is signed, by each of the keys. */
  readonly tags?: { readonly ed25519: string; readonly falcon: string };
}

/** All that an author signs for in one place. */
export interface Stated {
  readonly range: RangeOffer;
  /** The range without its last events. */
  readonly beginning: RangeOffer;
  readonly proof: PortableProof;
  readonly fork: PortableFork;
  /** Of an author of two keys. */
  readonly hybrid: HybridCheckpoint | undefined;
  readonly networkName: string;
  /** Of the events, 32 bytes each. */
  readonly ids: Uint8Array;
}

const opened = encodeEpochOpened({ epoch: { index: 0, nonce: nonce(2) }, size: 4, headId: new Uint8Array(hashBytes).fill(9) });
const words: readonly EventParts[] = [
  { ...plainEvent(0), kind: systemKinds.epochOpened, payload: opened },
  plainEvent(1),
  plainEvent(2),
  plainEvent(3),
];
const otherWords = [...words.slice(0, 2), plainEvent(4), plainEvent(5)];

function keysOf({ ed25519, falcon }: Context["author"]): AuthorKeys {
  const { publicKey } = standInSigner(ed25519);
  return falcon === undefined ? { suite: 1, ed25519: publicKey } : { suite: 2, ed25519: publicKey, falcon: standInFalconKey(falcon) };
}

/** Signs with the second key, as fast as the first does. */
function falconSigner(number: number): Signer {
  const publicKey = standInFalconKey(number);
  const sign = (message: Uint8Array) => {
    const result = computeStandIn(publicKey, { kind: "falcon sign", message });
    return result.kind === "signed" ? result.signature : new Uint8Array(0);
  };
  return { publicKey, sign };
}

const tagged = (tag: string) => (honest: Uint8Array) =>
  new Uint8Array([...new TextEncoder().encode(tag), ...honest.subarray(signatureTags.seal.length)]);

export function stated({ networkName, path: text, author, epoch }: Context, craft: Craft = {}): Stated {
  const { hasher = plainHasher, tags = { ed25519: signatureTags.seal, falcon: signatureTags.hybridSeal } } = craft;
  const [path, keys] = [pathOf(text), keysOf(author)];
  const id = authorOf(hasher, keys);
  const place = { author: id, subject: subjectId(hasher, networkId(hasher, networkName), path), epoch };
  const first = { signer: standInSigner(author.ed25519), hasher, message: tagged(tags.ed25519) };
  const history = historyOf(hasher, place, words);
  const checkpoint = signedCheckpoint(first, history.head);
  const second = author.falcon === undefined ? undefined : { ...first, signer: falconSigner(author.falcon), message: tagged(tags.falcon) };
  const hybrid = second && signedCheckpoint(second, history.head);
  const whole = { path, keys, checkpoint, blocks: [blockOf(words)], proof: [] };
  const beginning = { ...whole, blocks: [blockOf(words.slice(0, 2))], proof: sure(proveConsistency(hasher, history.source, 2, 4)) };
  const inclusion = sure(proveInclusion(hasher, history.source, 4, 1));
  const { head, payload } = splitEvent(words[1]);
  const proof: PortableProof = {
    networkName,
    path,
    keys,
    seq: 2,
    previous: idAt(history.ids, 0),
    head,
    payload: { kind: "whole", bytes: payload },
    inclusion,
    checkpoint,
    ...(hybrid && { hybrid: { inclusion, sealed: hybrid } }),
  };
  const other = historyOf(hasher, place, otherWords);
  const branches = [branchOf(hasher, history, checkpoint), branchOf(hasher, other, signedCheckpoint(first, other.head))] as const;
  const [{ before }] = branches;
  const fork = { networkName, path, keys, proof: forkProof(place, 3, { before, branches: [branches[0].branch, branches[1].branch] }) };
  return { range: whole, beginning, proof, fork, hybrid, networkName, ids: history.ids };
}

function sure(proof: MmrProof | undefined): MmrProof {
  if (proof === undefined) throw new Error("a proof expected");
  return proof;
}

function blockOf(events: readonly EventParts[]): Uint8Array {
  const builder = new BlockBuilder(1, new Uint8Array(hashBytes));
  for (const event of events) builder.add(event);
  return builder.finish();
}

type History = ReturnType<typeof historyOf>;

function historyOf(hasher: Hasher, place: LanePlace, events: readonly EventParts[]) {
  const lane = laneId(hasher, feedId(hasher, place.author, place.subject), place.epoch);
  const ids = new Uint8Array(events.length * hashBytes);
  for (const [index, parts] of events.entries()) {
    const { head, payload } = splitEvent(parts);
    const previous = index === 0 ? new Uint8Array(hashBytes) : idAt(ids, index - 1);
    ids.set(eventIdOf(hasher, { lane, previous, seq: index + 1, head, payloadHash: payloadHashOf(hasher, payload) }), index * hashBytes);
  }
  const size = events.length;
  const root = mmrRoot(hasher, mmrOver(hasher, ids));
  const head = { place, size, mmrRoot: root, headId: idAt(ids, size - 1), stamp: events[size - 1].stamp, sealed: 3 };
  return { ids, head, source: sourceOf(ids, new Map()) };
}

function branchOf(hasher: Hasher, { source, head }: History, { seal }: Checkpoint) {
  const split = splitMmr(hasher, source, { at: 2, size: 4 });
  if (split === undefined) throw new Error("four events expected");
  const branch: ForkBranch = { leaf: split.leaf, rest: split.rest, headId: head.headId, seal };
  return { before: split.before, branch };
}

// --- what may be passed for what ---

/** Something that is signed for: what it says, so that two can be told apart, and whether it is believed. */
export interface Claim {
  readonly text: string;
  holds(): boolean;
}

export interface Kind {
  readonly name: string;
  /** To somebody who holds the events of `held`, where that is needed. */
  claim(one: Stated, held?: Stated): Claim | undefined;
  /** What somebody makes of `mine` who has `theirs`: signature, seal, what the seal is over, and the place in turn are theirs. */
  mixed(mine: Stated, theirs: Stated): readonly (() => Claim)[];
}

function textOf(...parts: readonly Uint8Array[]): string {
  const writer = new Writer();
  for (const part of parts) writer.prefixed(part);
  return toHex(plainHasher.hash("sinter 1 segment", writer.finish()));
}

/** The parts of a checkpoint that could stand in another. */
function mixedCheckpoints(mine: Checkpoint, theirs: Checkpoint): Checkpoint[] {
  const { mmrRoot: root, headId, seal, place } = theirs;
  return [
    { ...mine, seal: { ...mine.seal, signature: seal.signature } },
    { ...mine, seal },
    { ...mine, mmrRoot: root, headId, seal },
    { ...mine, place },
    ...(["author", "subject", "epoch"] as const).map((name) => ({ ...mine, place: { ...mine.place, [name]: place[name] } })),
    theirs,
  ];
}

function rangeClaim(offer: RangeOffer, networkName: string): Claim {
  const parts = [encodeAuthorKeys(offer.keys), encodeCheckpoint(offer.checkpoint), encodeMmrProof(offer.proof), ...offer.blocks];
  const tools = { ...quickTools, network: networkId(plainHasher, networkName) };
  const holds = () => {
    const outcome = verifyRange(tools, nothingHeld, offer);
    return !(outcome instanceof Malformed) && outcome.kind === "verified";
  };
  return { text: textOf(bytesOfText(networkName), bytesOfText(offer.path), ...parts), holds };
}

function rangeKind(name: string, rangeOf: (one: Stated) => RangeOffer): Kind {
  return {
    name,
    claim: (one) => rangeClaim(rangeOf(one), one.networkName),
    mixed: (mine, theirs) => {
      const [here, there] = [rangeOf(mine), rangeOf(theirs)];
      const checkpoints = mixedCheckpoints(here.checkpoint, there.checkpoint).map((checkpoint) => ({ ...here, checkpoint }));
      const offers = [...checkpoints, { ...here, keys: there.keys }, { ...here, path: there.path }, { ...here, proof: there.proof }];
      return [...offers.map((offer) => () => rangeClaim(offer, mine.networkName)), () => rangeClaim(here, theirs.networkName)];
    },
  };
}

function proofClaim(proof: PortableProof): Claim {
  const bytes = encodePortableProof(proof);
  return { text: textOf(bytes), holds: () => !(verifyProof(bytes, quickTools) instanceof Malformed) };
}

const proofKind: Kind = {
  name: "event proof",
  claim: ({ proof }) => proofClaim(proof),
  mixed: ({ proof: mine }, { proof: theirs }) => {
    const parts = ["networkName", "path", "keys", "previous", "inclusion", "checkpoint"] as const;
    const checkpoints = mixedCheckpoints(mine.checkpoint, theirs.checkpoint).map((checkpoint) => ({ ...mine, checkpoint }));
    const others = parts.map((part) => ({ ...mine, [part]: theirs[part] }));
    const hybrids = mine.hybrid === undefined || theirs.hybrid === undefined ? [] : [{ ...mine, hybrid: theirs.hybrid }];
    return [...checkpoints, ...others, ...hybrids].map((proof) => () => proofClaim(proof));
  },
};

function forkClaim(fork: PortableFork): Claim {
  const bytes = encodePortableFork(fork);
  return { text: textOf(bytes), holds: () => !(verifyFork(bytes, quickTools) instanceof Malformed) };
}

const forkKind: Kind = {
  name: "fork proof",
  claim: ({ fork }) => forkClaim(fork),
  mixed: ({ fork: mine }, { fork: theirs }) => {
    const [first, second] = mine.proof.branches;
    const of = (change: Partial<ForkProof>) => ({ ...mine, proof: { ...mine.proof, ...change } });
    const proofs = theirs.proof.branches.flatMap((branch) => [
      of({ branches: [{ ...first, seal: { ...first.seal, signature: branch.seal.signature } }, second] }),
      of({ branches: [first, { ...second, seal: branch.seal }] }),
      of({ branches: [first, branch] }),
      of({ branches: [branch, second] }),
    ]);
    const { place, before, branches } = theirs.proof;
    const others = [of({ place }), of({ before }), of({ branches }), { ...mine, proof: theirs.proof }];
    const { networkName, path, keys } = theirs;
    return [...proofs, ...others, { ...mine, networkName }, { ...mine, path }, { ...mine, keys }].map((fork) => () => forkClaim(fork));
  },
};

/** The second seal says of its lane and events no more than their ids: whoever takes it in holds both. */
function hybridClaim(keys: AuthorKeys, seal: HybridCheckpoint, { ids, range }: Stated): Claim {
  const { place } = range.checkpoint;
  const holds = () => {
    const isOfLane = equalBytes(laneOf(plainHasher, place), laneOf(plainHasher, seal.place));
    const fits = isOfLane && hybridFits({ hasher: plainHasher, source: sourceOf(ids, new Map()), size: 4 }, seal) === "fits";
    if (!fits || keys.suite !== 2) return false;
    const job = hybridVerifyJob(plainHasher, keys, seal);
    return !(job instanceof Malformed) && falcon.verifyFalcon(job.publicKey, job.message, job.signature);
  };
  return { text: textOf(encodeAuthorKeys(keys), encodeCheckpoint(seal), laneOf(plainHasher, place)), holds };
}

const hybridKind: Kind = {
  name: "hybrid seal",
  claim: ({ range, hybrid, ...one }, held = { range, hybrid, ...one }) => hybrid && hybridClaim(range.keys, hybrid, held),
  mixed: (mine, theirs) => {
    const { hybrid } = mine;
    if (hybrid === undefined || theirs.hybrid === undefined) return [];
    const mixed = mixedCheckpoints(hybrid, theirs.hybrid);
    const claims = mixed.map((seal) => () => hybridClaim(mine.range.keys, seal, mine));
    return [...claims, () => hybridClaim(theirs.range.keys, hybrid, mine), () => hybridClaim(mine.range.keys, hybrid, theirs)];
  },
};

/** A file of all the range's blocks. */
function segmentOf({ checkpoint, blocks }: RangeOffer): Uint8Array {
  const builder = new SegmentBuilder(checkpoint.place);
  for (const block of blocks) builder.add(block);
  return builder.finish().bytes;
}

/** Of an index that names it for what it is. */
function segmentClaim({ path, keys, checkpoint, proof }: RangeOffer, bytes: Uint8Array, networkName: string): Claim {
  const lane = { keys, checkpoint, segments: [{ id: segmentId(plainHasher, bytes), lastSeq: 4, proof }] };
  const tools = { ...quickTools, network: networkId(plainHasher, networkName) };
  const holds = () => {
    const offer = segmentOffer(plainHasher, path, { lane, at: 0 }, bytes);
    const outcome = offer instanceof Malformed ? offer : verifyRange(tools, nothingHeld, offer);
    return !(outcome instanceof Malformed) && outcome.kind === "verified";
  };
  return { text: textOf(encodeSegmentIndex({ networkName, path, lanes: [lane] }), bytes), holds };
}

const segmentKind: Kind = {
  name: "segment",
  claim: ({ range, networkName }) => segmentClaim(range, segmentOf(range), networkName),
  mixed: (mine, theirs) => {
    const [here, there] = [mine.range, theirs.range];
    const checkpoints = mixedCheckpoints(here.checkpoint, there.checkpoint).map((checkpoint) => ({ ...here, checkpoint }));
    const offers = [...checkpoints, { ...here, keys: there.keys }, { ...here, path: there.path }];
    const claims = offers.map((offer) => () => segmentClaim(offer, segmentOf(here), mine.networkName));
    const bytes = segmentOf(there);
    return [...claims, () => segmentClaim(here, bytes, mine.networkName), () => segmentClaim(here, segmentOf(here), theirs.networkName)];
  },
};

export const kinds: readonly Kind[] = [
  rangeKind("range", ({ range }) => range),
  rangeKind("beginning of a range", ({ beginning }) => beginning),
  proofKind,
  forkKind,
  hybridKind,
  segmentKind,
];

/** One that takes `instead` where the format says `tag`. */
export function confused(tag: Tag, instead: Tag): Hasher {
  const of = (asked: Tag) => (asked === tag ? instead : asked);
  return {
    hash: (asked, bytes) => plainHasher.hash(of(asked), bytes),
    eventIds: () => {
      throw new Error("one id at a time");
    },
    parents: (asked, pairs, count, out) => plainHasher.parents(of(asked), pairs, count, out),
  };
}
