import { rangeBytesMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import { followingBlocks } from "../feed/range/segment.js";
import type { RangeOffer } from "../feed/range/verified-range.js";
import { encodeCheckpoint, readCheckpoint } from "../feed/seal/checkpoint.js";
import { readShownKeys } from "../feed/seal/event-proof.js";
import { classicalKeys } from "../identity/author-keys.js";
import { bytesOfText, decodeSubjectPath, pathBytesMax } from "../identity/subject-path.js";
import { encodeMmrProof, readMmrProof } from "../proof/mmr-proof.js";

// An offered range as it travels (docs/wire.md, "Range"). Nothing is believed of it: it goes the way of every foreign range.

/** Copies the blocks once. */
export function encodeRange({ path, keys, checkpoint, blocks, proof }: RangeOffer): Uint8Array<ArrayBuffer> {
  const writer = new Writer(2048).prefixed(bytesOfText(path)).u8(keys.suite);
  if (keys.suite === 2) writer.bytes(keys.ed25519).bytes(keys.falcon);
  const envelope = writer.bytes(encodeCheckpoint(checkpoint)).bytes(encodeMmrProof(proof)).finish();
  const bytes = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, envelope.length));
  bytes.set(envelope);
  let at = envelope.length;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return bytes;
}

/** Views of the bytes. */
export function decodeRange(bytes: Uint8Array): Decoded<RangeOffer> {
  const reader = new Reader(bytes);
  const pathText = reader.prefixed(pathBytesMax);
  const shownKeys = readShownKeys(reader);
  const checkpoint = readCheckpoint(reader);
  const proof = readMmrProof(reader);
  if (reader.left === 0) reader.fail("a range of no blocks");
  if (reader.left > rangeBytesMax) reader.fail(`a range of ${reader.left} bytes; ${rangeBytesMax} are allowed`);
  const all = reader.take(reader.left);
  return reader.finish(() => {
    const path = decodeSubjectPath(pathText);
    if (path instanceof Malformed) return path;
    const blocks = followingBlocks(all);
    if (blocks instanceof Malformed) return blocks;
    return { path, keys: shownKeys ?? classicalKeys(checkpoint.place.author), checkpoint, blocks, proof };
  });
}
