import { toHex } from "../bytes/hex.js";
import { wantedPerReadMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { type BlockView, eventIn, isAbsent } from "../feed/event/block.js";
import { idsOfBlock } from "../feed/event/block-ids.js";
import { payloadLengthAt } from "../feed/event/event.js";
import { blockHolding, nameAt, namedLane, redactedBy } from "../feed/lane/absence.js";
import { DamagedStore, type FeedView } from "../feed/lane/feed-view.js";
import { type Hasher, hashBytes, spanWords } from "../identity/crypto.js";
import type { AuthorId } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { Range } from "../protocol/key-space.js";
import { absentKey, decodeKey, laneRange, tableRange } from "../store/keys.js";
import { laneAsked } from "./asked-lane.js";
import type { RedactionOf, WantedPage, WantedPayload } from "./peer-api.js";
import { SinterError } from "./sinter-error.js";

// Payloads that are not here, as an application asks about them.

export interface PayloadSource {
  readonly view: FeedView;
  readonly hasher: Hasher;
}

interface Place {
  readonly lane: number;
  readonly seq: number;
}

/** The event of this store's author that is to be redacted, by its lane's number. */
export function ownEvent(view: FeedView, author: AuthorId, path: SubjectPath, { seq, ...lane }: RedactionOf): Place {
  const subject = view.subjectId(path);
  const isHere = subject !== undefined && [...view.lanes(subject, author)].length > 0;
  if (!isHere)
    throw new SinterError("not-found", `this store's author has written nothing in ${path}`, "Only its author can redact an event.");
  return { lane: laneAsked(view, path, { ...lane, author: toHex(author) }).number, seq };
}

/** Looks at a bounded piece of the list of absent payloads, and leaves out those that were redacted. */
export function wantedPage(source: PayloadSource, only: SubjectPath | undefined, after: string | undefined): WantedPage {
  const places = listed(source.view, only, after === undefined ? undefined : placeOf(after));
  const reading = new Reading(source);
  const wanted = places.flatMap((place) => reading.payload(place) ?? []);
  const last = places.at(-1);
  return last === undefined || places.length < wantedPerReadMax ? { wanted } : { wanted, next: `${last.lane}/${last.seq}` };
}

function placeOf(text: string): Place {
  const [, lane, seq] = /^(\d{1,10})\/(\d{1,16})$/.exec(text) ?? [];
  if (lane === undefined) throw new SinterError("usage", "a place in the want-list that is none", "Give the `next` of the page before.");
  return { lane: Number(lane), seq: Number(seq) };
}

function listed(view: FeedView, only: SubjectPath | undefined, after: Place | undefined): readonly Place[] {
  const places: Place[] = [];
  for (const { from, to } of rangesOf(view, only, after)) {
    for (const [key] of view.keys.range({ from, to, limit: wantedPerReadMax - places.length })) {
      const place = decodeKey(key);
      if (isMalformed(place) || place.table !== "absent") throw new DamagedStore("absent payloads", "a key that is none");
      places.push(place);
    }
    if (places.length >= wantedPerReadMax) break;
  }
  return places;
}

/** Behind `after`, in the order of the lanes' numbers. */
function rangesOf(view: FeedView, only: SubjectPath | undefined, after: Place | undefined): readonly Range[] {
  const from = after && absentKey(after.lane, after.seq + 1);
  if (only === undefined) return [{ ...tableRange("absent"), ...(from && { from }) }];
  const subject = view.subjectId(only);
  const numbers = subject === undefined ? [] : [...view.lanes(subject)].map(({ number }) => number).sort((left, right) => left - right);
  const left = numbers.filter((number) => after === undefined || number >= after.lane);
  return left.map((number) => ({ ...laneRange("absent", number), ...(from && number === after?.lane && { from }) }));
}

/** Reads one event after another, each block once. */
class Reading {
  readonly #source: PayloadSource;
  #last: { readonly lane: number; readonly block: BlockView; readonly ids: Uint8Array } | undefined;

  constructor(source: PayloadSource) {
    this.#source = source;
  }

  /** Nothing where it was redacted. */
  payload({ lane, seq }: Place): WantedPayload | undefined {
    const { view, hasher } = this.#source;
    const record = view.lane(lane);
    const subject = record && view.subject(record.subject);
    if (record === undefined || subject === undefined) throw new DamagedStore(`lane ${lane}`, "its record is missing");
    // Whoever has it looks for it by this name.
    if (view.laneNumber(record.subject, record.author, record.epoch) !== lane)
      throw new DamagedStore(`lane ${lane}`, "its record is another lane's");
    const named = namedLane(hasher, record);
    const { block, ids } = this.#block({ lane, seq }, (found) => idsOfBlock(hasher, named.id, found));
    const index = seq - block.firstSeq;
    if (!isAbsent(block, index)) throw new DamagedStore(`event ${seq} of lane ${lane}`, "its payload is listed as absent, and is here");
    const event = eventIn(block, index);
    const own = { seq, id: ids.subarray(index * hashBytes, (index + 1) * hashBytes) };
    const name = nameAt(hasher, named, own, { bytes: block.bytes, offset: block.spans[index * spanWords] as number });
    if (redactedBy(view, name) !== undefined) return undefined;
    const { author, epoch } = record;
    const place = { subject, author: toHex(author), epoch: epoch.index, nonce: toHex(epoch.nonce), seq };
    return { ...place, hash: toHex(event.subarray(-hashBytes)), bytes: payloadLengthAt(event, 0) };
  }

  #block({ lane, seq }: Place, idsOf: (block: BlockView) => Uint8Array): { readonly block: BlockView; readonly ids: Uint8Array } {
    const last = this.#last;
    if (last?.lane === lane && seq >= last.block.firstSeq && seq < last.block.firstSeq + last.block.count) return last;
    const block = blockHolding(this.#source.view.blockOf(lane, seq)?.slice(), seq);
    if (block === undefined) throw new DamagedStore(`event ${seq} of lane ${lane}`, "it is missing");
    this.#last = { lane, block, ids: idsOf(block) };
    return this.#last;
  }
}
