import { isMalformed } from "../bytes/malformed.js";
import { Reader } from "../bytes/reader.js";
import type { Writer } from "../bytes/writer.js";
import { DamagedStore } from "../feed/lane/feed-view.js";
import type { Hasher } from "../identity/crypto.js";
import type { Batch, ReadableKeys } from "../protocol/key-space.js";
import { Overlay } from "../protocol/overlay.js";
import { decodeKey } from "../store/keys.js";
import {
  itemKeyOf,
  viewAgainKey,
  viewChangedKey,
  viewItemKey,
  viewItemsRange,
  viewKey,
  viewLaneKey,
  viewNumberKey,
  viewQuarantineKey,
  viewRange,
} from "../store/view-keys.js";
import {
  decodeViewAgainRecord,
  decodeViewItem,
  decodeViewLaneRecord,
  decodeViewQuarantineRecord,
  encodeViewAgainRecord,
  encodeViewItem,
  encodeViewLaneRecord,
  encodeViewNumber,
  encodeViewQuarantineRecord,
  encodeViewRecord,
  type PlaceHere,
  type ViewRecord,
} from "../store/view-records.js";
import type { LaneCursor } from "./lane-fold.js";

const NO_BYTES = new Uint8Array(0);

interface KeysAsked {
  readonly after?: string | undefined;
  readonly limit?: number;
}

/** One view's part of the store. What is written stays here until it is handed over whole, with the cursors it goes with. */
export class ViewStore {
  readonly number: number;
  readonly overlay: Overlay;
  readonly #hasher: Hasher;
  #layers = 0;

  constructor(keys: ReadableKeys, hasher: Hasher, number: number) {
    this.number = number;
    this.overlay = new Overlay(keys);
    this.#hasher = hasher;
    this.overlay.begin(0);
  }

  /** Takes its place: from now on this is the view of that id. */
  found(id: Uint8Array, record: Omit<ViewRecord, "id">): void {
    this.overlay.put(viewKey(this.number), encodeViewRecord({ ...record, id }));
    this.overlay.put(viewNumberKey(record.subject, id), encodeViewNumber(this.number));
  }

  /** What was written since the last time, to be committed together. */
  take(): { readonly batch: Batch; readonly layer: number } {
    const layer = this.#layers++;
    const batch = this.overlay.seal();
    this.overlay.begin(this.#layers);
    return { batch, layer };
  }

  /** A batch is in the store. */
  kept(layer: number): void {
    this.overlay.flushed(layer);
  }

  // --- items ---

  item(key: string): Reader | undefined {
    const bytes = this.overlay.get(viewItemKey(this.number, key));
    return bytes === undefined ? undefined : this.#itemReader(key, bytes);
  }

  *items(prefix = "", { after, limit }: KeysAsked = {}): Iterable<readonly [key: string, item: Reader]> {
    const all = viewItemsRange(this.number, prefix);
    const from = after === undefined ? all.from : behind(viewItemKey(this.number, after));
    for (const [storeKey, bytes] of this.overlay.range({ from, to: all.to, ...limited(limit) })) {
      const key = itemKeyOf(storeKey);
      yield [key, this.#itemReader(key, bytes)];
    }
  }

  putItem(key: string, item: Writer): void {
    this.overlay.put(viewItemKey(this.number, key), encodeViewItem(this.#hasher, { view: this.number, key }, item.finish()));
  }

  removeItem(key: string): void {
    const storeKey = viewItemKey(this.number, key);
    if (this.overlay.peek(storeKey) !== undefined) this.overlay.remove(storeKey);
  }

  #itemReader(key: string, bytes: Uint8Array): Reader {
    const item = decodeViewItem(this.#hasher, { view: this.number, key }, bytes);
    if (isMalformed(item)) throw this.#damaged("an item");
    return new Reader(item);
  }

  // --- cursors ---

  *cursors(): Iterable<readonly [lane: number, cursor: LaneCursor]> {
    for (const [key, bytes] of this.overlay.range(viewRange("viewLane", this.number))) {
      const place = decodeKey(key);
      const cursor = decodeViewLaneRecord(bytes);
      if (isMalformed(place) || place.table !== "viewLane" || isMalformed(cursor)) throw this.#damaged("a cursor");
      yield [place.lane, { seq: cursor.seq, id: cursor.id.slice() }];
    }
  }

  putCursor(lane: number, cursor: LaneCursor): void {
    this.overlay.put(viewLaneKey(this.number, lane), encodeViewLaneRecord(cursor));
  }

  // --- events that were appended again ---

  again(event: Uint8Array): readonly PlaceHere[] {
    const bytes = this.overlay.get(viewAgainKey(this.number, event));
    if (bytes === undefined) return [];
    const places = decodeViewAgainRecord(bytes);
    if (isMalformed(places)) throw this.#damaged("where an event was appended again");
    return places;
  }

  /** Whether any event is here that was. */
  hasAgain(): boolean {
    for (const _ of this.overlay.range({ ...viewRange("viewAgain", this.number), limit: 1 })) return true;
    return false;
  }

  putAgain(event: Uint8Array, places: readonly PlaceHere[]): void {
    this.overlay.put(viewAgainKey(this.number, event), encodeViewAgainRecord(places));
  }

  // --- events that are passed over ---

  quarantined(lane: number, seq: number): string | undefined {
    const bytes = this.overlay.get(viewQuarantineKey(this.number, lane, seq));
    if (bytes === undefined) return undefined;
    const reason = decodeViewQuarantineRecord(bytes);
    if (isMalformed(reason)) throw this.#damaged("why an event is passed over");
    return reason;
  }

  *allQuarantined(): Iterable<PlaceHere & { readonly reason: string }> {
    for (const [key, bytes] of this.overlay.range(viewRange("viewQuarantine", this.number))) {
      const place = decodeKey(key);
      const reason = decodeViewQuarantineRecord(bytes);
      if (isMalformed(place) || place.table !== "viewQuarantine" || isMalformed(reason)) throw this.#damaged("an event passed over");
      yield { lane: place.lane, seq: place.seq, reason };
    }
  }

  quarantine(lane: number, seq: number, reason: string): void {
    this.overlay.put(viewQuarantineKey(this.number, lane, seq), encodeViewQuarantineRecord(reason));
  }

  // --- keys of a table that its trie does not have as they are ---

  changed({ after, limit }: KeysAsked): string[] {
    const { from, to } = viewRange("viewChanged", this.number);
    const range = { from: after === undefined ? from : behind(viewChangedKey(this.number, after)), to, ...limited(limit) };
    return Array.from(this.overlay.range(range), ([key]) => itemKeyOf(key));
  }

  putChanged(key: string): void {
    const storeKey = viewChangedKey(this.number, key);
    if (this.overlay.peek(storeKey) === undefined) this.overlay.put(storeKey, NO_BYTES);
  }

  removeChanged(key: string): void {
    this.overlay.remove(viewChangedKey(this.number, key));
  }

  #damaged(what: string): DamagedStore {
    return new DamagedStore(`view ${this.number}`, `${what} is not what was written`);
  }
}

/** No key lies between one and the same with a zero behind. */
function behind(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

function limited(limit: number | undefined): { readonly limit?: number } {
  return limit === undefined ? {} : { limit };
}
