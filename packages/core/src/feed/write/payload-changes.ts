import { toHex } from "../../bytes/hex.js";
import { equalBytes } from "../../bytes/order.js";
import { type Hasher, hashBytes } from "../../identity/crypto.js";
import type { LaneId } from "../../identity/ids.js";
import { type NamedEvent, redactionKey } from "../../store/keys.js";
import type { LaneRecord } from "../../store/records.js";
import { type BlockView, eventIn, isAbsent } from "../event/block.js";
import { idsOfBlock } from "../event/block-ids.js";
import { kindAt, payloadLengthAt, type Redaction, systemKindMax } from "../event/event.js";
import { payloadHashOf } from "../event/event-id.js";
import { relaidBlock } from "../event/relaid-block.js";
import { blockHolding, type EventPlace, isEntered, isListed, namedBy, redactedBy } from "../lane/absence.js";
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
export interface NumberedLane {
  readonly number: number;
  readonly id: LaneId;
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
  readonly #laid = new Map<string, { readonly lane: NumberedLane; readonly blocks: readonly StoredBlock[] }>();
  readonly #sheets = new Map<string, Sheet>();
  readonly #redactions = new Map<string, PayloadWrite>();
  readonly #redacted = new Set<string>();
  readonly #listed = new Map<string, PayloadWrite>();

  constructor(view: FeedView, hasher: Hasher) {
    this.#view = view;
    this.#hasher = hasher;
  }

  /** Blocks of a lane that are written in the same step. */
  laid(lane: NumberedLane, blocks: readonly StoredBlock[]): void {
    this.#laid.set(toHex(lane.id), { lane, blocks });
  }

  /** An event says that it redacts another of its author's in its subject. */
  redact(author: Pick<LaneRecord, "author" | "subject">, redaction: Redaction, by: EventPlace): void {
    const event = namedBy(this.#hasher, author, redaction);
    const key = redactionKey(event, by.lane);
    const isKnown = isEntered(this.#view, event, by.lane) || this.#redactions.has(toHex(key));
    if (!isKnown) this.#redactions.set(toHex(key), { kind: "redaction", event, by });
    this.#redacted.add(nameOf(event));
    const number = this.#laid.get(toHex(event.lane))?.lane.number ?? this.#view.laneNumber(author.subject, author.author, redaction.epoch);
    if (number !== undefined) this.drop({ number, id: event.lane }, event.seq, event.id);
  }

  /** Drops the payload of a redacted event that is here. What the system's own events say stays, and an event of another id is
   * another event: those it leaves alone. */
  drop(lane: NumberedLane, seq: number, id: Uint8Array): void {
    const sheet = this.#sheet(lane, seq);
    if (sheet === undefined) return;
    const index = seq - sheet.block.firstSeq;
    const isIt = equalBytes(idAt(sheet, index), id) && kindOf(sheet, index) > systemKindMax;
    if (!isIt) return;
    if (isAbsent(sheet.block, index)) sheet.changes.delete(index);
    else sheet.changes.set(index, "absent");
    this.miss({ lane: lane.number, seq });
  }

  /** A new event whose payload did not come with it. */
  miss(place: EventPlace): void {
    this.#list(place, "absent");
  }

  fill(lane: NumberedLane, seq: number, payload: Uint8Array): Filling {
    const sheet = this.#sheet(lane, seq);
    if (sheet === undefined) return "missing";
    const { block, changes } = sheet;
    const index = seq - block.firstSeq;
    if (this.#isRedacted({ lane: lane.id, seq, id: idAt(sheet, index) })) return "redacted";
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

function idAt({ ids }: Sheet, index: number): Uint8Array {
  return ids.subarray(index * hashBytes, (index + 1) * hashBytes);
}

function kindOf({ block }: Sheet, index: number): number {
  return kindAt(eventIn(block, index), 0);
}

function nameOf({ lane, seq, id }: NamedEvent): string {
  return `${toHex(lane)}/${seq}/${toHex(id)}`;
}
