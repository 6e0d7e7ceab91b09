import { type Hasher, hashBytes } from "../identity/crypto.js";
import { referenceHasher } from "../identity/reference-hasher.suite.js";
import type { Tag } from "../identity/tags.js";

/** The reference hasher, hashing the same bytes once: for tests that go over the same trees again and again. */
export function rememberingHasher(): Hasher {
  const known = new Map<string, Uint8Array<ArrayBuffer>>();
  const once = (tag: Tag, bytes: Uint8Array) => {
    const text = tag + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    const hash = known.get(text) ?? referenceHasher.hash(tag, bytes);
    known.set(text, hash);
    return hash;
  };
  return {
    hash: (tag, bytes) => once(tag, bytes).slice(),
    eventIds: referenceHasher.eventIds,
    parents(tag, pairs, count, out) {
      const from = pairs.slice(0, count * 2 * hashBytes);
      for (let pair = 0; pair < count; pair++) {
        out.set(once(tag, from.subarray(pair * 2 * hashBytes, (pair + 1) * 2 * hashBytes)), pair * hashBytes);
      }
    },
  };
}
