import { forkSearchLevelsMax } from "../../bytes/limits.js";
import { Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { type Hasher, hashBytes } from "../../identity/crypto.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import { fillPlaces, type NodePlace, peakCount, peakPlaces } from "../../proof/mmr-positions.js";
import { type NodeSource, NodesOf } from "../../proof/mmr-source.js";
import { type MmrSplit, parentOf, splitMmr } from "../../proof/mmr-split.js";

// Where two ranges of one lane part. Mine lies here; theirs is at the other end of a link, known by its root, and told a few
// levels at a time. Every answer is held against what it must hash to before it is believed: whoever sends a wrong one lies,
// and that is a relay's doing, never the author's. Left to right, only nodes that differ are gone into: some log n
// questions. Pure: whoever runs it carries questions and answers.

export interface NodeQuestion {
  readonly node: NodePlace;
  /** How many levels below the node those asked for lie: 2^levels hashes, from left to right. */
  readonly levels: number;
}

/** Both ranges split at the first leaf in which they differ; of `before`, both have the same. */
export interface Parting {
  readonly mine: MmrSplit;
  readonly theirs: MmrSplit;
}

export type SearchStep =
  | { readonly kind: "ask"; readonly question: NodeQuestion }
  /** As far as both go they are equal: the longer one goes on from the shorter one. */
  | { readonly kind: "one history" }
  | { readonly kind: "parting"; readonly parting: Parting };

export interface SearchedRange {
  readonly source: NodeSource;
  readonly size: number;
}

export interface ToldRange {
  readonly size: number;
  readonly root: Uint8Array;
  readonly peaks: readonly Uint8Array[];
}

export class ForkSearch {
  readonly #hasher: Hasher;
  readonly #mine: SearchedRange;
  readonly #theirSize: number;
  /** Their nodes that are known to be right. */
  readonly #theirs = new Map<string, Uint8Array>();
  /** To be looked at, the leftmost last. */
  readonly #open: NodePlace[];
  #asked: NodeQuestion | undefined;

  private constructor(hasher: Hasher, mine: SearchedRange, theirs: ToldRange) {
    this.#hasher = hasher;
    this.#mine = mine;
    this.#theirSize = theirs.size;
    const places = peakPlaces(theirs.size);
    places.forEach((place, index) => {
      this.#theirs.set(nameOf(place), theirs.peaks[index] as Uint8Array);
    });
    this.#open = places.reverse();
  }

  /** Malformed: their peaks are not those of the root that was signed. */
  static begin(hasher: Hasher, mine: SearchedRange, theirs: ToldRange): ForkSearch | Malformed {
    const { size, root, peaks } = theirs;
    const fits = peaks.length === peakCount(size) && peaks.every((peak) => peak.length === hashBytes);
    if (!fits || !equalBytes(mmrRoot(hasher, { size, peaks }), root)) return new Malformed("peaks that are not those of the root");
    return new ForkSearch(hasher, mine, theirs);
  }

  /** What is to be asked, or what came of it. Throws where a node of my own is missing: then the store is damaged. */
  next(): SearchStep {
    for (let place = this.#open.at(-1); place !== undefined; place = this.#open.at(-1)) {
      const first = place.index * 2 ** place.height;
      // What lies behind my own end has nothing to differ from.
      if (first >= this.#mine.size) break;
      const isWithin = first + 2 ** place.height <= this.#mine.size;
      if (isWithin && equalBytes(this.#own(place), this.#their(place))) this.#open.pop();
      else if (place.height === 0) return { kind: "parting", parting: this.#parting(place.index) };
      else if (this.#theirs.has(nameOf(childOf(place, 0)))) this.#goInto(place);
      else return this.#ask(place);
    }
    return { kind: "one history" };
  }

  /** The hashes asked for. Malformed: they are not those under the node, and whoever sent them made them up. */
  answer(hashes: readonly Uint8Array[]): Malformed | "taken" {
    const asked = this.#asked;
    if (asked === undefined) return new Malformed("an answer that nobody asked for");
    const { node, levels } = asked;
    if (hashes.length !== 2 ** levels || hashes.some((hash) => hash.length !== hashBytes))
      return new Malformed(`${hashes.length} hashes where ${2 ** levels} were asked for`);
    const told: [NodePlace, Uint8Array][] = [];
    let row = hashes;
    for (let level = levels; level > 0; level--) {
      row.forEach((hash, index) => told.push([{ height: node.height - level, index: node.index * 2 ** level + index }, hash]));
      row = Array.from({ length: row.length / 2 }, (_, index) =>
        parentOf(this.#hasher, row[2 * index] as Uint8Array, row[2 * index + 1] as Uint8Array),
      );
    }
    if (!equalBytes(row[0] as Uint8Array, this.#their(node))) return new Malformed("hashes that are not those under the node");
    for (const [place, hash] of told) this.#theirs.set(nameOf(place), hash);
    this.#asked = undefined;
    return "taken";
  }

  #ask(node: NodePlace): SearchStep {
    this.#asked = { node, levels: Math.min(node.height, forkSearchLevelsMax) };
    return { kind: "ask", question: this.#asked };
  }

  #goInto(place: NodePlace): void {
    this.#open.pop();
    this.#open.push(childOf(place, 1), childOf(place, 0));
  }

  #parting(at: number): Parting {
    const mine = splitMmr(this.#hasher, this.#mine.source, { at, size: this.#mine.size });
    if (mine === undefined) throw new RangeError(`a node of my own is missing around leaf ${at}`);
    const rest = fillPlaces(at + 1, this.#theirSize).map((place) => this.#their(place));
    const leaf = this.#their({ height: 0, index: at });
    return { mine, theirs: { at, size: this.#theirSize, before: mine.before, leaf, rest } };
  }

  #own(place: NodePlace): Uint8Array {
    const node = new NodesOf(this.#hasher, this.#mine.source, this.#mine.size).all([place])?.[0];
    if (node === undefined) throw new RangeError(`a node of my own is missing: height ${place.height}, index ${place.index}`);
    return node;
  }

  #their(place: NodePlace): Uint8Array {
    const node = this.#theirs.get(nameOf(place));
    if (node === undefined) throw new RangeError(`their node at height ${place.height}, index ${place.index} was never told`);
    return node;
  }
}

/** What answers a question, from a range that lies here; `undefined` where there is no such node or it is missing. */
export function answerTo(
  hasher: Hasher,
  { source, size }: SearchedRange,
  { node, levels }: NodeQuestion,
): readonly Uint8Array[] | undefined {
  const isAsked = Number.isInteger(levels) && levels >= 1 && levels <= Math.min(node.height, forkSearchLevelsMax);
  if (!isAsked || (node.index + 1) * 2 ** node.height > size) return undefined;
  const first = node.index * 2 ** levels;
  const places = Array.from({ length: 2 ** levels }, (_, index) => ({ height: node.height - levels, index: first + index }));
  return new NodesOf(hasher, source, size).all(places);
}

function childOf({ height, index }: NodePlace, side: 0 | 1): NodePlace {
  return { height: height - 1, index: 2 * index + side };
}

function nameOf({ height, index }: NodePlace): string {
  return `${height}/${index}`;
}
