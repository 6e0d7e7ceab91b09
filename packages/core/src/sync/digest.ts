import { equalBytes } from "../bytes/order.js";
import { Writer } from "../bytes/writer.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import type { Hasher } from "../identity/crypto.js";
import type { Digest, Scope } from "./messages.js";
import type { RowIndex } from "./row-index.js";
import { scopeRoot } from "./scope-trie.js";

// What is held in a scope, in a few bytes. The root is as of the last time the trie took changes in, and no two sets of rows have the
// same; the sum is as of now, and of second signatures, too, but an author of many lanes could make two sets that have the same.

interface Held {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly index: RowIndex;
}

/** Throws DamagedTrie. */
export function digestOf({ view, hasher, index }: Held, scope: Scope): Digest {
  const [high, low] = index.sum(view, scope) as unknown as [number, number];
  return { root: scopeRoot(view, hasher, scope), sum: new Writer(8).u32(high).u32(low).finish(), rows: index.rowsIn(view, scope) };
}

/** Nothing differs. */
export function isSameDigest(one: Digest, other: Digest): boolean {
  return one.rows === other.rows && equalBytes(one.root, other.root) && equalBytes(one.sum, other.sum);
}
