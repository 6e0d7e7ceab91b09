import { frontierKeyBytes } from "../bytes/limits.js";
import { compareBytes } from "../bytes/order.js";
import { Writer } from "../bytes/writer.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import { type Hasher, hashBytes } from "../identity/crypto.js";
import { idBytes } from "../identity/ids.js";
import { partsOf, partUnder, subtreeRoot, type TriePart, type TriePrefix } from "../proof/trie.js";
import { digitAt } from "../proof/trie-digits.js";
import { emptyRoot, type ReadableTrieNodes } from "../proof/trie-node.js";
import { trieKey } from "../store/keys.js";
import type { Scope } from "./messages.js";
import { type HeldPart, partsHeld } from "./scope-parts.js";
import { childHashBytes } from "./trie-codec.js";

// The frontier trie as far as it is in a scope. Nothing of it is kept from one call to the next: the trie changes.

export const leafDigits: number = 2 * frontierKeyBytes;
/** Above all parts of a scope. */
export const scopeTop: TriePrefix = { digits: 0, key: new Uint8Array(0) };
/** Stands where a branch has its depth, and is none of any. */
const SCOPE = 0xff;

export class ScopeTrie {
  readonly #hasher: Hasher;
  readonly #nodes: ReadableTrieNodes;
  /** `undefined`: all is in the scope. */
  readonly #parts: readonly TriePrefix[] | undefined;

  constructor(view: FeedView, hasher: Hasher, scope: Scope) {
    this.#hasher = hasher;
    this.#nodes = nodesOf(view);
    this.#parts = scope.kind === "all" ? undefined : partsHeld(scope.parts).map(prefixOf);
  }

  /** Whether all keys that begin so are in the scope. */
  covers(prefix: TriePrefix): boolean {
    return this.#parts?.some((part) => beginsWith(prefix, part)) ?? true;
  }

  /** What holds all keys of the scope that begin so; throws DamagedTrie. */
  under(prefix: TriePrefix): TriePart | undefined {
    return this.covers(prefix) ? partUnder(this.#hasher, this.#nodes, prefix) : undefined;
  }

  /** What is on top of each part of the scope, ascending. */
  tops(): TriePart[] {
    const tops = (this.#parts ?? [scopeTop]).flatMap((part) => partUnder(this.#hasher, this.#nodes, part) ?? []);
    return tops.sort((one, other) => compareBytes(one.key, other.key));
  }

  below(part: TriePart): TriePart[] {
    return part.digits === leafDigits ? [] : partsOf(this.#hasher, this.#nodes, part);
  }
}

export function beginsWith(key: TriePrefix, prefix: TriePrefix): boolean {
  if (key.digits < prefix.digits) return false;
  const bytes = prefix.digits >> 1;
  for (let at = 0; at < bytes; at++) if (key.key[at] !== prefix.key[at]) return false;
  return prefix.digits % 2 === 0 || digitAt(key.key, prefix.digits - 1) === digitAt(prefix.key, prefix.digits - 1);
}

/** The root over all rows of a scope: equal, where the rows are. As much of it as a message tells. */
export function scopeRoot(view: FeedView, hasher: Hasher, scope: Scope): Uint8Array {
  if (scope.kind === "all") return (view.frontier()?.root ?? emptyRoot).slice(0, childHashBytes);
  const nodes = nodesOf(view);
  const writer = new Writer(3 + scope.parts.length * hashBytes).u8(SCOPE).u16(scope.parts.length);
  for (const { space, subject } of scope.parts) {
    writer.bytes(space === undefined ? emptyRoot : subtreeRoot(hasher, nodes, prefixOf({ space, subject }).key));
  }
  return hasher.hash("sinter 1 trie branch", writer.finish()).slice(0, childHashBytes);
}

function nodesOf(view: FeedView): ReadableTrieNodes {
  return { keyBytes: frontierKeyBytes, get: (path) => view.keys.get(trieKey(path)) };
}

function prefixOf({ space, subject }: HeldPart): TriePrefix {
  if (subject === undefined) return { digits: 2 * idBytes, key: space };
  const key = new Uint8Array(2 * idBytes);
  key.set(space);
  key.set(subject, idBytes);
  return { digits: 4 * idBytes, key };
}
