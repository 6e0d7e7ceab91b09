import { toHex } from "../../bytes/hex.js";
import { Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { type AuthorKeys, decodeAuthorKeys, encodeAuthorKeys } from "../../identity/author-keys.js";
import type { FalconJob, FalconVerifier, Verifier } from "../../identity/crypto.js";
import { bytesOfText, decodeSubjectPath } from "../../identity/subject-path.js";
import { decodeMmrProof, encodeMmrProof } from "../../proof/mmr-proof.js";
import type { Effect } from "../../protocol/protocol.js";
import { type BlockView, checkBlock, eventIn, isAbsent } from "../event/block.js";
import { kindAt, payloadAt, systemKindMax } from "../event/event.js";
import { type HeldLane, nothingHeld } from "../lane/held-lane.js";
import { forkShown } from "../range/fork-parting.js";
import { comparingOwn } from "../range/own-range.js";
import { SegmentBuilder, segmentId } from "../range/segment.js";
import {
  decodeSegmentIndex,
  encodeSegmentIndex,
  type IndexedLane,
  type IndexedSegment,
  type SegmentIndex,
  segmentFileName,
  segmentOffer,
} from "../range/segment-index.js";
import { offeredEnd, type RangeOffer, type RangeTools, verifyRange } from "../range/verified-range.js";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, VerifiedCheckpoint } from "../seal/checkpoint.js";
import { type ProofTools, verifyProof } from "../seal/event-proof.js";
import { VerifiedFork } from "../seal/fork-proof.js";
import { decodeHybridCheckpoint, type HybridCheckpoint } from "../seal/hybrid-seal.js";
import type { HybridVocabulary } from "../write/hybrid-core.js";
import { hasher, network, networkName, type Rig } from "./feed-rig.suite.js";
import { jobIn } from "./hybrid-lane.suite.js";
import { heldFor } from "./offered-lane.suite.js";
import { computeStandIn } from "./stand-in-falcon.suite.js";
import { piecesOf, type VariedLane } from "./varied-lanes.suite.js";

// The ways in, each as far as it takes to see whether changed bytes would come in; and the changes. A way in answers what it would
// do, and nothing where it refuses.

/** What a bit less or more of something comes to: a value of its kind, or none. */
export type Bent<T> = T | Malformed;

/** Each bit in turn is another. */
export function* bent(bytes: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Uint8Array.from(bytes);
    changed[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    yield changed;
  }
}

/** How many there were. Throws where one was not refused. */
export function expectRefused<T>(what: string, all: Iterable<Bent<T>>, wayIn: (value: T) => string | undefined): number {
  let count = 0;
  for (const value of all) {
    const taken = value instanceof Malformed ? undefined : wayIn(value);
    if (taken !== undefined) throw new Error(`${what}, bit ${count}: ${taken}`);
    count++;
  }
  return count;
}

// --- signatures ---

/** Asks about a signature once, and then remembers the good one: of a key and a message a stand-in has no other. */
class Remembered {
  readonly #verify: (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
  #good: { readonly key: Uint8Array; readonly message: Uint8Array; readonly signature: Uint8Array } | undefined;

  constructor(verify: Remembered["verify"]) {
    this.#verify = verify;
  }

  verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    const good = this.#good;
    if (good !== undefined && equalBytes(good.key, key) && equalBytes(good.message, message)) return equalBytes(good.signature, signature);
    const isGood = this.#verify(key, message, signature);
    if (isGood) this.#good = { key: key.slice(), message: message.slice(), signature: signature.slice() };
    return isGood;
  }
}

/** The rig's stand-in, which a million signatures would keep busy for a minute. */
function quickly(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const signed = new Uint8Array(publicKey.length + message.length);
  signed.set(publicKey);
  signed.set(message, publicKey.length);
  const isBeginning = equalBytes(signature.subarray(0, 32), hasher.hash("sinter 1 author", signed));
  return isBeginning && equalBytes(signature.subarray(32), hasher.hash("sinter 1 network", signed));
}

const ed25519 = new Remembered(quickly);
const falcon512 = new Remembered((publicKey, message, signature) => {
  const result = computeStandIn(publicKey, { kind: "falcon verify", publicKey, message, signature });
  return result.kind === "verified" && result.verdict === "good";
});

export const verifier: Verifier = { verify: (key, message, signature) => ed25519.verify(key, message, signature) };
export const falcon: FalconVerifier = { verifyFalcon: (key, message, signature) => falcon512.verify(key, message, signature) };
export const quickTools: RangeTools & ProofTools = { hasher, verifier, falcon, network };

// --- ranges ---

export function* bentBlocks(offer: RangeOffer): Generator<RangeOffer> {
  for (const [index, block] of offer.blocks.entries())
    for (const changed of bent(block)) yield { ...offer, blocks: offer.blocks.with(index, changed) };
}

/** What comes with the blocks, as bytes and back. */
const words: { readonly [Word in "checkpoint" | "proof" | "keys" | "path"]: (offer: RangeOffer) => Generator<Bent<RangeOffer>> } = {
  checkpoint: (offer) => decoded(offer, encodeCheckpoint(offer.checkpoint), decodeCheckpoint, (checkpoint) => ({ checkpoint })),
  proof: (offer) => decoded(offer, encodeMmrProof(offer.proof), decodeMmrProof, (proof) => ({ proof })),
  keys: (offer) => decoded(offer, encodeAuthorKeys(offer.keys), decodeAuthorKeys, (keys) => ({ keys })),
  path: (offer) => decoded(offer, bytesOfText(offer.path), decodeSubjectPath, (path) => ({ path })),
};

function* decoded<T>(
  offer: RangeOffer,
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => Bent<T>,
  asPart: (value: T) => Partial<RangeOffer>,
): Generator<Bent<RangeOffer>> {
  for (const changed of bent(bytes)) {
    const value = decode(changed);
    yield value instanceof Malformed ? value : { ...offer, ...asPart(value) };
  }
}

export function* bentWords(offer: RangeOffer): Generator<Bent<RangeOffer>> {
  for (const word of ["checkpoint", "proof", "keys", "path"] as const) yield* words[word](offer);
}

/** Another author's events, as `Intake` takes them: the rig holds what lies before. A fork that is shown would freeze the lane. */
export function foreign(rig: Rig, honest: RangeOffer): (offer: RangeOffer) => string | undefined {
  const held = heldFor(rig, honest);
  return (offer) => {
    // An event before the last one held is asked for only where the range says that it ends there.
    const answer = verifyRange(quickTools, offeredEnd(offer) < held.size ? heldFor(rig, offer) : held, offer);
    if (answer instanceof Malformed) return undefined;
    if (answer.kind !== "differs") return answer.kind;
    const { subject, author, epoch } = offer.checkpoint.place;
    const lane = rig.view.laneNumber(subject, author, epoch);
    return lane !== undefined && forkShown(rig.view, quickTools, lane, answer) instanceof VerifiedFork ? "forked" : undefined;
  };
}

/** The same events come back to a store of their author. */
export function own(rig: Rig): (offer: RangeOffer) => string | undefined {
  return (offer) => {
    const steps = comparingOwn(rig.view, quickTools, offer);
    for (;;) {
      const step = steps.next();
      if (!step.done) continue;
      return step.value instanceof Malformed || step.value.kind === "elsewhere" ? undefined : step.value.kind;
    }
  };
}

// --- seals and proofs ---

export function* bentCheckpoints(checkpoint: Checkpoint): Generator<Bent<Checkpoint>> {
  for (const changed of bent(encodeCheckpoint(checkpoint))) yield decodeCheckpoint(changed);
}

/** With the keys that whoever shows it knows as its author's. */
export function sealed(keys: AuthorKeys): (checkpoint: Checkpoint) => string | undefined {
  return (checkpoint) => (VerifiedCheckpoint.verify(quickTools, checkpoint, keys) instanceof VerifiedCheckpoint ? "sealed" : undefined);
}

export function proven(bytes: Uint8Array): string | undefined {
  const shown = verifyProof(bytes, quickTools);
  return shown instanceof Malformed ? undefined : `proven, ${shown.assurance}`;
}

export function* bentHybrids(checkpoint: HybridCheckpoint): Generator<Bent<HybridCheckpoint>> {
  for (const changed of bent(encodeCheckpoint(checkpoint))) yield decodeHybridCheckpoint(changed);
}

/** The second signature over events that the rig holds, as its core takes it. What it would write is not committed. */
export function sealedByBoth(rig: Rig): (checkpoint: HybridCheckpoint) => string | undefined {
  return (checkpoint) => {
    const asked = rig.hybrid({ kind: "commanded", command: { kind: "take", token: 3, checkpoint } });
    asked.commit();
    const job = jobIn(asked.effects as readonly Effect<HybridVocabulary>[]);
    const answered =
      job === undefined
        ? asked
        : rig.hybrid({ kind: "computed", job, outcome: { kind: "done", result: { kind: "verified", verdict: verdictOn(job) } } });
    if (answered.writes.length > 0) return "written";
    answered.commit();
    const [notice] = answered.notices;
    if (notice?.kind !== "took") return notice?.kind ?? "nothing said";
    return notice.taking instanceof Malformed || notice.taking === "ahead" ? undefined : notice.taking;
  };
}

export function verdictOn(job: FalconJob): "good" | "bad" {
  if (job.kind !== "falcon verify") throw new Error("a signature to be checked was expected");
  return falcon.verifyFalcon(job.publicKey, job.message, job.signature) ? "good" : "bad";
}

// --- segments ---

export interface SmallArchive {
  readonly index: SegmentIndex;
  /** By name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A lane in segments of so many events, far smaller than an export makes them. `change` is what whoever makes them leaves out. */
export function smallSegments(lane: VariedLane, perSegment: number, change = (offer: RangeOffer) => offer): SmallArchive {
  const files = new Map<string, Uint8Array>();
  const offers = piecesOf(lane, perSegment).map(change);
  const segments = offers.map(({ checkpoint, blocks, proof }) => {
    const builder = new SegmentBuilder(checkpoint.place);
    for (const block of blocks) builder.add(block);
    const { bytes, lastSeq } = builder.finish();
    const id = segmentId(hasher, bytes);
    files.set(segmentFileName(id), bytes);
    return { id, lastSeq, proof };
  });
  const [{ path, keys, checkpoint }] = offers as [RangeOffer];
  return { index: { networkName, path, lanes: [{ keys, checkpoint, segments }] }, files };
}

/** One of the segments has another bit: under the name that it had, and under the one that it has now. */
export function* bentSegments(archive: SmallArchive, name: string): Generator<SmallArchive> {
  for (const changed of bent(archive.files.get(name) as Uint8Array)) {
    yield { ...archive, files: new Map([...archive.files, [name, changed]]) };
    yield renamed(archive, name, changed);
  }
}

export function* bentIndexes({ index, files }: SmallArchive): Generator<Bent<SmallArchive>> {
  for (const changed of bent(encodeSegmentIndex(index))) {
    const decoded = decodeSegmentIndex(changed);
    yield decoded instanceof Malformed ? decoded : { index: decoded, files };
  }
}

function renamed({ index, files }: SmallArchive, was: string, bytes: Uint8Array): SmallArchive {
  const id = segmentId(hasher, bytes);
  const segmentsOf = ({ segments }: IndexedLane) =>
    segments.map((segment) => (segmentFileName(segment.id) === was ? { ...segment, id } : segment));
  const lanes = index.lanes.map((lane) => ({ ...lane, segments: segmentsOf(lane) }));
  return { index: { ...index, lanes }, files: new Map([...files, [segmentFileName(id), bytes]]) };
}

/** What a store takes of an archive's only lane that holds what the first `at` segments of this one bring. Nothing of it may be else
 * than the honest one has, and not all of it is there. */
export function importing(honest: SmallArchive, at = 0): (archive: SmallArchive) => string | undefined {
  const before = imported(honest, nothing, at);
  const all = imported(honest, before).taken;
  return (archive) => {
    const { taken } = imported(archive, before);
    const isRefused = taken.length < all.length && taken.every((each, index) => each === all[index]);
    return isRefused ? undefined : `${taken.length} segments of ${all.length}`;
  };
}

interface Imported {
  readonly at: number;
  readonly held: HeldLane;
  /** What they bring, each. */
  readonly taken: readonly string[];
}

const nothing: Imported = { at: 0, held: nothingHeld, taken: [] };

/** A segment after the other, until one is refused or `end` is reached. */
function imported({ index, files }: SmallArchive, { at: from, held }: Imported, end = Number.POSITIVE_INFINITY): Imported {
  const [lane] = index.lanes as [IndexedLane];
  const taken: string[] = [];
  let [at, ahead] = [from, held];
  for (; index.networkName === networkName && at < Math.min(end, lane.segments.length); at++) {
    const { id } = lane.segments[at] as IndexedSegment;
    const bytes = files.get(segmentFileName(id));
    const offer = bytes === undefined ? new Malformed("it is not there") : segmentOffer(hasher, index.path, { lane, at }, bytes);
    const outcome = offer instanceof Malformed ? offer : verifyRange(quickTools, ahead, offer);
    if (outcome instanceof Malformed || outcome.kind !== "verified") break;
    const { range } = outcome;
    taken.push(`${range.path} ${toHex(range.lane)} ${range.firstSeq} ${toHex(range.ids)}`);
    ahead = range.after();
  }
  return { at, held: ahead, taken };
}

// --- payloads ---

/** The payloads of a lane that the rig took in without any: none with a bit flipped is taken, nor a longer one, and then each as it is.
 * Answers how many. What the system's own events say came with them, and what its author redacted is nowhere. */
export function fillEach(rig: Rig, lane: VariedLane): number {
  let events = 0;
  for (const { blocks } of piecesOf(lane, 1)) {
    const block = checkBlock(blocks[0] as Uint8Array) as BlockView;
    const event = eventIn(block, 0);
    if (kindAt(event, 0) <= systemKindMax || isAbsent(block, 0)) continue;
    const [seq, payload] = [block.firstSeq, payloadAt(event, 0)];
    const isRefused = filled(rig, seq, [...bent(payload), Uint8Array.of(...payload, 0)]) === 0;
    if (!isRefused || filled(rig, seq, [payload]) !== 1) throw new Error(`the payload of event ${seq}, ${lane.name}`);
    events++;
  }
  return events;
}

/** How many of these the feed core takes, offered all in one turn. */
function filled(rig: Rig, seq: number, payloads: readonly Uint8Array[]): number {
  const turn = rig.feed(...payloads.map((payload, token) => ({ kind: "fill", token, lane: 0, seq, payload }) as const));
  turn.commit();
  const taken = turn.notices.filter(({ kind }) => kind !== "refused").length;
  if (taken === 0 && turn.batch.length > 0) throw new Error("none is taken, and something is written");
  return taken;
}
