import { blake3 } from "@noble/hashes/blake3.js";
import { type EventRun, type Hasher, hashBytes, spanWords } from "./crypto.js";
import type { Tag } from "./tags.js";

// The Crypto port's hashing by an independent implementation, written for plainness: tests compare with it.

const encoder = new TextEncoder();

function derive(tag: Tag, ...pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const state = blake3.create({ context: encoder.encode(tag) });
  for (const piece of pieces) state.update(piece);
  return new Uint8Array(state.digest());
}

function seqBytes(seq: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(seq));
  return bytes;
}

function eventIds(run: EventRun, out: Uint8Array, outOffset: number): void {
  let previous = run.previous;
  for (let index = 0; index < run.count; index++) {
    const [at, head, payload] = run.spans.subarray(index * spanWords, (index + 1) * spanWords);
    const payloadHash = derive("sinter 1 payload", run.bytes.subarray(at + head, at + head + payload));
    const headBytes = run.bytes.subarray(at, at + head);
    const id = derive("sinter 1 event", run.lane, previous, seqBytes(run.firstSeq + index), payloadHash, headBytes);
    out.set(id, outOffset + index * hashBytes);
    previous = id;
  }
}

export const referenceHasher: Hasher = {
  hash: (tag, bytes) => derive(tag, bytes),
  eventIds,
  parents(tag, pairs, count, out) {
    for (let index = 0; index < count; index++) {
      const pair = pairs.slice(index * 2 * hashBytes, (index + 1) * 2 * hashBytes);
      out.set(derive(tag, pair), index * hashBytes);
    }
  },
};
