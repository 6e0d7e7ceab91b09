import { toHex } from "../../bytes/hex.js";
import { tableKeyBytes } from "../../bytes/limits.js";
import { Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { type Hasher, hashBytes, spanWords } from "../../identity/crypto.js";
import { feedId, laneId } from "../../identity/ids.js";
import { checkRecord } from "../../proof/trie-check.js";
import { decodeKey } from "../../store/keys.js";
import type { LaneRecord } from "../../store/records.js";
import { type ViewStoreKey, viewKey, viewLaneKey, viewLogKey, viewNumberKey, viewTables, viewTrieKey } from "../../store/view-keys.js";
import {
  decodeViewAgainRecord,
  decodeViewItem,
  decodeViewLaneRecord,
  decodeViewLogPiece,
  decodeViewLogTail,
  decodeViewNumber,
  decodeViewQuarantineRecord,
  decodeViewRecord,
  type PlaceHere,
  type ViewRecord,
  viewLogTail,
} from "../../store/view-records.js";
import { originAt } from "../event/event.js";
import type { FeedView } from "../lane/feed-view.js";
import { vouchedBlock } from "../lane/subject-reader.js";
import { entriesOf, isWrittenHere, storeAuthor } from "./audit-tables.js";
import { Findings } from "./findings.js";

// Views against what they were folded from. A view is a cache: nothing is lost with it but the time that it takes to fold it anew.
// Views may be folded and dropped while they are looked at: each entry is held against the rest in one go, as it is at that moment.

export interface AuditedView {
  /** Its number; where not even that can be told, nothing. */
  readonly view: number | undefined;
  readonly key: Uint8Array;
  readonly fault: string | undefined;
}

/** Answers how many views there are. */
export function* auditViews(view: FeedView, hasher: Hasher, findings: Findings): Generator<undefined, number, undefined> {
  let views = 0;
  for (const { view: number, key, fault } of viewEntries(view, hasher)) {
    if (number !== undefined && equalBytes(key, viewKey(number))) views++;
    if (fault !== undefined) findings.add("view", number === undefined ? toHex(key) : `view ${number}`, fault);
    yield undefined;
  }
  return views;
}

/** Every entry of every view, and what is wrong with it. */
export function* viewEntries(view: FeedView, hasher: Hasher): Generator<AuditedView, void, undefined> {
  const look = new ViewLook(view, hasher);
  for (const [key] of entriesOf(view.keys, viewTables)) {
    // As it is now: the piece it came in was read some time ago.
    const value = view.keys.get(key);
    if (value === undefined) continue;
    const place = decodeKey(key);
    if (place instanceof Malformed || !("view" in place || place.table === "viewNumber")) {
      const number = key.length < viewKey(0).length ? undefined : new DataView(key.buffer, key.byteOffset).getUint32(1);
      yield { view: number, key, fault: place instanceof Malformed ? place.reason : "a key of no view" };
    } else yield { view: "view" in place ? place.view : undefined, key, fault: look.fault(place, value) };
  }
}

class ViewLook {
  readonly #view: FeedView;
  readonly #hasher: Hasher;

  constructor(view: FeedView, hasher: Hasher) {
    this.#view = view;
    this.#hasher = hasher;
  }

  fault(place: ViewStoreKey, value: Uint8Array): string | undefined {
    if (place.table === "viewNumber") return this.#numberFault(place, value);
    const record = this.#record(place.view);
    if (record === undefined) return "of no view";
    if (record instanceof Malformed) return place.table === "view" ? record.reason : undefined;
    // One that is being dropped, piece by piece.
    if (!this.#isRead(place.view, record)) return undefined;
    switch (place.table) {
      case "view":
        return this.#reading(() => this.#view.subject(record.subject)) === undefined ? "a view of no subject" : undefined;
      case "viewLane":
        return this.#cursorFault(place.lane, value, record);
      case "viewItem":
        return reasonOf(decodeViewItem(this.#hasher, place, value));
      case "viewLog":
        return this.#logFault(place, value);
      case "viewTrie":
        return this.#trieFault(place.view, place.path);
      case "viewAgain":
        return this.#againFault(place, value);
      case "viewChanged":
        return value.length === 0 ? undefined : "a mark that says more than that its key changed";
      case "viewQuarantine":
        return reasonOf(decodeViewQuarantineRecord(value)) ?? this.#unfoldedFault(place.view, [place]);
    }
  }

  #record(view: number): ViewRecord | Malformed | undefined {
    const bytes = this.#view.keys.get(viewKey(view));
    return bytes === undefined ? undefined : decodeViewRecord(bytes);
  }

  #isRead(view: number, { subject, id }: ViewRecord): boolean {
    const number = this.#view.keys.get(viewNumberKey(subject, id));
    return number !== undefined && decodeViewNumber(number) === view;
  }

  #numberFault({ subject, id }: ViewStoreKey & { readonly table: "viewNumber" }, value: Uint8Array): string | undefined {
    const number = decodeViewNumber(value);
    if (number instanceof Malformed) return number.reason;
    const record = this.#record(number);
    if (record === undefined) return `it leads to view ${number}, which is not there`;
    if (record instanceof Malformed) return undefined;
    return equalBytes(record.subject, subject) && equalBytes(record.id, id) ? undefined : `it leads to view ${number}, which is another`;
  }

  /** Of this store's author others may have had more, or other events: these came in the place of those that were folded. Whoever
   * next opens the view sees it, and folds it anew. */
  #cursorFault(lane: number, value: Uint8Array, { subject }: ViewRecord): string | undefined {
    const cursor = decodeViewLaneRecord(value);
    if (cursor instanceof Malformed) return cursor.reason;
    const record = this.#laneOf(lane);
    if (record === undefined) return `a cursor in lane ${lane}, which is not there`;
    if (!equalBytes(record.subject, subject)) return `a cursor in lane ${lane}, which is of another subject`;
    if (isWrittenHere(record, storeAuthor(this.#view))) return undefined;
    const size = this.#reading(() => this.#view.head(lane))?.size;
    if (size !== undefined && cursor.seq > size) return `folded up to event ${cursor.seq} of lane ${lane}, which has ${size}`;
    const event = this.#eventAt(lane, record, cursor.seq);
    const isIt = event === undefined || equalBytes(event.id, cursor.id);
    return isIt ? undefined : `folded up to another event ${cursor.seq} of lane ${lane} than the one that is there`;
  }

  /** Of the last piece: whether those before it are there. */
  #logFault({ view, key, chunk }: ViewStoreKey & { readonly table: "viewLog" }, value: Uint8Array): string | undefined {
    const tail = chunk === viewLogTail ? decodeViewLogTail(value) : undefined;
    if (tail instanceof Malformed) return tail.reason;
    const operations = decodeViewLogPiece(tail?.piece ?? value);
    if (operations instanceof Malformed) return operations.reason;
    if (operations.length === 0) return "a log of nothing";
    const isThere = (piece: number) => this.#view.keys.get(viewLogKey(view, key, piece)) !== undefined;
    // The last of them; and that the log has a last piece.
    if (!isThere(tail === undefined ? viewLogTail : tail.pieces - 1) && tail?.pieces !== 0) return "a log of which a piece is missing";
    return this.#unfoldedFault(view, operations);
  }

  #againFault({ view, event }: ViewStoreKey & { readonly table: "viewAgain" }, value: Uint8Array): string | undefined {
    const places = decodeViewAgainRecord(value);
    if (places instanceof Malformed) return places.reason;
    const unfolded = this.#unfoldedFault(view, places);
    if (unfolded !== undefined) return unfolded;
    for (const { lane, seq } of places) {
      const record = this.#laneOf(lane);
      if (record === undefined || isWrittenHere(record, storeAuthor(this.#view))) continue;
      const found = this.#eventAt(lane, record, seq);
      if (found !== undefined && !equalBytes(found.firstId, event))
        return `event ${seq} of lane ${lane} is not the one that it is said to be`;
    }
    return undefined;
  }

  /** Whatever a view says of an event, it has folded it. */
  #unfoldedFault(view: number, places: readonly PlaceHere[]): string | undefined {
    for (const { lane, seq } of places) {
      const folded = this.#foldedUpTo(view, lane);
      if (seq < 1 || seq > folded) return `it speaks of event ${seq} of lane ${lane}, which is folded up to ${folded}`;
    }
    return undefined;
  }

  /** Where the cursor cannot be read, that is told of, and nothing else by it. */
  #foldedUpTo(view: number, lane: number): number {
    const bytes = lane > 0xffff_ffff ? undefined : this.#view.keys.get(viewLaneKey(view, lane));
    if (bytes === undefined) return 0;
    const cursor = decodeViewLaneRecord(bytes);
    return cursor instanceof Malformed ? Number.POSITIVE_INFINITY : cursor.seq;
  }

  #trieFault(view: number, path: Uint8Array): string | undefined {
    const nodes = {
      keyBytes: tableKeyBytes,
      get: (at: Uint8Array) => this.#view.keys.get(viewTrieKey(view, at)),
      put: writesNothing,
      remove: writesNothing,
    };
    return checkRecord(this.#hasher, nodes, path)?.faults[0];
  }

  #laneOf(lane: number): LaneRecord | undefined {
    return this.#reading(() => this.#view.lane(lane));
  }

  /** An event's id, and the one it first had. Of a lane that cannot be read, nothing: that is told of elsewhere. */
  #eventAt(
    lane: number,
    { author, subject, epoch }: LaneRecord,
    seq: number,
  ): { readonly id: Uint8Array; readonly firstId: Uint8Array } | undefined {
    return this.#reading(() => {
      const id = laneId(this.#hasher, feedId(this.#hasher, author, subject), epoch);
      const { block, ids } = vouchedBlock(this.#view, this.#hasher, { number: lane, id }, seq);
      const index = seq - block.firstSeq;
      const own = ids.subarray(index * hashBytes, (index + 1) * hashBytes);
      return { id: own, firstId: originAt(block.bytes, block.spans[index * spanWords] as number)?.id ?? own };
    });
  }

  #reading<T>(read: () => T): T | undefined {
    return new Findings().attempt(read);
  }
}

function reasonOf(decoded: unknown): string | undefined {
  return decoded instanceof Malformed ? decoded.reason : undefined;
}

function writesNothing(): never {
  throw new Error("an audit writes nothing");
}
