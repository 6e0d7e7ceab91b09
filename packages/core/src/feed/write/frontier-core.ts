import { toHex } from "../../bytes/hex.js";
import { frontierKeyBytes, frontierRowsPerTurnMax } from "../../bytes/limits.js";
import { Malformed } from "../../bytes/malformed.js";
import type { Hasher } from "../../identity/crypto.js";
import { feedId, laneId, type NetworkId, spaceId } from "../../identity/ids.js";
import { DamagedTrie, type TrieNodes } from "../../proof/trie-node.js";
import { type RowChange, updateTrie } from "../../proof/trie-update.js";
import type { KeySpace, ReadableKeys } from "../../protocol/key-space.js";
import type { Core, Effect, Input, Json, Protocol, Surroundings, Vocabulary } from "../../protocol/protocol.js";
import { changedKey, metaKey, trieKey } from "../../store/keys.js";
import { encodeFrontierRecord, type FrontierRecord } from "../../store/records.js";
import { DamagedStore, FeedView } from "../lane/feed-view.js";
import { countedHead, soundHead } from "../lane/freeze.js";
import { rowHash, rowKey } from "../seal/seal.js";

// The core that keeps the frontier trie: derived state, a step behind the feeds. A commit that changes a lane only
// marks it (once, until the mark is taken); here the marks are taken in, many rows to a commit, and the trie, its
// summary and the removal of the marks are one write. So the cursor of this derived state is the set of marks.

export type FrontierCommand =
  /** Something changed: take it in before long. */
  | { readonly kind: "changed" }
  /** Take in all there is now, then say the root. */
  | { readonly kind: "settle"; readonly token: number };

export type FrontierNotice =
  | { readonly kind: "settled"; readonly token: number; readonly root: Uint8Array; readonly rows: number }
  /** The store is damaged: there is no telling what the root is. */
  | { readonly kind: "unsettled"; readonly token: number; readonly reason: string }
  /** Whoever asked for a root before this, and has no answer, asks again: this core begins anew. */
  | { readonly kind: "begun" }
  /** Nothing is left to take in: the next change is to be told. */
  | { readonly kind: "clean" };

export type FrontierWrite =
  | { readonly kind: "node"; readonly path: Uint8Array; readonly node: Uint8Array | undefined }
  | { readonly kind: "taken"; readonly lane: number }
  | { readonly kind: "summary"; readonly summary: FrontierRecord };

export interface FrontierVocabulary extends Vocabulary {
  Message: never;
  Command: FrontierCommand;
  Notice: FrontierNotice;
  Timer: "refresh";
  Write: FrontierWrite;
  View: FeedView;
  Job: never;
  Result: never;
}

type Frontier = FrontierVocabulary;

export interface FrontierOptions {
  readonly hasher: Hasher;
  readonly network: NetworkId;
}

/** Long enough that a busy lane is taken in once for many commits, short enough that nobody waits for a root. */
const REFRESH_MS = 250;
/** About 20 units a row. */
const REFRESH_COST = frontierRowsPerTurnMax * 20;
const EMPTY: FrontierRecord = { root: new Uint8Array(32), rows: 0 };

export function frontierProtocol(options: FrontierOptions): Protocol<Frontier> {
  return {
    name: "frontier",
    tag: 2,
    closesTurns: false,
    create: () => new FrontierCore(options),
    codec: { encode: (message) => message, decode: () => new Malformed("the frontier has no messages") },
    classOf: () => "bulk",
    costOf: (input) => (input.kind === "expired" || (input.kind === "commanded" && input.command.kind === "settle") ? REFRESH_COST : 1),
    open: (keys) => ({ view: new FeedView(keys), apply: (write) => applyFrontierWrite(keys, write) }),
  };
}

function applyFrontierWrite(keys: KeySpace, write: FrontierWrite): void {
  switch (write.kind) {
    case "node":
      return write.node === undefined ? keys.remove(trieKey(write.path)) : keys.put(trieKey(write.path), write.node);
    case "taken":
      return keys.remove(changedKey(write.lane));
    case "summary":
      return keys.put(metaKey("frontier"), encodeFrontierRecord(write.summary));
  }
}

class FrontierCore implements Core<Frontier> {
  readonly #options: FrontierOptions;
  /** Tokens of those who asked for the root. */
  readonly #waiting: number[] = [];
  #scheduled = false;
  #taken = 0;

  constructor(options: FrontierOptions) {
    this.#options = options;
  }

  step(input: Input<Frontier>, { view, disk }: Surroundings<Frontier>): readonly Effect<Frontier>[] {
    switch (input.kind) {
      case "started":
        return [{ kind: "notify", notice: { kind: "begun" } }, ...this.#schedule(REFRESH_MS)];
      case "commanded":
        if (input.command.kind === "changed") return this.#schedule(REFRESH_MS);
        this.#waiting.push(input.command.token);
        return this.#refresh(view);
      case "expired":
        this.#scheduled = false;
        // Taking rows in grows the trie: a full disk can wait for it, and who asks for the root still gets it.
        return disk === "full" && this.#waiting.length === 0 ? this.#schedule(REFRESH_MS) : this.#refresh(view);
      default:
        return [];
    }
  }

  describe(): Json {
    return { waiting: this.#waiting.length, scheduled: this.#scheduled, taken: this.#taken };
  }

  #schedule(delayMs: number): readonly Effect<Frontier>[] {
    if (this.#scheduled) return [];
    this.#scheduled = true;
    return [{ kind: "schedule", timer: "refresh", delayMs }];
  }

  /** Damage to what it reads is no reason to fail: the feeds themselves go on, and an audit must be able to run. */
  #refresh(view: FeedView): readonly Effect<Frontier>[] {
    try {
      return this.#takeChanged(view);
    } catch (error) {
      if (!(error instanceof DamagedStore) && !(error instanceof DamagedTrie)) throw error;
      const reason = error.message;
      return this.#waiting.splice(0).map((token) => ({ kind: "notify", notice: { kind: "unsettled", token, reason } }));
    }
  }

  #takeChanged(view: FeedView): readonly Effect<Frontier>[] {
    const lanes = view.changedLanes(frontierRowsPerTurnMax);
    const effects: Effect<Frontier>[] = [];
    const summary = lanes.length > 0 ? this.#take(lanes, view, effects) : (view.frontier() ?? EMPTY);
    if (lanes.length === frontierRowsPerTurnMax) {
      this.#scheduled = false;
      return [...effects, ...this.#schedule(0)];
    }
    for (const token of this.#waiting.splice(0)) effects.push({ kind: "notify", notice: { kind: "settled", token, ...summary } });
    effects.push({ kind: "notify", notice: { kind: "clean" } });
    return effects;
  }

  #take(lanes: readonly number[], view: FeedView, effects: Effect<Frontier>[]): FrontierRecord {
    const { hasher } = this.#options;
    const nodes = new PendingNodes(view.keys);
    const { root, growth } = updateTrie(
      hasher,
      nodes,
      lanes.map((lane) => this.#row(lane, view)),
    );
    const summary = { root, rows: (view.frontier()?.rows ?? 0) + growth };
    for (const { path, node } of nodes.changes()) effects.push({ kind: "write", write: { kind: "node", path, node } });
    for (const lane of lanes) effects.push({ kind: "write", write: { kind: "taken", lane } });
    effects.push({ kind: "write", write: { kind: "summary", summary } });
    this.#taken += lanes.length;
    return summary;
  }

  #row(lane: number, view: FeedView): RowChange {
    soundHead(view, this.#options.hasher, lane);
    return frontierRow(this.#options, view, lane);
  }
}

/** A lane's row: its key in the trie, and its hash; none where nothing of the lane counts, so that who holds nothing of it agrees. */
export function frontierRow({ hasher, network }: FrontierOptions, view: FeedView, lane: number): RowChange {
  const record = view.lane(lane);
  const path = record === undefined ? undefined : view.subject(record.subject);
  if (record === undefined || path === undefined) throw new DamagedStore(`lane ${lane}`, "its record or path is missing");
  const id = laneId(hasher, feedId(hasher, record.author, record.subject), record.epoch);
  const key = rowKey(spaceId(hasher, network, path), record.subject, id);
  // Of a frozen lane what counts of it, whichever branch is held; where less is held than that, what is held.
  const counted = countedHead(view, hasher, lane);
  return { key, row: counted.size === 0 ? undefined : rowHash(hasher, { lane: id, ...counted }) };
}

/** The trie's nodes as stored, under what this step changes. */
class PendingNodes implements TrieNodes {
  readonly keyBytes = frontierKeyBytes;
  readonly #keys: ReadableKeys;
  readonly #changes = new Map<string, { readonly path: Uint8Array; readonly node: Uint8Array | undefined }>();

  constructor(keys: ReadableKeys) {
    this.#keys = keys;
  }

  get(path: Uint8Array): Uint8Array | undefined {
    const change = this.#changes.get(toHex(path));
    return change === undefined ? this.#keys.get(trieKey(path)) : change.node;
  }

  put(path: Uint8Array, node: Uint8Array): void {
    this.#changes.set(toHex(path), { path: path.slice(), node });
  }

  remove(path: Uint8Array): void {
    this.#changes.set(toHex(path), { path: path.slice(), node: undefined });
  }

  changes(): Iterable<{ readonly path: Uint8Array; readonly node: Uint8Array | undefined }> {
    return this.#changes.values();
  }
}
