import fc from "fast-check";
import { toHex } from "../bytes/hex.js";
import { frontierKeyBytes } from "../bytes/limits.js";
import { FeedView } from "../feed/lane/feed-view.js";
import { hasher, network, nonce, pathOf } from "../feed/rig/feed-rig.suite.js";
import { laneOf } from "../feed/seal/checkpoint.js";
import { applyFeedWrite } from "../feed/write/feed-vocabulary.js";
import { frontierRow } from "../feed/write/frontier-core.js";
import { falconSignatureBytes, signatureBytes } from "../identity/crypto.js";
import { asId, type Epoch, spaceId, subjectId } from "../identity/ids.js";
import { updateTrie } from "../proof/trie-update.js";
import { headKey, hybridKey, metaKey, trieKey } from "../store/keys.js";
import { MemoryKeys } from "../store/memory-keys.js";
import { encodeFrontierRecord, encodeHeadRecord, encodeHybridRecord } from "../store/records.js";
import type { Row, Scope, ScopePart } from "./messages.js";
import type { RowSource } from "./reconcile/reconciler.js";
import { RowIndex } from "./row-index.js";
import { rowOf } from "./rows.js";

// Stores with rows and nothing behind them: heads as the test wants them, of lanes without events.

export const salt: Uint8Array = new Uint8Array(16).map((_, at) => 17 * at + 1);
export const everything: Scope = { kind: "all" };

export interface LaneName {
  readonly path: string;
  readonly author: number;
  readonly epoch: number;
}

export interface LaneState {
  readonly size: number;
  /** Which of the events that could be there is the last one. */
  readonly branch: number;
  readonly hybridSize: number;
  /** `behind`: where the next event would be; `first`: nothing counts. */
  readonly frozen: "no" | "behind" | "first";
}

export class RowStore implements RowSource {
  readonly keys: MemoryKeys = new MemoryKeys();
  readonly view: FeedView = new FeedView(this.keys);
  readonly hasher: typeof hasher = hasher;
  readonly index: RowIndex;
  readonly #changed = new Set<number>();
  #lanes = 0;
  #rows = 0;

  constructor(salted: Uint8Array = salt) {
    this.index = new RowIndex({ hasher, network }, salted);
  }

  /** In the index at once, in the trie once it is settled. */
  set(name: LaneName, { size, branch, hybridSize, frozen }: LaneState): number {
    const place = placeNamed(name);
    const lane = this.view.laneNumber(place.subject, place.author, place.epoch) ?? this.#lanes++;
    applyFeedWrite(this.keys, { kind: "lane", lane, path: pathOf(name.path), ...place });
    const stamp = { wallMs: 1_800_000_000_000, counter: 0 };
    const seal = { size, stamp, leaves: 1, index: 0, path: [], signature: new Uint8Array(signatureBytes) };
    const headId = hasher.hash("sinter 1 event", Uint8Array.of(size, branch));
    const peaks = [...size.toString(2)].filter((bit) => bit === "1").map(() => new Uint8Array(32));
    const freezeAt = { no: 0, behind: size + 1, first: 1 }[frozen];
    this.keys.put(headKey(lane), encodeHeadRecord({ size, headId, stamp, freezeAt, lastBlockSeq: 1, peaks, seal }));
    const sealed = { ...seal, size: hybridSize, signature: new Uint8Array(falconSignatureBytes) };
    if (hybridSize === 0) this.keys.remove(hybridKey(lane));
    else this.keys.put(hybridKey(lane), encodeHybridRecord({ mmrRoot: new Uint8Array(32), headId, seal: sealed }));
    this.index.update(this.view, lane);
    this.#changed.add(lane);
    return lane;
  }

  settle(): this {
    const nodes = {
      keyBytes: frontierKeyBytes,
      get: (path: Uint8Array) => this.keys.get(trieKey(path)),
      put: (path: Uint8Array, node: Uint8Array) => this.keys.put(trieKey(path.slice()), node),
      remove: (path: Uint8Array) => this.keys.remove(trieKey(path)),
    };
    const changes = [...this.#changed].map((lane) => frontierRow({ hasher, network }, this.view, lane));
    const { root, growth } = updateTrie(hasher, nodes, changes);
    this.#changed.clear();
    this.#rows += growth;
    this.keys.put(metaKey("frontier"), encodeFrontierRecord({ root, rows: this.#rows }));
    return this;
  }

  lanes(): number[] {
    return Array.from({ length: this.#lanes }, (_, lane) => lane);
  }
}

export function placeNamed({ path, author, epoch }: LaneName): Pick<Row, "author" | "subject" | "epoch"> {
  const at: Epoch = { index: epoch, nonce: nonce(epoch) };
  return { author: asId(new Uint8Array(32).fill(author)), subject: subjectId(hasher, network, pathOf(path)), epoch: at };
}

export function nameOfRow(row: Row): string {
  return toHex(laneOf(hasher, row));
}

export function textOfRow(row: Row): string {
  return [nameOfRow(row), row.size, toHex(row.headId), row.freezeAt, row.hybridSize].join(" ");
}

/** Of what counts in the scope, by lane. */
export function rowsOf(source: RowSource, lanes: Iterable<number>): Map<string, { readonly lane: number; readonly text: string }> {
  const rows = new Map<string, { readonly lane: number; readonly text: string }>();
  for (const lane of lanes) {
    const row = rowOf(source.view, hasher, lane);
    if (row !== undefined && row.size > 0) rows.set(nameOfRow(row), { lane, text: textOfRow(row) });
  }
  return rows;
}

export interface Difference {
  readonly theirs: readonly string[];
  readonly ours: readonly number[];
}

/** By comparing all rows of both with one another. */
export function naiveDifference(mine: RowSource, theirs: RowSource, within: (source: RowSource) => Iterable<number>): Difference {
  const [here, there] = [rowsOf(mine, within(mine)), rowsOf(theirs, within(theirs))];
  return {
    theirs: [...there].flatMap(([name, { text }]) => (here.get(name)?.text === text ? [] : [text])).sort(),
    ours: [...here].flatMap(([name, { lane, text }]) => (there.get(name)?.text === text ? [] : [lane])).sort((one, other) => one - other),
  };
}

export function spacePart(path: string): ScopePart {
  return { hidden: new Uint8Array(16), space: spaceId(hasher, network, pathOf(path)), subject: undefined };
}

export function subjectPart(path: string): ScopePart {
  return { ...spacePart(path), subject: subjectId(hasher, network, pathOf(path)) };
}

export function some(...parts: readonly ScopePart[]): Scope {
  return { kind: "some", parts };
}

const anyName = fc.record({
  path: fc.constantFrom("a/b/1", "a/b/2", "a/b/2/x", "a/c/1", "d"),
  author: fc.nat(12),
  epoch: fc.nat(1),
});
const anyState: fc.Arbitrary<LaneState> = fc
  .record({
    size: fc.integer({ min: 1, max: 9 }),
    branch: fc.nat(1),
    hybridSize: fc.nat(4),
    frozen: fc.constantFrom("no", "no", "no", "behind", "first"),
  })
  .map((state) => ({ ...state, hybridSize: Math.min(state.size, state.hybridSize) }));

export interface TwoStates {
  readonly name: LaneName;
  readonly here: LaneState | undefined;
  readonly there: LaneState | undefined;
}

/** Most lanes the same on both sides. */
export const anyRows: fc.Arbitrary<TwoStates[]> = fc.uniqueArray(
  fc
    .record({
      name: anyName,
      here: fc.option(anyState, { nil: undefined, freq: 6 }),
      there: fc.option(anyState, { nil: undefined }),
      same: fc.nat(3),
    })
    .map(({ name, here, there, same }) => ({ name, here, there: same > 0 ? here : there })),
  { maxLength: 60, size: "max", selector: ({ name }) => `${name.path} ${name.author} ${name.epoch}` },
);

export function twoStores(rows: readonly TwoStates[]): [RowStore, RowStore] {
  const [mine, theirs] = [new RowStore(), new RowStore()];
  for (const { name, here } of rows) if (here !== undefined) mine.set(name, here);
  for (const { name, there } of rows.toReversed()) if (there !== undefined) theirs.set(name, there);
  return [mine.settle(), theirs.settle()];
}
