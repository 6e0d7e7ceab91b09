import { syncAsksUnderWayMax, syncLanesPerFindMax, syncPlacesMax, syncPlacesWaitingMax, syncRowsMax } from "../../bytes/limits.js";
import { compareBytes, equalBytes } from "../../bytes/order.js";
import { idBytes } from "../../identity/ids.js";
import type { TriePart, TriePrefix } from "../../proof/trie.js";
import { DamagedTrie } from "../../proof/trie-node.js";
import type { Ask, Row, Tell, TrieChildHash } from "../messages.js";
import { beginsWith, leafDigits, ScopeTrie, scopeTop } from "../scope-trie.js";
import { childHashBytes } from "../trie-codec.js";
import { compareRow, type Found, OpenAsks, type Reconciler, type Sides } from "./reconciler.js";

// Down both tries from the top, many places at a time, wherever they differ. It sees what the trie sees: second signatures are not in
// it. Between two answers either trie may change: each is held against the trie here as it stands then.

export class DescentReconciler implements Reconciler {
  readonly name = "descent";
  readonly #sides: Sides;
  readonly #trie: ScopeTrie;
  readonly #asks = new OpenAsks();
  /** Where they differ, or have what is not here: the last go first, so that few wait. */
  #places: TriePrefix[] = [];
  /** Of rows that are otherwise there, or only there. */
  #keys: Uint8Array[] = [];
  /** Where all is otherwise there. */
  #others: TriePrefix[] = [];
  #theirs: Row[] = [];
  state: Reconciler["state"] = "going";

  constructor(sides: Sides) {
    this.#sides = sides;
    this.#trie = new ScopeTrie(sides.source.view, sides.source.hasher, sides.scope);
    this.#asks.add({ kind: "branches", places: [{ digits: 0, prefix: scopeTop.key }] });
  }

  asks(): readonly Ask[] {
    while (this.#asks.list.length < syncAsksUnderWayMax && this.#keys.length + this.#places.length > 0) {
      if (this.#keys.length > 0) this.#asks.add({ kind: "leaves", keys: this.#keys.splice(0, syncRowsMax) });
      else {
        const places = this.#places.splice(-syncPlacesMax).map(({ digits, key }) => ({ digits, prefix: key }));
        this.#asks.add({ kind: "branches", places });
      }
    }
    return this.#asks.list;
  }

  told(ask: Ask, tell: Tell): void {
    if (!this.#asks.close(ask)) return;
    this.#reading(() => {
      if (ask.kind === "leaves" && tell.kind === "rows") this.#theirs.push(...tell.rows.filter((row) => this.#isOther(row)));
      else if (ask.kind === "branches" && tell.kind === "branches") this.#below(ask.places, tell.below);
      else this.state = "failed";
    });
    this.#settle();
  }

  found(): Found {
    const theirs = this.#theirs;
    this.#theirs = [];
    const ours: number[] = [];
    this.#reading(() => this.#takeOthers(ours));
    this.#settle();
    return { theirs, ours };
  }

  #below(places: Extract<Ask, { readonly kind: "branches" }>["places"], below: readonly (readonly TrieChildHash[])[]): void {
    // On top of a scope there may be more than fit one list.
    const isTop = places.length === 1 && places[0]?.digits === 0;
    const lists = isTop ? [below.flat()] : below;
    const fits =
      lists.length === places.length && places.every(({ digits, prefix }, at) => isBelow({ digits, key: prefix }, lists[at] ?? []));
    if (!fits) {
      this.state = "failed";
      return;
    }
    places.forEach(({ digits, prefix }, at) => {
      const mine = isTop ? this.#trie.tops() : [this.#trie.under({ digits, key: prefix })];
      this.#compare(mine, lists[at] as readonly TrieChildHash[]);
    });
    if (this.#places.length > syncPlacesWaitingMax) this.state = "failed";
  }

  #compare(mine: readonly (TriePart | undefined)[], theirs: readonly TrieChildHash[]): void {
    for (const part of mine) if (part !== undefined) this.#comparePart(part, theirs);
    for (const child of theirs) {
      const here = this.#trie.under(child);
      if (here?.digits === child.digits && equalBytes(here.hash.subarray(0, childHashBytes), child.hash)) continue;
      if (child.digits < leafDigits) this.#places.push(child);
      else {
        this.#keys.push(child.key);
        if (here !== undefined) this.#others.push(here);
      }
    }
  }

  /** What of a part here lies beside all of theirs is only here. */
  #comparePart(part: TriePart, theirs: readonly TrieChildHash[]): void {
    if (theirs.some((child) => beginsWith(part, child))) return;
    const within = theirs.filter((child) => beginsWith(child, part));
    if (within.length === 0) this.#others.push(part);
    else for (const below of this.#trie.below(part)) this.#comparePart(below, within);
  }

  #takeOthers(lanes: number[]): void {
    const { index, view } = this.#sides.source;
    // Parts that are gone into hold in this call: until the next, the trie may change.
    const open: TriePart[] = [];
    while (lanes.length < syncLanesPerFindMax && open.length + this.#others.length > 0) {
      const part = open.pop() ?? this.#trie.under(this.#others.pop() as TriePrefix);
      if (part === undefined) continue;
      open.push(...this.#trie.below(part));
      const lane = part.digits === leafDigits ? index.laneOfId(view, part.key.subarray(2 * idBytes)) : undefined;
      if (lane !== undefined) lanes.push(lane);
    }
    this.#others.push(...open);
  }

  #isOther(row: Row): boolean {
    return compareRow(this.#sides.source, row).is === "other";
  }

  /** The trie is derived: who keeps it makes it again, and other reconcilers do without. */
  #reading(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof DamagedTrie)) throw error;
      this.state = "failed";
    }
  }

  #settle(): void {
    const waiting = this.#asks.list.length + this.#places.length + this.#keys.length + this.#others.length + this.#theirs.length;
    if (this.state === "going" && waiting === 0) this.state = "done";
  }
}

/** Children as a branch there, or the one part that is there, would have them: so every answer leads further down. */
function isBelow(place: TriePrefix, children: readonly TrieChildHash[]): boolean {
  return children.every((child, at) => {
    const before = children[at - 1];
    const rises = before === undefined || (compareBytes(before.key, child.key) < 0 && !beginsWith(child, before));
    return rises && child.hash.length === childHashBytes && child.digits > place.digits && beginsWith(child, place);
  });
}
