import {
  type Appended,
  auditStore,
  authorOfKey,
  blockFirstSeq,
  decodeKey,
  eventOffsets,
  FeedView,
  frontierKeyBytes,
  frontierRow,
  type Hasher,
  hashBytes,
  isMalformed,
  type NetworkId,
  payloadAt,
  type ReadableKeys,
  type Signer,
  type TrieNodes,
  tableRange,
  toHex,
  updateTrie,
  type VerifiedRange,
  type Verifier,
} from "@sinter/core";
import type { Boot } from "../simulated-peer.js";
import { Acknowledged, type AcknowledgedEvent, type AcknowledgedLane, type Ids } from "./acknowledged.js";
import { type Answer, type Asked, FeedPeer } from "./feed-peer.js";
import type { FeedIdentity } from "./founding.js";

export interface FeedCrypto {
  readonly hasher: Hasher;
  readonly signer: Signer;
  readonly verifier: Verifier;
}

export interface StationOptions {
  readonly name: string;
  readonly crypto: FeedCrypto;
  readonly network: { readonly name: string; readonly id: NetworkId };
  readonly ids: Ids;
  /** Told of every answer, after it was looked at. */
  readonly heard?: (asked: Asked, answer: Answer) => void;
}

/** Losses that come of what the disk did, or of an end that was asked for; any other is a fault of ours. */
const LOSSES =
  /^(no space left on the disk|the disk cannot (write|sync)|the store is closed|the peer is stopping|too many failures within a minute, the last: (no space|the disk|the store is closed))/;

/** A peer with feeds over all its boots, as one who stands outside sees it: what it promised, and what it broke. */
export class Station {
  readonly name: string;
  readonly problems: string[] = [];
  acknowledged: Acknowledged;
  crypto: FeedCrypto;
  /** Of the data file: another after a copy. */
  inode = 1n;
  settledRoot: string | undefined;
  readonly #options: StationOptions;

  constructor(options: StationOptions) {
    this.name = options.name;
    this.crypto = options.crypto;
    this.acknowledged = new Acknowledged(options.ids);
    this.#options = options;
  }

  get identity(): FeedIdentity {
    const { signer } = this.crypto;
    return { signer, author: authorOfKey(signer.publicKey), network: this.#options.network, inode: this.inode };
  }

  boot(...[ports]: Parameters<Boot<FeedPeer>>): FeedPeer {
    const { hasher, verifier } = this.crypto;
    return new FeedPeer({ ports, hasher, verifier, identity: this.identity, answered: (asked, answer) => this.#answered(asked, answer) });
  }

  /** Holds a store just opened, or at rest, against what was promised, and against itself. */
  inspect(keys: ReadableKeys): void {
    for (const problem of this.acknowledged.problems(keys, this.crypto.hasher)) this.broken(problem);
    for (const { what, where, detail } of auditOf(keys, this.crypto, this.#options.network.id))
      this.broken(`audit: ${what} at ${where}: ${detail}`);
  }

  /** Whether the root it settled on is that of a trie made afresh of all its lanes. */
  compareRoot(keys: ReadableKeys): void {
    const root = toHex(freshRoot(keys, this.crypto.hasher, this.#options.network.id));
    if (this.settledRoot !== root) this.broken(`settled on root ${this.settledRoot}, and a trie made afresh has ${root}`);
  }

  broken(what: string): void {
    this.problems.push(`${this.name}: ${what}`);
  }

  #answered(asked: Asked, answer: Answer): void {
    if (answer.kind === "dropped" && !LOSSES.test(answer.loss.reason)) this.broken(`a ${asked.kind} was dropped: ${answer.loss.reason}`);
    if (answer.kind === "refused" && answer.code !== "disk-full" && answer.code !== "clock")
      this.broken(`a ${asked.kind} was refused: ${answer.reason}`);
    if (answer.kind === "unsettled") this.broken(`no root: ${answer.reason}`);
    if (answer.kind === "settled") this.settledRoot = toHex(answer.root);
    if (answer.kind === "appended" && asked.kind === "append") this.#promised(asked, answer);
    if (answer.kind === "appended" && asked.kind === "redact") this.acknowledged.redact(asked.place, asked.seq, "done");
    if (answer.kind === "taken" && asked.kind === "take") this.#tookIn(asked.range);
    this.#options.heard?.(asked, answer);
  }

  /** What others wrote, and this store says it has. */
  #tookIn(range: VerifiedRange): void {
    const { author, epoch } = range.place;
    const lane: AcknowledgedLane = { author, path: range.path, epoch: epoch.index, nonce: epoch.nonce };
    try {
      for (const event of eventsIn(range)) this.acknowledged.take(lane, event);
    } catch (error) {
      this.broken(error instanceof Error ? error.message : String(error));
    }
  }

  #promised(asked: Extract<Asked, { readonly kind: "append" }>, { appended, nonce }: Extract<Answer, { readonly kind: "appended" }>): void {
    const lane: AcknowledgedLane = { author: this.identity.author, path: asked.path, epoch: appended.epoch, nonce };
    if (appended.path !== asked.path || appended.seqs.count !== asked.events.length) this.broken("an append was acknowledged as another");
    try {
      asked.events.forEach(({ payload }, index) => this.acknowledged.take(lane, { ...placeOf(appended, index), payload }));
    } catch (error) {
      this.broken(error instanceof Error ? error.message : String(error));
    }
  }
}

/** What of a range is new, one event after the other. */
function* eventsIn({ firstSeq, ids, blocks }: VerifiedRange): Generator<AcknowledgedEvent, void, undefined> {
  for (const { bytes } of blocks) {
    let seq = blockFirstSeq(bytes);
    for (const offset of eventOffsets(bytes)) {
      const at = (seq - firstSeq) * hashBytes;
      if (at >= 0) yield { seq, id: toHex(ids.subarray(at, at + hashBytes)), payload: payloadAt(bytes, offset).slice() };
      seq += 1;
    }
  }
}

function placeOf({ seqs, ids }: Appended, index: number): { readonly seq: number; readonly id: string } {
  const seq = seqs.each?.[index] ?? seqs.first + index;
  const at = (seq - seqs.first) * hashBytes;
  return { seq, id: toHex(ids.subarray(at, at + hashBytes)) };
}

export function auditOf(
  keys: ReadableKeys,
  { hasher, verifier }: FeedCrypto,
  network: NetworkId,
): readonly { readonly what: string; readonly where: string; readonly detail: string }[] {
  const steps = auditStore(new FeedView(keys), { hasher, verifier, network });
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value.problems;
}

/** The root of the trie of all lanes that have a head, made in one go from nothing. */
function freshRoot(keys: ReadableKeys, hasher: Hasher, network: NetworkId): Uint8Array {
  const view = new FeedView(keys);
  const nodes = new Map<string, Uint8Array>();
  const memory: TrieNodes = {
    keyBytes: frontierKeyBytes,
    get: (path) => nodes.get(toHex(path)),
    put: (path, node) => void nodes.set(toHex(path), node.slice()),
    remove: (path) => void nodes.delete(toHex(path)),
  };
  const rows = [];
  for (const [key] of keys.range(tableRange("head"))) {
    const place = decodeKey(key);
    if (!isMalformed(place) && place.table === "head") rows.push(frontierRow({ hasher, network }, view, place.lane));
  }
  return updateTrie(hasher, memory, rows).root;
}
