import { toHex } from "../../bytes/hex.js";
import { equalBytes } from "../../bytes/order.js";
import { type Hasher, hashBytes, spanWords } from "../../identity/crypto.js";
import { feedId, laneId } from "../../identity/ids.js";
import { type NamedEvent, redactionKey } from "../../store/keys.js";
import type { LaneRecord } from "../../store/records.js";
import { type BlockView, eventIn, isAbsent } from "../event/block.js";
import { idsOfBlock } from "../event/block-ids.js";
import { kindAt, payloadLengthAt, type Redaction, systemKindMax } from "../event/event.js";
import { payloadHashOf } from "../event/event-id.js";
import { relaidBlock } from "../event/relaid-block.js";
import { blockHolding, type EventPlace, isEntered, isListed, type NamedLane, nameAt, namedBy, redactedBy } from "../lane/absence.js";
import { appendedAgain, type Copies } from "../lane/copies.js";
import type { FeedView } from "../lane/feed-view.js";
import type { StoredBlock } from "../lane/range-blocks.js";

// What one turn changes about payloads alone: which go, which come. The events, their ids and their order stay what they are;
// a block is laid out anew, and the list of absent payloads follows it.

/** A block with the events that it had: only what is there of their payloads is another. Only PayloadChanges makes one: the
 * class is not exported. */
class RelaidBlock {
  readonly firstSeq: number;
  readonly bytes: Uint8Array;

  constructor({ firstSeq, bytes }: StoredBlock) {
    this.firstSeq = firstSeq;
    this.bytes = bytes;
  }
}

export type { RelaidBlock };

export type PayloadWrite =
  | { readonly kind: "relaid"; readonly lane: number; readonly block: RelaidBlock }
  | { readonly kind: "listed"; readonly lane: number; readonly seq: number; readonly payload: "absent" | "here" }
  | { readonly kind: "redaction"; readonly event: NamedEvent; readonly by: EventPlace };

/** `held`: it is here already. `other`: these bytes are not what the event says. `missing`: there is no such event. */
export type Filling = "filled" | "held" | "redacted" | "other" | "missing";

/** A lane by what it is called here and everywhere. */
export interface NumberedLane extends NamedLane {
  readonly number: number;
}

/** A lane, and what a turn writes of it. */
export interface LaidLane {
  readonly lane: NumberedLane;
  readonly blocks: readonly StoredBlock[];
}

interface LaidEvent {
  readonly lane: NumberedLane;
  readonly seq: number;
}

interface ChangingParts {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly copies: Copies;
  readonly laid: readonly LaidLane[];
}

/** A block that is worked on. */
interface Sheet {
  readonly lane: NumberedLane;
  readonly block: BlockView;
  readonly ids: Uint8Array;
  /** By the event's index in the block. */
  readonly changes: Map<number, Uint8Array | "absent">;
}

/** Gathers changes, then says what is to be written. Blocks that the same step writes it must be told of: the view does not
 * show them yet. */
export class PayloadChanges {
  readonly #view: FeedView;
  readonly #hasher: Hasher;
  readonly #copies: Copies;
  readonly #laid = new Map<string, LaidLane>();
  /** Events of what is laid that were appended again, by the id they first had. */
  #laidAgain: ReadonlyMap<string, readonly LaidEvent[]> | undefined;
  readonly #sheets = new Map<string, Sheet>();
  readonly #redactions = new Map<string, PayloadWrite>();
  readonly #redacted = new Set<string>();
  readonly #listed = new Map<string, PayloadWrite>();

  /** `laid`: what the same step writes. */
  constructor({ view, hasher, copies, laid }: ChangingParts) {
    this.#view = view;
    this.#hasher = hasher;
    this.#copies = copies;
    for (const each of laid) this.#laid.set(toHex(each.lane.id), each);
  }

  /** An event says that it redacts another of its author's in its subject: what that says goes wherever it lies. */
  redact(author: Pick<LaneRecord, "author" | "subject">, redaction: Redaction, by: EventPlace): void {
    const event = namedBy(this.#hasher, author, redaction);
    const key = redactionKey(event, by.lane);
    const isKnown = isEntered(this.#view, event, by.lane) || this.#redactions.has(toHex(key));
    if (!isKnown) this.#redactions.set(toHex(key), { kind: "redaction", event, by });
    this.#redacted.add(nameOf(event));
    const feed = feedId(this.#hasher, author.author, author.subject);
    const number = this.#laid.get(toHex(event.lane))?.lane.number ?? this.#view.laneNumber(author.subject, author.author, redaction.epoch);
    if (number !== undefined) this.#dropNamed({ number, id: event.lane, feed }, event.seq, event);
    for (const { lane, seq } of this.#copies.of(this.#view, author, redaction))
      this.#dropNamed({ number: lane.number, id: laneId(this.#hasher, feed, lane.epoch), feed }, seq, event);
    this.#laidAgain ??= laidAgain(this.#laid.values());
    for (const { lane, seq } of this.#laidAgain.get(toHex(event.id)) ?? []) this.#dropNamed(lane, seq, event);
  }

  /** Of what lies at a place, only the event of that name: any other is another event, and is let be. */
  #dropNamed(lane: NumberedLane, seq: number, event: NamedEvent): void {
    const sheet = this.#sheet(lane, seq);
    if (sheet !== undefined && nameOf(this.#name(sheet, seq)) === nameOf(event)) this.drop(lane, seq);
  }

  /** Drops the payload of a redacted event. What the system's own events say stays. */
  drop(lane: NumberedLane, seq: number): void {
    const sheet = this.#sheet(lane, seq);
    const index = seq - (sheet?.block.firstSeq ?? 0);
    if (sheet === undefined || kindOf(sheet, index) <= systemKindMax) return;
    if (isAbsent(sheet.block, index)) sheet.changes.delete(index);
    else sheet.changes.set(index, "absent");
    this.miss({ lane: lane.number, seq });
  }

  /** A new event whose payload did not come with it. */
  miss(place: EventPlace): void {
    this.#list(place, "absent");
  }

  /** An event that was lost, with what came of it. */
  found(place: EventPlace, payload: "absent" | "here"): void {
    this.#list(place, payload);
  }

  fill(lane: NumberedLane, seq: number, payload: Uint8Array): Filling {
    const sheet = this.#sheet(lane, seq);
    if (sheet === undefined) return "missing";
    const { block, changes } = sheet;
    const index = seq - block.firstSeq;
    if (this.#isRedacted(this.#name(sheet, seq))) return "redacted";
    if (!isAbsent(block, index) || changes.has(index)) return "held";
    const event = eventIn(block, index);
    const isIt =
      payload.length === payloadLengthAt(event, 0) && equalBytes(payloadHashOf(this.#hasher, payload), event.subarray(-hashBytes));
    if (!isIt) return "other";
    changes.set(index, payload);
    this.#list({ lane: lane.number, seq }, "here");
    return "filled";
  }

  /** Blocks come behind those that the turn writes otherwise: they take their place. */
  writes(): readonly PayloadWrite[] {
    const relaid = [...this.#sheets.values()].flatMap((sheet) => (sheet.changes.size === 0 ? [] : [this.#relaid(sheet)]));
    return [...relaid, ...this.#redactions.values(), ...this.#listed.values()];
  }

  /** First seqs of the blocks that are laid out anew, by their lane's number. */
  changed(): readonly EventPlace[] {
    const sheets = [...this.#sheets.values()].filter(({ changes }) => changes.size > 0);
    return sheets.map(({ lane, block }) => ({ lane: lane.number, seq: block.firstSeq }));
  }

  #relaid({ lane, block, changes }: Sheet): PayloadWrite {
    const bytes = relaidBlock(this.#hasher, block, (index) => changes.get(index));
    return { kind: "relaid", lane: lane.number, block: new RelaidBlock({ firstSeq: block.firstSeq, bytes }) };
  }

  #name({ lane, block, ids }: Sheet, seq: number): NamedEvent {
    const index = seq - block.firstSeq;
    const own = { seq, id: ids.subarray(index * hashBytes, (index + 1) * hashBytes) };
    return nameAt(this.#hasher, lane, own, { bytes: block.bytes, offset: block.spans[index * spanWords] as number });
  }

  #isRedacted(event: NamedEvent): boolean {
    return this.#redacted.has(nameOf(event)) || redactedBy(this.#view, event) !== undefined;
  }

  #list(place: EventPlace, payload: "absent" | "here"): void {
    const name = `${place.lane}/${place.seq}`;
    if ((payload === "absent") === isListed(this.#view, place)) this.#listed.delete(name);
    else this.#listed.set(name, { kind: "listed", ...place, payload });
  }

  #sheet(lane: NumberedLane, seq: number): Sheet | undefined {
    const written = this.#laid.get(toHex(lane.id))?.blocks.findLast(({ firstSeq }) => firstSeq <= seq);
    // What the disk has lost is no event: the audit tells of it.
    const block = blockHolding(written?.bytes, seq) ?? blockHolding(this.#view.blockOf(lane.number, seq)?.slice(), seq);
    if (block === undefined) return undefined;
    const name = `${lane.number}/${block.firstSeq}`;
    const known = this.#sheets.get(name);
    if (known !== undefined) return known;
    const sheet: Sheet = { lane, block, ids: idsOfBlock(this.#hasher, lane.id, block), changes: new Map() };
    this.#sheets.set(name, sheet);
    return sheet;
  }
}

function laidAgain(laid: Iterable<LaidLane>): ReadonlyMap<string, readonly LaidEvent[]> {
  const found = new Map<string, LaidEvent[]>();
  for (const { lane, blocks } of laid) {
    for (const { firstSeq, bytes } of blocks) {
      const block = blockHolding(bytes, firstSeq);
      if (block === undefined) continue;
      for (const { seq, id } of appendedAgain(block)) found.set(id, [...(found.get(id) ?? []), { lane, seq }]);
    }
  }
  return found;
}

function kindOf({ block }: Sheet, index: number): number {
  return kindAt(eventIn(block, index), 0);
}

function nameOf({ lane, seq, id }: NamedEvent): string {
  return `${toHex(lane)}/${seq}/${toHex(id)}`;
}
