import { blockBytesMax, extensionBytesMax, payloadBytesMax, segmentBlocksBytesMax } from "../../bytes/limits.js";
import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { Pieces } from "../../bytes/pieces.js";
import { Reader } from "../../bytes/reader.js";
import { Writer } from "../../bytes/writer.js";
import type { Hasher } from "../../identity/crypto.js";
import { type AuthorId, asId, epochNonceBytes, idBytes, type SubjectId } from "../../identity/ids.js";
import { bytesOfText } from "../../identity/subject-path.js";
import { authoredLength, blockCount, blockFirstSeq, blockHeaderBytes } from "../event/block.js";
import { eventHeaderBytes } from "../event/event.js";
import type { LanePlace } from "../seal/checkpoint.js";

// A run of one lane's blocks as a file (docs/wire.md, "Segment"). What it is called is the hash of its bytes, and nothing of
// what is signed later is in it: once a further segment follows, it never changes. What shows that the author signed for it
// stands in the index beside it. Nothing is believed of a segment: its blocks go the way of every foreign range.

export const segmentVersion = 1;
export const segmentHeaderBytes = 124;
const MAGIC = "sinter segment";
/** The largest event there can be has a block to itself. Of many small events, whose hashes may stand in for less, it is less. */
const BLOCKS_BYTES_MAX = blockHeaderBytes + eventHeaderBytes + 2 + extensionBytesMax + payloadBytesMax;
/** Of a file: nothing longer is a segment. */
export const segmentBytesMax = segmentHeaderBytes + BLOCKS_BYTES_MAX;
const BLOCK_LENGTH_AT = 4;

export interface Segment {
  readonly place: LanePlace;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Views of the segment's bytes, each as long as it says. What is in them is not looked at. */
  readonly blocks: readonly Uint8Array[];
}

export function segmentId(hasher: Hasher, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return hasher.hash("sinter 1 segment", bytes);
}

/** Gathers blocks of a lane. Whoever begins with block 1 and goes on to a new segment just where `fits` says no comes to the
 * same segments as everybody else, whichever payloads are absent. */
export class SegmentBuilder {
  readonly #place: LanePlace;
  readonly #writer = new Writer(segmentHeaderBytes + 8 * blockBytesMax).bytes(new Uint8Array(segmentHeaderBytes));
  #firstSeq = 0;
  #lastSeq = 0;
  #count = 0;
  /** Of the blocks, with all of their payloads. */
  #authored = 0;

  constructor(place: LanePlace) {
    this.#place = place;
  }

  /** Of the last block; 0 where there is none. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Whether a block still goes in. Into an empty segment any does. */
  fits(block: Uint8Array): boolean {
    return this.#count === 0 || this.#authored + authoredLength(block) <= segmentBlocksBytesMax;
  }

  /** Copies the block, which follows the one before it and fits. */
  add(block: Uint8Array): void {
    if (!this.fits(block)) throw new RangeError("the block does not fit into this segment; ask `fits` first");
    const firstSeq = blockFirstSeq(block);
    if (this.#count > 0 && firstSeq !== this.#lastSeq + 1) throw new RangeError(`a block from ${firstSeq} behind event ${this.#lastSeq}`);
    if (this.#count === 0) this.#firstSeq = firstSeq;
    this.#lastSeq = firstSeq + blockCount(block) - 1;
    this.#count++;
    this.#authored += authoredLength(block);
    this.#writer.bytes(block);
  }

  finish(): { readonly bytes: Uint8Array<ArrayBuffer>; readonly firstSeq: number; readonly lastSeq: number } {
    if (this.#count === 0) throw new RangeError("a segment holds one block or more");
    const bytes = this.#writer.finish();
    const { author, subject, epoch } = this.#place;
    const header = new Writer(segmentHeaderBytes).bytes(bytesOfText(MAGIC)).u8(segmentVersion).u8(0).bytes(author).bytes(subject);
    header.u32(epoch.index).bytes(epoch.nonce).u64(this.#firstSeq).u64(this.#lastSeq);
    bytes.set(
      header
        .u32(this.#count)
        .u32(bytes.length - segmentHeaderBytes)
        .finish(),
    );
    return { bytes, firstSeq: this.#firstSeq, lastSeq: this.#lastSeq };
  }
}

/** Only whether these are the bytes of a segment, and where its blocks lie: what they are worth, `verifyRange` says. */
export function decodeSegment(bytes: Uint8Array): Decoded<Segment> {
  const reader = new Reader(bytes);
  readFileHead(reader, MAGIC, { what: "a segment", version: segmentVersion });
  const author = reader.take(idBytes);
  const subject = reader.take(idBytes);
  const epoch = { index: reader.u32(), nonce: reader.take(epochNonceBytes) };
  const firstSeq = reader.u64();
  const lastSeq = reader.u64();
  const count = reader.u32();
  const length = reader.u32();
  if (length > BLOCKS_BYTES_MAX) reader.fail(`${length} bytes of blocks; ${BLOCKS_BYTES_MAX} are allowed`);
  const all = reader.take(length);
  return reader.finish(() => {
    const blocks = blocksIn(all, { firstSeq, lastSeq, count });
    if (blocks instanceof Malformed) return blocks;
    return { place: { author: asId<AuthorId>(author), subject: asId<SubjectId>(subject), epoch }, firstSeq, lastSeq, blocks };
  });
}

/** What a file of ours begins with: which kind, version, flags. Of no flag is anything known yet. */
export function readFileHead(reader: Reader, magic: string, { what, version }: { readonly what: string; readonly version: number }): void {
  const begins = reader.take(magic.length);
  for (let at = 0; at < begins.length; at++) if (begins[at] !== magic.charCodeAt(at)) reader.fail(`${what} begins with "${magic}"`);
  const found = reader.u8();
  if (found !== version) reader.fail(`${what} of version ${found}; this program reads ${version}`);
  if (reader.u8() !== 0) reader.fail(`flags of ${what} that are not assigned`);
}

type Claimed = Pick<Segment, "firstSeq" | "lastSeq"> & { readonly count: number };

function blocksIn(bytes: Uint8Array, { firstSeq, lastSeq, count }: Claimed): Decoded<readonly Uint8Array[]> {
  if (firstSeq < 1) return new Malformed("a segment that begins at seq 0");
  const blocks = followingBlocks(bytes, firstSeq);
  if (blocks instanceof Malformed) return blocks;
  const last = blocks.at(-1);
  if (last === undefined || lastSeq < firstSeq || blockFirstSeq(last) + blockCount(last) - 1 !== lastSeq)
    return new Malformed(`a segment that does not end with the event ${lastSeq} that it names`);
  return blocks.length === count ? blocks : new Malformed(`${blocks.length} blocks where ${count} are named`);
}

/** Blocks that lie one behind the other, as views of the bytes. Of what is in them only this is looked at: how long each is, and
 * that it begins with the event behind the one before; the first with `firstSeq`, where that is known. */
function followingBlocks(bytes: Uint8Array, firstSeq: number): Decoded<readonly Uint8Array[]> {
  const pieces = new Pieces();
  pieces.push(bytes);
  return takeBlocks(pieces, bytes.length, firstSeq);
}

/** The same of so many bytes that came in pieces: a block that lies across two is a copy. */
export function takeBlocks(pieces: Pieces, bytes: number, firstSeq?: number): Decoded<readonly Uint8Array[]> {
  const blocks: Uint8Array[] = [];
  let seq = firstSeq;
  for (let left = bytes; left > 0; ) {
    if (left < blockHeaderBytes) return new Malformed("a block that ends within its header");
    const length = blockHeaderBytes + lengthIn(pieces.peek(blockHeaderBytes));
    if (length > left) return new Malformed("a block that is not all there");
    const block = pieces.take(length);
    const first = blockFirstSeq(block);
    if (seq !== undefined && first !== seq) return new Malformed("blocks that do not follow one another");
    blocks.push(block);
    seq = first + blockCount(block);
    left -= length;
  }
  return blocks;
}

function lengthIn(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset, header.length).getUint32(BLOCK_LENGTH_AT);
}
