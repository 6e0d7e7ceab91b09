import { toHex } from "../../bytes/hex.js";
import { tableRange } from "../../store/keys.js";
import { eventsInOrder, type StoredEvent } from "../lane/subject-reader.js";
import { offeredRange } from "../range/offered-range.js";
import type { RangeOffer } from "../range/verified-range.js";
import type { FeedCommand, FeedNotice } from "../write/feed-vocabulary.js";
import { hasher, pathOf, type Rig } from "./feed-rig.suite.js";

// Redactions, fills, and offers that lack payloads, a turn each.

/** Redacts an event of the rig's own lane, by its number if it is not the last one. */
export function redact(rig: Rig, path: string, seq: number, lane = rig.laneNumber(path)): FeedNotice {
  return inTurn(rig, { kind: "redact", token: 7, lane, seq });
}

export function fill(rig: Rig, lane: number, seq: number, payload: string | Uint8Array): FeedNotice {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  return inTurn(rig, { kind: "fill", token: 8, lane, seq, payload: bytes });
}

function inTurn(rig: Rig, command: FeedCommand): FeedNotice {
  const turn = rig.feed(command);
  turn.commit();
  return turn.notices[0];
}

/** All of a lane, without the payloads of these events. */
export function offerWithout(rig: Rig, lane: number, seqs: readonly number[] | "any"): RangeOffer {
  const without = (seq: number) => seqs === "any" || seqs.includes(seq);
  const offer = offeredRange(rig.view, hasher, { lane, from: 1, bytes: Number.POSITIVE_INFINITY, without });
  if (offer === undefined) throw new Error(`nothing in lane ${lane}`);
  return offer;
}

/** What a reader is told of each event, the system's own left out: epoch, seq, and what it says or why it does not. */
export function told(rig: Rig, path: string): string[] {
  return all(rig, path).flatMap(({ epoch, seq, kind, payload }) => (kind < 20 ? [] : [`${epoch.index}/${seq} ${textOf(payload)}`]));
}

function all(rig: Rig, path: string): StoredEvent[] {
  const subject = rig.view.subjectId(pathOf(path));
  if (subject === undefined) return [];
  const spans = [...rig.view.lanes(subject)].map((entry) => ({ entry, next: 1, end: (rig.view.head(entry.number)?.size ?? 0) + 1 }));
  return [...eventsInOrder(rig.view, hasher, subject, spans)];
}

function textOf(payload: StoredEvent["payload"]): string {
  return typeof payload === "string" ? `(${payload})` : new TextDecoder().decode(payload);
}

/** The entries of a table, as hexadecimal. */
export function entriesIn(rig: Rig, table: "absent" | "redaction"): string[] {
  return [...rig.keys.range(tableRange(table))].map(([key, value]) => `${toHex(key)} ${toHex(value)}`);
}

/** Whether these bytes are in any value that the store holds. */
export function holds(rig: Rig, text: string): boolean {
  const all = { from: new Uint8Array(0), to: new Uint8Array(40).fill(0xff) };
  return [...rig.keys.range(all)].some(([, value]) => Buffer.from(value).includes(text));
}
