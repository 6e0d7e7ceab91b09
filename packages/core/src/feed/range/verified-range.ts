import { rangeBytesMax, rangeRedactionsMax, rangeSliceBytes } from "../../bytes/limits.js";
import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { compareStamps, type Stamp } from "../../clock/stamp.js";
import type { AuthorKeys } from "../../identity/author-keys.js";
import { type Hasher, hashBytes, spanWords } from "../../identity/crypto.js";
import { type LaneId, type NetworkId, subjectId } from "../../identity/ids.js";
import type { SubjectPath } from "../../identity/subject-path.js";
import { appendLeaves, hashAt, type Mmr, mmrRoot, type OnNodes } from "../../proof/mmr-append.js";
import { type MmrProof, verifyConsistency } from "../../proof/mmr-proof.js";
import type { HeadRecord } from "../../store/records.js";
import { type BlockView, blockCount, blockFirstSeq, blockHeaderBytes, checkBlock } from "../event/block.js";
import { blockIds } from "../event/block-ids.js";
import {
  decodeEpochOpened,
  eventFlags,
  eventHeaderBytes,
  flagsAt,
  kindAt,
  payloadAt,
  type Redaction,
  stampAt,
  systemKinds,
} from "../event/event.js";
import { originFault } from "../event/origin.js";
import { redactionAt } from "../lane/absence.js";
import { countedEnd } from "../lane/freeze.js";
import type { HeldLane } from "../lane/held-lane.js";
import { laidOut, type StoredBlock } from "../lane/range-blocks.js";
import { type Checkpoint, type LanePlace, type SealTools, VerifiedCheckpoint } from "../seal/checkpoint.js";
import { partingFromCover } from "./cover-parting.js";
import type { ToldBranch } from "./fork-parting.js";
import { shortened, sourceBehind } from "./shortened-range.js";

// The one way in for events that others wrote. A range of a lane, offered by anybody, is held against what is here of the
// lane and against a checkpoint that its author signed; only what comes of that, a VerifiedRange, is taken by the feed core.
// Nothing is believed of who sends it.
//
// What is not looked at: whether a causal delta fits its lane's dictionary, and whether an origin is true that may be. Both are what
// the author claims, signed, and whoever reads them reads them so.

export interface RangeOffer {
  readonly path: SubjectPath;
  readonly keys: AuthorKeys;
  readonly checkpoint: Checkpoint;
  /** As stored. Whoever offers them gives them away: they are kept, not copied. */
  readonly blocks: readonly Uint8Array[];
  /** Consistency of the range's end with the checkpoint; of no hashes where the range ends with it. */
  readonly proof: MmrProof;
}

export interface RangeTools extends SealTools {
  readonly network: NetworkId;
}

/** Anything else is Malformed: it says which link does not hold, and nobody but the sender need be blamed for that. */
export type RangeOutcome =
  | { readonly kind: "verified"; readonly range: VerifiedRange }
  /** All of it is here, the same. */
  | { readonly kind: "held" }
  /** The author signed the checkpoint, and what is offered under it is another history than ours from some event up to `seq`
   * on: a fork, or a sender's invention. Nothing of it is written. */
  | Differs
  /** Nothing of it is new but what lies behind a fork. */
  | { readonly kind: "frozen" };

export interface Differs extends ToldBranch {
  readonly kind: "differs";
  readonly seq: number;
}

/** It begins behind the end of what is held. Whoever offers it need not be wrong: what comes between may be lost, or on its way. */
export class Ahead extends Malformed {}

interface RangeParts {
  readonly place: LanePlace;
  readonly keys: AuthorKeys;
  readonly path: SubjectPath;
  readonly lane: LaneId;
  readonly held: HeldLane;
  /** Of the first event that is new. */
  readonly firstSeq: number;
  readonly ids: Uint8Array;
  readonly blocks: readonly StoredBlock[];
  readonly nodes: readonly StoredNodes[];
  readonly head: HeadRecord;
  readonly redactions: readonly RangeRedaction[];
  /** At the range's end. */
  readonly root: Uint8Array;
}

/** What an event of the range says that it redacts. */
export interface RangeRedaction {
  readonly seq: number;
  readonly redaction: Redaction;
}

export interface StoredNodes {
  readonly group: number;
  readonly bytes: Uint8Array;
}

/** Events that their author signed, as they will stand in the store. Only `verifyingRange` makes one: the class is not exported. */
class VerifiedRange {
  readonly #parts: RangeParts;

  constructor(parts: RangeParts) {
    this.#parts = parts;
  }

  get place(): LanePlace {
    return this.#parts.place;
  }

  /** Of its author. */
  get keys(): AuthorKeys {
    return this.#parts.keys;
  }

  get path(): SubjectPath {
    return this.#parts.path;
  }

  get lane(): LaneId {
    return this.#parts.lane;
  }

  /** What it was verified against: it may be written only where this is what is held. */
  get held(): HeldLane {
    return this.#parts.held;
  }

  /** Of the first event that is new. */
  get firstSeq(): number {
    return this.#parts.firstSeq;
  }

  /** 32 bytes an event, from `firstSeq` on. */
  get ids(): Uint8Array {
    return this.#parts.ids;
  }

  get blocks(): readonly StoredBlock[] {
    return this.#parts.blocks;
  }

  get nodes(): readonly StoredNodes[] {
    return this.#parts.nodes;
  }

  get head(): HeadRecord {
    return this.#parts.head;
  }

  /** Of its new events. */
  get redactions(): readonly RangeRedaction[] {
    return this.#parts.redactions;
  }

  /** What will be held once it is written: the next range can be verified before that. */
  after(): HeldLane {
    const { held, head, blocks, root } = this.#parts;
    const { size, headId, peaks, stamp, seal, cover } = head;
    const tail = blocks.at(-1)?.bytes ?? held.tail;
    const sealed = { size: seal.size, mmrRoot: cover?.mmrRoot ?? root, proof: cover?.proof ?? [] };
    return { ...held, size, headId, peaks, stamp, tail, sealed, earlier: undefined };
  }
}

export type { VerifiedRange };

/** The last seq offered, by what the blocks say of themselves; 0 where they say nothing. */
export function offeredEnd({ blocks }: RangeOffer): number {
  const last = blocks.at(-1);
  return last === undefined || last.length < blockHeaderBytes ? 0 : blockFirstSeq(last) + blockCount(last) - 1;
}

export function verifyRange(tools: RangeTools, held: HeldLane, offer: RangeOffer): Decoded<RangeOutcome> {
  const steps = verifyingRange(tools, held, offer);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same in steps, each of about a slice of bytes, so that others have a turn. */
export function* verifyingRange(
  tools: RangeTools,
  held: HeldLane,
  offer: RangeOffer,
): Generator<undefined, Decoded<RangeOutcome>, undefined> {
  const { hasher } = tools;
  const fault = offerFault(tools, offer);
  if (fault !== undefined) return new Malformed(fault);
  const checkpoint = VerifiedCheckpoint.verify(tools, offer.checkpoint, offer.keys);
  if (checkpoint instanceof Malformed) return new Malformed(`its checkpoint does not hold: ${checkpoint.reason}`);
  const walk = new RangeWalk(hasher, checkpoint, held, offer.blocks);
  let pauseAt = rangeSliceBytes;
  let bytes = 0;
  for (const block of offer.blocks) {
    const broken = walk.block(block);
    if (broken !== undefined) return walk.isAhead ? new Ahead(broken) : new Malformed(broken);
    bytes += block.length;
    if (bytes < pauseAt) continue;
    yield undefined;
    pauseAt = bytes + rangeSliceBytes;
  }
  return outcomeOf(tools, { walk, held, offer, checkpoint });
}

function offerFault({ hasher, network }: RangeTools, { path, checkpoint, blocks }: RangeOffer): string | undefined {
  if (!equalBytes(subjectId(hasher, network, path), checkpoint.place.subject))
    return `its checkpoint is of another subject or network than ${path}`;
  if (blocks.length === 0) return "a range of no blocks";
  let bytes = 0;
  for (const block of blocks) bytes += block.length;
  return bytes > rangeBytesMax ? `a range of ${bytes} bytes; ${rangeBytesMax} are allowed` : undefined;
}

/** The events of a range, one behind the other: layout, chain, stamps, and what an epoch begins with. */
class RangeWalk {
  readonly views: BlockView[] = [];
  readonly ids: Uint8Array;
  readonly redactions: RangeRedaction[] = [];
  count = 0;
  stamp: Stamp;
  isAhead = false;
  readonly #hasher: Hasher;
  readonly #checkpoint: VerifiedCheckpoint;
  readonly #held: HeldLane;

  constructor(hasher: Hasher, checkpoint: VerifiedCheckpoint, held: HeldLane, blocks: readonly Uint8Array[]) {
    this.#hasher = hasher;
    this.#checkpoint = checkpoint;
    this.#held = held;
    this.stamp = held.stamp;
    // No more than their bytes can hold, whatever they say.
    let most = 0;
    for (const bytes of blocks) most += Math.min(blockCount(bytes), Math.floor(bytes.length / eventHeaderBytes)) || 0;
    this.ids = new Uint8Array(most * hashBytes);
  }

  get firstSeq(): number {
    return this.views[0]?.firstSeq ?? 0;
  }

  get lastSeq(): number {
    return this.firstSeq + this.count - 1;
  }

  /** Id of the event before the first. */
  get previous(): Uint8Array {
    return (this.views[0] as BlockView).previous;
  }

  idOf(seq: number): Uint8Array {
    return hashAt(this.ids, seq - this.firstSeq);
  }

  stampOf(seq: number): Stamp {
    const { bytes, spans, firstSeq } = this.views.findLast((view) => view.firstSeq <= seq) as BlockView;
    return stampAt(bytes, spans[(seq - firstSeq) * spanWords] as number);
  }

  /** Takes the next block in, or says what is wrong with it. */
  block(bytes: Uint8Array): string | undefined {
    const view = checkBlock(bytes);
    if (view instanceof Malformed) return view.reason;
    const fault = this.views.length === 0 ? this.#firstFault(view) : this.#nextFault(view);
    if (fault !== undefined) return fault;
    const { firstSeq, count } = view;
    if (firstSeq + count - 1 > this.#checkpoint.size)
      return `event ${firstSeq + count - 1} lies beyond the ${this.#checkpoint.size} that its checkpoint covers`;
    const epoch = epochFault(view, this.#checkpoint.checkpoint.place);
    if (epoch !== undefined) return epoch;
    for (const redaction of redactionsIn(view)) this.redactions.push(redaction);
    blockIds(this.#hasher, this.#checkpoint.lane, view, { out: this.ids, at: this.count * hashBytes });
    this.views.push(view);
    this.count += count;
    this.stamp = stampAt(bytes, view.spans[(count - 1) * spanWords] as number);
    return undefined;
  }

  #firstFault(view: BlockView): string | undefined {
    const { size, headId } = this.#held;
    this.isAhead = view.firstSeq > size + 1;
    if (this.isAhead) return `a range from seq ${view.firstSeq}, where ${size} events are held`;
    // What goes on from another event may have been written before ours: it is another history, and no fault.
    return view.firstSeq === size + 1 && equalBytes(view.previous, headId) ? this.#stampFault(view) : undefined;
  }

  #nextFault(view: BlockView): string | undefined {
    if (view.firstSeq !== this.lastSeq + 1) return `a block from seq ${view.firstSeq} behind one that ends at ${this.lastSeq}`;
    if (!equalBytes(view.previous, this.idOf(this.lastSeq))) return `the block from seq ${view.firstSeq} does not follow the one before it`;
    return this.#stampFault(view);
  }

  #stampFault({ bytes, firstSeq, spans }: BlockView): string | undefined {
    return compareStamps(stampAt(bytes, spans[0] as number), this.stamp) > 0 ? undefined : `the stamp of event ${firstSeq} does not rise`;
  }
}

/** Every epoch but a feed's first begins by saying what it branched from, and nothing else says so. Whether the lane it names
 * is here as it says is not asked: where that lane forked, both branches may have been gone on from. */
function epochFault({ bytes, spans, count, firstSeq }: BlockView, { epoch }: LanePlace): string | undefined {
  for (let index = 0; index < count; index++) {
    const offset = spans[index * spanWords] as number;
    const isDue = epoch.index > 0 && firstSeq + index === 1;
    if ((kindAt(bytes, offset) === systemKinds.epochOpened) !== isDue)
      return isDue ? "an epoch that does not say what it branched from" : `event ${firstSeq + index} opens an epoch that is open`;
    const origin = (flagsAt(bytes, offset) & eventFlags.origin) === 0 ? undefined : originFault(bytes, offset, epoch);
    if (origin !== undefined) return `event ${firstSeq + index} claims ${origin}`;
    if (!isDue) continue;
    const opened = decodeEpochOpened(payloadAt(bytes, offset));
    if (opened instanceof Malformed) return opened.reason;
    if (opened.size < 1 || opened.epoch.index >= epoch.index) return "an epoch that branched from none before it";
  }
  return undefined;
}

function redactionsIn({ bytes, spans, count, firstSeq }: BlockView): RangeRedaction[] {
  const found: RangeRedaction[] = [];
  for (let index = 0; index < count; index++) {
    const offset = spans[index * spanWords] as number;
    if (kindAt(bytes, offset) !== systemKinds.redacted) continue;
    const redaction = redactionAt(bytes, offset);
    if (redaction !== undefined) found.push({ seq: firstSeq + index, redaction });
  }
  return found;
}

interface Walked {
  readonly walk: RangeWalk;
  readonly held: HeldLane;
  readonly offer: RangeOffer;
  readonly checkpoint: VerifiedCheckpoint;
}

function outcomeOf({ hasher }: RangeTools, walked: Walked): Decoded<RangeOutcome> {
  const { walk, held, offer, checkpoint } = walked;
  const { lastSeq } = walk;
  const seq = commonSeq(walked);
  if (seq !== undefined) return differs(walked, seq);
  const end = Math.min(lastSeq, countedEnd(held.freezeAt), redactedEnd(walk, held));
  if (end <= held.size) return { kind: end === lastSeq ? "held" : "frozen" };
  const ids = walk.ids.subarray((held.size + 1 - walk.firstSeq) * hashBytes, walk.count * hashBytes);
  const nodes: StoredNodes[] = [];
  const onNodes = end === lastSeq ? keptIn(nodes) : undefined;
  const all = appendLeaves(hasher, held, ids, lastSeq - held.size, onNodes);
  const fault = checkpointFault(walked, hasher, mmrRoot(hasher, all));
  if (fault !== undefined) return new Malformed(fault);
  const parting = uncoveredSeq(walked, hasher, ids);
  if (parting !== undefined) return differs(walked, parting);
  const long = { held, ids, size: checkpoint.size, proof: offer.proof };
  const kept = end === lastSeq ? { mmr: all, proof: offer.proof } : shortened(hasher, long, end, keptIn(nodes));
  const blocks = laidOut({ hasher, lane: checkpoint.lane }, held, { views: walk.views, idOf: (seq) => walk.idOf(seq), end });
  const head = headOf(walked, { ...kept, lastBlockSeq: blocks.at(-1)?.firstSeq ?? 1 });
  const { place } = checkpoint.checkpoint;
  const { path, keys } = offer;
  const redactions = walk.redactions.filter((event) => event.seq > held.size && event.seq <= end);
  const what = { held, redactions, firstSeq: held.size + 1, ids: ids.subarray(0, (end - held.size) * hashBytes), blocks, nodes, head };
  const root = mmrRoot(hasher, kept.mmr);
  return { kind: "verified", range: new VerifiedRange({ place, keys, path, lane: checkpoint.lane, root, ...what }) };
}

/** Each redaction may mean another block to be laid out anew: of a range that has many, the beginning is taken. */
function redactedEnd({ redactions }: RangeWalk, { size }: HeldLane): number {
  const news = redactions.filter(({ seq }) => seq > size);
  return news[rangeRedactionsMax - 1]?.seq ?? Number.POSITIVE_INFINITY;
}

function keptIn(nodes: StoredNodes[]): OnNodes {
  return (group, bytes) => nodes.push({ group, bytes });
}

/** The seq by which what is offered is another history than what is held. Of what both have, the chain makes one id enough:
 * that of the last event. Behind a fork that is proven, it says nothing. Where less is held than its seal is over, another seal of
 * that size keeps nobody out: it may be the only history that ever comes. */
function commonSeq({ walk, held, checkpoint }: Walked): number | undefined {
  const { sealed, size, freezeAt } = held;
  const { mmrRoot: root } = checkpoint.checkpoint;
  const isWhole = sealed?.size === size && size === checkpoint.size;
  if (freezeAt === 0 && isWhole && !equalBytes(sealed.mmrRoot, root)) return Math.min(size, walk.lastSeq);
  if (walk.firstSeq > countedEnd(freezeAt)) return undefined;
  if (walk.firstSeq === size + 1) return equalBytes(walk.previous, held.headId) ? undefined : size;
  const last = Math.min(walk.lastSeq, size, countedEnd(freezeAt));
  const here = last === size ? { seq: last, id: held.headId } : held.earlier;
  if (here?.seq !== last) throw new RangeError(`a range that ends at ${last} needs that event's id, not ${here?.seq}`);
  return equalBytes(walk.idOf(last), here.id) ? undefined : last;
}

/** The seq of an event that goes on from what is held, and is another than the seal here has it. */
function uncoveredSeq({ walk, held, offer, checkpoint }: Walked, hasher: Hasher, ids: Uint8Array): number | undefined {
  const { sealed, size, freezeAt } = held;
  if (sealed === undefined || (sealed.size === checkpoint.size && equalBytes(sealed.mmrRoot, checkpoint.checkpoint.mmrRoot)))
    return undefined;
  const theirs = { source: sourceBehind(hasher, size, ids), held: walk.lastSeq, size: checkpoint.size, proof: offer.proof };
  const seq = partingFromCover(hasher, { held: size, size: sealed.size, proof: sealed.proof }, theirs);
  return seq !== undefined && seq <= countedEnd(freezeAt) ? seq : undefined;
}

function differs({ walk, offer, checkpoint }: Walked, seq: number): Differs {
  const { keys, proof } = offer;
  const { firstSeq, previous, count } = walk;
  return { kind: "differs", seq, checkpoint, keys, firstSeq, previous, ids: walk.ids.subarray(0, count * hashBytes), proof };
}

function checkpointFault({ walk, offer, checkpoint }: Walked, hasher: Hasher, root: Uint8Array): string | undefined {
  const { mmrRoot: sealedRoot, headId: sealedHead, seal } = checkpoint.checkpoint;
  if (compareStamps(walk.stamp, seal.stamp) > 0) return "its last event is stamped later than the seal over it";
  const claim = { oldSize: walk.lastSeq, oldRoot: root, newSize: checkpoint.size, newRoot: sealedRoot, proof: offer.proof };
  if (walk.lastSeq < checkpoint.size)
    return verifyConsistency(hasher, claim)
      ? undefined
      : "its events are not those that its checkpoint begins with, or the way there is wrong";
  if (!equalBytes(root, sealedRoot)) return "its events are not those that its checkpoint covers";
  if (!equalBytes(walk.idOf(walk.lastSeq), sealedHead)) return "its checkpoint names another last event";
  return offer.proof.length === 0 ? undefined : "a proof where there is nothing to prove";
}

function headOf(
  { walk, held, checkpoint }: Walked,
  { mmr, proof, lastBlockSeq }: { readonly mmr: Mmr; readonly proof: MmrProof; readonly lastBlockSeq: number },
): HeadRecord {
  const { mmrRoot: root, headId: sealedHead, seal } = checkpoint.checkpoint;
  const { size, peaks } = mmr;
  const head = { size, headId: walk.idOf(size), stamp: walk.stampOf(size), freezeAt: held.freezeAt, lastBlockSeq, peaks, seal };
  return size === checkpoint.size ? head : { ...head, cover: { mmrRoot: root, headId: sealedHead, proof } };
}
