import { compareBytes, equalBytes } from "../bytes/order.js";
import { type Hasher, hashBytes } from "../identity/crypto.js";
import { branchPath, digitAt } from "./trie-digits.js";
import {
  branchHash,
  childDigit,
  childOf,
  countChildren,
  emptyRoot,
  encodeNode,
  firstChild,
  hasHash,
  hashOf,
  leafHash,
  noChildren,
  readNode,
  readTop,
  sharedDigits,
  type TrieChild,
  type TrieChildren,
  type TrieNodes,
  unhashedTop,
  writeDigits,
} from "./trie-node.js";

export interface RowChange {
  /** As long as all keys of the trie. */
  readonly key: Uint8Array;
  /** The row's hash; `undefined` removes the row. */
  readonly row: Uint8Array | undefined;
}

export interface TrieUpdate {
  readonly root: Uint8Array;
  /** Rows gained, or lost where negative. */
  readonly growth: number;
}

/** Takes the changes in, any number of them in any order, at most one a key. Each branch is read and written at most once, and
 * only those whose rows differ afterwards are written. */
export function updateTrie(hasher: Hasher, nodes: TrieNodes, changes: readonly RowChange[]): TrieUpdate {
  const sorted = changes.toSorted((left, right) => compareBytes(left.key, right.key));
  sorted.forEach(({ key, row }, index) => {
    if (key.length !== nodes.keyBytes) throw new RangeError(`a trie key of ${key.length} bytes`);
    if (row !== undefined && row.length !== hashBytes) throw new RangeError(`a row hash of ${row.length} bytes`);
    if (index > 0 && equalBytes(key, (sorted[index - 1] as RowChange).key)) throw new RangeError("two changes of one row");
  });
  const before = unhashedTop(nodes);
  const update = new Update(hasher, nodes, sorted);
  const after = update.merge(before, 0, sorted.length);
  update.keepTop(before, after);
  const top = after === before ? readTop(hasher, nodes) : after;
  return { root: top === undefined ? emptyRoot.slice() : hashOf(top), growth: update.growth };
}

class Update {
  readonly #hasher: Hasher;
  readonly #nodes: TrieNodes;
  readonly #changes: readonly RowChange[];
  readonly #leafDepth: number;
  growth = 0;

  constructor(hasher: Hasher, nodes: TrieNodes, changes: readonly RowChange[]) {
    this.#hasher = hasher;
    this.#nodes = nodes;
    this.#changes = changes;
    this.#leafDepth = 2 * nodes.keyBytes;
  }

  /**
   * What stands in the place of `child` once the changes from `low` up to `high` are in. All of them begin with the digits
   * of that place. The digits that the child and all changes share say where the next branch can be: there, each goes to
   * its digit's place, and what comes back stays a branch if two or more are left. So where a branch stands, and what it holds,
   * follows from the set of rows alone.
   */
  merge(child: TrieChild | undefined, low: number, high: number): TrieChild | undefined {
    if (low === high) return child;
    const depth = this.#branching(child, low, high);
    const { key } = this.#changes[low] as RowChange;
    if (depth === this.#leafDepth) return this.#leaf(child, this.#changes[low] as RowChange);
    const isOld = child?.depth === depth;
    const children = isOld ? (child.children ?? readNode(this.#nodes, key, depth)) : noChildren();
    if (child !== undefined && !isOld) children[childDigit(child, depth)] = child;
    let isSame = true;
    for (let from = low; from < high; ) {
      const digit = digitAt((this.#changes[from] as RowChange).key, depth);
      let to = from + 1;
      while (to < high && digitAt((this.#changes[to] as RowChange).key, depth) === digit) to++;
      const merged = this.merge(children[digit], from, to);
      if (merged !== children[digit]) isSame = false;
      children[digit] = merged;
      from = to;
    }
    // What is otherwise than before is another object.
    if (isSame) return child;
    return this.#settle(isOld ? child : undefined, key, depth, children);
  }

  /** The record at depth 0, where the topmost leaf or branch is not itself the branch of depth 0. */
  keepTop(before: TrieChild | undefined, after: TrieChild | undefined): void {
    if (after === before || after?.depth === 0) return;
    const path = branchPath(emptyRoot, 0);
    if (after === undefined) {
      if (before !== undefined) this.#nodes.remove(path);
      return;
    }
    const children = noChildren();
    children[childDigit(after, 0)] = after;
    this.#nodes.put(path, encodeNode(0, children));
  }

  /** The least depth at which the child and the changes do not all go on alike. As the changes are in order, the one that
   * leaves the child's path first is the first or the last of them. */
  #branching(child: TrieChild | undefined, low: number, high: number): number {
    const first = (this.#changes[low] as RowChange).key;
    const last = (this.#changes[high - 1] as RowChange).key;
    if (child === undefined) return sharedDigits(first, childOf(this.#leafDepth, emptyRoot, last), this.#leafDepth);
    const depth = sharedDigits(first, child, child.depth);
    return low + 1 === high ? depth : sharedDigits(last, child, depth);
  }

  #leaf(before: TrieChild | undefined, { key, row }: RowChange): TrieChild | undefined {
    this.growth += (row === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    if (row === undefined) return undefined;
    const hash = leafHash(this.#hasher, key, row);
    return before !== undefined && hasHash(before, hash) ? before : childOf(this.#leafDepth, hash, key);
  }

  #settle(old: TrieChild | undefined, key: Uint8Array, depth: number, children: TrieChildren): TrieChild | undefined {
    const count = countChildren(children);
    if (count < 2) {
      if (old !== undefined) this.#nodes.remove(branchPath(key, depth));
      const only = firstChild(children);
      return only && risen(only, key);
    }
    const hash = branchHash(this.#hasher, depth, children);
    this.#nodes.put(branchPath(key, depth), encodeNode(depth, children));
    return childOf(depth, hash, key);
  }
}

/** The last child of a branch that is none any more, with the digits that the branch implied. */
function risen(child: TrieChild, prefix: Uint8Array): TrieChild {
  if (child.keyFrom === 0) return child;
  const key = new Uint8Array(prefix);
  writeDigits(child, key);
  return { ...child, keyIn: key, keyAt: 0, keyFrom: 0 };
}
