import { rangeBytesMax, rangeEnvelopeBytesMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import { Pieces } from "../bytes/pieces.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import { takeBlocks } from "../feed/range/segment.js";
import type { RangeOffer } from "../feed/range/verified-range.js";
import { encodeCheckpoint, readCheckpoint } from "../feed/seal/checkpoint.js";
import { readShownKeys } from "../feed/seal/event-proof.js";
import { classicalKeys } from "../identity/author-keys.js";
import { bytesOfText, decodeSubjectPath, pathBytesMax } from "../identity/subject-path.js";
import { encodeMmrProof, readMmrProof } from "../proof/mmr-proof.js";

// An offered range as it travels (docs/wire.md, "Range"). Nothing is believed of it: it goes the way of every foreign range.

/** Copies the blocks once. */
export function encodeRange(offer: RangeOffer): Uint8Array<ArrayBuffer> {
  const head = encodeRangeHead(offer);
  const bytes = new Uint8Array(offer.blocks.reduce((sum, block) => sum + block.length, head.length));
  bytes.set(head);
  let at = head.length;
  for (const block of offer.blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return bytes;
}

/** What stands before the blocks. */
export function encodeRangeHead({ path, keys, checkpoint, proof }: RangeOffer): Uint8Array<ArrayBuffer> {
  const writer = new Writer(2048).prefixed(bytesOfText(path)).u8(keys.suite);
  if (keys.suite === 2) writer.bytes(keys.ed25519).bytes(keys.falcon);
  return writer.bytes(encodeCheckpoint(checkpoint)).bytes(encodeMmrProof(proof)).finish();
}

/** Views of the bytes. */
export function decodeRange(bytes: Uint8Array): Decoded<RangeOffer> {
  const pieces = new Pieces();
  pieces.push(bytes);
  return takeRange(pieces, bytes.length);
}

/** A range of so many bytes, as it came in pieces: what lies across two is a copy, all else a view. */
export function takeRange(pieces: Pieces, length: number): Decoded<RangeOffer> {
  const reader = new Reader(pieces.peek(Math.min(length, rangeEnvelopeBytesMax)));
  const pathText = reader.prefixed(pathBytesMax);
  const shownKeys = readShownKeys(reader);
  const checkpoint = readCheckpoint(reader);
  const proof = readMmrProof(reader);
  const [headBytes, blocksBytes] = [reader.at, length - reader.at];
  if (blocksBytes === 0) reader.fail("a range of no blocks");
  if (blocksBytes > rangeBytesMax) reader.fail(`a range of ${blocksBytes} bytes; ${rangeBytesMax} are allowed`);
  // The blocks are read from the pieces.
  reader.take(reader.left);
  return reader.finish(() => {
    const path = decodeSubjectPath(pathText);
    if (path instanceof Malformed) return path;
    pieces.take(headBytes);
    const blocks = takeBlocks(pieces, blocksBytes);
    if (blocks instanceof Malformed) return blocks;
    return { path, keys: shownKeys ?? classicalKeys(checkpoint.place.author), checkpoint, blocks, proof };
  });
}
