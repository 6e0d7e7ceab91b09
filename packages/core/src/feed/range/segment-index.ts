import { toHex } from "../../bytes/hex.js";
import { networkNameBytesMax, segmentIndexBytesMax } from "../../bytes/limits.js";
import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { compareBytes, equalBytes } from "../../bytes/order.js";
import { Reader } from "../../bytes/reader.js";
import { Writer } from "../../bytes/writer.js";
import { type AuthorKeys, decodeAuthorKeys, encodeAuthorKeys } from "../../identity/author-keys.js";
import { falconPublicKeyBytes, falconSignatureBytes, type Hasher, hashBytes, publicKeyBytes } from "../../identity/crypto.js";
import { compareEpochs } from "../../identity/ids.js";
import { bytesOfText, decodeSubjectPath, pathBytesMax, type SubjectPath } from "../../identity/subject-path.js";
import { encodeMmrProof, type MmrProof, readMmrProof } from "../../proof/mmr-proof.js";
import { decodeNetworkName, readSealedHead, type SealedHead, writeSealedHead } from "../../store/records.js";
import { type Checkpoint, encodeCheckpoint, type LanePlace, readCheckpoint } from "../seal/checkpoint.js";
import { decodeSegment, readFileHead, segmentId } from "./segment.js";
import type { RangeOffer } from "./verified-range.js";

// What makes segments offers (docs/wire.md, "Index of segments"): of each lane of a subject the author's keys, one checkpoint,
// and which segments hold the lane, each with the way from its end to the checkpoint. It is made anew at every export; the
// segments it names are not.

export const segmentIndexVersion = 1;
const MAGIC = "sinter subject";
/** A flag of a lane. */
const LANE_HYBRID = 1;
const KEYS_BYTES_MAX = 1 + publicKeyBytes + falconPublicKeyBytes;

export interface SegmentIndex {
  readonly networkName: string;
  readonly path: SubjectPath;
  /** In the order of author, epoch index and nonce. */
  readonly lanes: readonly IndexedLane[];
}

export interface IndexedLane {
  readonly keys: AuthorKeys;
  /** Over the last event held, or over more. */
  readonly checkpoint: Checkpoint;
  /** How far the author's second key has signed for it, no further than it is here. */
  readonly hybrid?: SealedHead | undefined;
  /** From the lane's first event on, one behind the other. */
  readonly segments: readonly IndexedSegment[];
}

export interface IndexedSegment {
  readonly id: Uint8Array;
  readonly lastSeq: number;
  /** Consistency of its end with the checkpoint; of no hashes where it ends with it. */
  readonly proof: MmrProof;
}

export function segmentFileName(id: Uint8Array): string {
  return `${toHex(id)}.segment`;
}

/** Events of a lane that its segments hold. */
export function indexedEvents({ segments }: IndexedLane): number {
  return segments.at(-1)?.lastSeq ?? 0;
}

export function encodeSegmentIndex({ networkName, path, lanes }: SegmentIndex): Uint8Array<ArrayBuffer> {
  const writer = new Writer(4096).bytes(bytesOfText(MAGIC)).u8(segmentIndexVersion).u8(0);
  writer.prefixed(bytesOfText(networkName)).prefixed(bytesOfText(path)).u32(lanes.length);
  for (const { keys, checkpoint, hybrid, segments } of lanes) {
    writer
      .u8(hybrid === undefined ? 0 : LANE_HYBRID)
      .prefixed(encodeAuthorKeys(keys))
      .bytes(encodeCheckpoint(checkpoint));
    if (hybrid !== undefined) writeSealedHead(writer, hybrid);
    writer.u32(segments.length);
    for (const { id, lastSeq, proof } of segments) writer.bytes(id).u64(lastSeq).bytes(encodeMmrProof(proof));
  }
  return writer.finish();
}

/** Only whether these are the bytes of an index: what it names and claims is checked as it is taken in. */
export function decodeSegmentIndex(bytes: Uint8Array): Decoded<SegmentIndex> {
  if (bytes.length > segmentIndexBytesMax) return new Malformed(`an index of ${bytes.length} bytes; ${segmentIndexBytesMax} are allowed`);
  const reader = new Reader(bytes);
  readFileHead(reader, MAGIC, { what: "an index of segments", version: segmentIndexVersion });
  const networkName = decodeNetworkName(reader.prefixed(networkNameBytesMax));
  const path = decodeSubjectPath(reader.prefixed(pathBytesMax));
  const count = reader.u32();
  if (count < 1) reader.fail("an index of no lanes");
  const lanes: IndexedLane[] = [];
  while (lanes.length < count && !reader.failed) {
    const lane = readLane(reader, lanes.at(-1)?.checkpoint.place);
    if (lane !== undefined) lanes.push(lane);
  }
  return reader.finish(() => {
    if (networkName instanceof Malformed) return networkName;
    return path instanceof Malformed ? path : { networkName, path, lanes };
  });
}

function readLane(reader: Reader, before: LanePlace | undefined): IndexedLane | undefined {
  const flags = reader.u8();
  if (flags > LANE_HYBRID) reader.fail("flags of a lane that are not assigned");
  const keys = decodeAuthorKeys(reader.prefixed(KEYS_BYTES_MAX));
  if (keys instanceof Malformed) reader.fail(keys.reason);
  const checkpoint = readCheckpoint(reader);
  const hybrid = flags === LANE_HYBRID ? readSealedHead(reader, falconSignatureBytes) : undefined;
  const { place, seal } = checkpoint;
  if (before !== undefined && !reader.failed && compareLanes(before, place) >= 0) reader.fail("lanes out of order, or of several subjects");
  const count = reader.u32();
  if (count < 1) reader.fail("a lane of no segments");
  const segments: IndexedSegment[] = [];
  while (segments.length < count && !reader.failed) segments.push(readSegment(reader, segments.at(-1)?.lastSeq ?? 0, seal.size));
  const isHybrid = !(keys instanceof Malformed) && keys.suite === 2;
  if (hybrid !== undefined && !isHybrid) reader.fail("a hybrid seal by an author that has no Falcon key");
  return keys instanceof Malformed ? undefined : { keys, checkpoint, ...(hybrid === undefined ? {} : { hybrid }), segments };
}

function readSegment(reader: Reader, before: number, sealed: number): IndexedSegment {
  const id = reader.take(hashBytes);
  const lastSeq = reader.u64();
  if (lastSeq <= before) reader.fail("segments out of order");
  if (lastSeq > sealed) reader.fail(`a segment up to event ${lastSeq}, beyond the ${sealed} that its checkpoint covers`);
  return { id, lastSeq, proof: readMmrProof(reader) };
}

/** Negative where `left` comes first; 0 where the order is none: the same lane, or one of another subject. */
function compareLanes(left: LanePlace, right: LanePlace): number {
  if (!equalBytes(left.subject, right.subject)) return 0;
  return compareBytes(left.author, right.author) || compareEpochs(left.epoch, right.epoch);
}

/** Which segment of which lane, from 0. */
export interface NamedSegment {
  readonly lane: IndexedLane;
  readonly at: number;
}

/** What these bytes offer, if they are the segment named. Whether the offer holds is for who takes it. */
export function segmentOffer(hasher: Hasher, path: SubjectPath, { lane, at }: NamedSegment, bytes: Uint8Array): Decoded<RangeOffer> {
  const { keys, checkpoint, segments } = lane;
  const { id, lastSeq, proof } = segments[at] as IndexedSegment;
  if (!equalBytes(segmentId(hasher, bytes), id)) return new Malformed("its bytes are not those that it was named for");
  const segment = decodeSegment(bytes);
  if (segment instanceof Malformed) return segment;
  const firstSeq = (segments[at - 1]?.lastSeq ?? 0) + 1;
  if (!isSameLane(segment.place, checkpoint.place)) return new Malformed("it is of another lane than the index says");
  if (segment.firstSeq !== firstSeq || segment.lastSeq !== lastSeq)
    return new Malformed(`it holds the events ${segment.firstSeq} to ${segment.lastSeq}, where ${firstSeq} to ${lastSeq} are named`);
  return { path, keys, checkpoint, blocks: segment.blocks, proof };
}

function isSameLane(left: LanePlace, right: LanePlace): boolean {
  return equalBytes(left.subject, right.subject) && equalBytes(left.author, right.author) && compareEpochs(left.epoch, right.epoch) === 0;
}
