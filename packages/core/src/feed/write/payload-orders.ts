import type { Hasher } from "../../identity/crypto.js";
import type { LaneRecord } from "../../store/records.js";
import { absentIn, isAbsent } from "../event/block.js";
import type { Redaction } from "../event/event.js";
import { hasOrigins } from "../event/origin.js";
import { blockHolding, type EventPlace, namedLane, redactedIn, redactedSeqs, soundEvent } from "../lane/absence.js";
import type { Copies } from "../lane/copies.js";
import type { FeedView } from "../lane/feed-view.js";
import type { MendedSpan } from "../range/mended-span.js";
import type { VerifiedRange } from "../range/verified-range.js";
import type { FeedNotice, FillCommand, Refusal } from "./feed-vocabulary.js";
import { unlessDamaged } from "./freeze-lane.js";
import { type Filling, type LaidLane, PayloadChanges, type PayloadWrite } from "./payload-changes.js";

// What a turn does about payloads once it closes. Not before: a block that is still written to would be laid out over it.

/** A redaction of ours, that the turn has laid. */
export interface RedactOrder {
  readonly kind: "redact";
  readonly of: Pick<LaneRecord, "author" | "subject">;
  readonly redaction: Redaction;
  /** The event that says so. */
  readonly by: EventPlace;
}

/** A range that the turn has taken. */
interface TakenOrder {
  readonly kind: "taken";
  /** By its number here. */
  readonly lane: number;
  readonly range: VerifiedRange;
}

/** Events that had been lost are here again: with other payloads, it may be, than were here before. */
interface MendedOrder {
  readonly kind: "mended";
  readonly mended: MendedSpan;
}

export type PayloadOrder = RedactOrder | TakenOrder | MendedOrder | FillCommand;

export interface OrderParts {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly copies: Copies;
  /** What the turn writes of lanes of ours. */
  readonly laid: readonly LaidLane[];
}

export interface ChangedPayloads {
  readonly writes: readonly PayloadWrite[];
  readonly notices: readonly FeedNotice[];
  /** First seqs of the blocks that are laid out anew. */
  readonly changed: readonly EventPlace[];
}

export function changedPayloads(orders: readonly PayloadOrder[], parts: OrderParts): ChangedPayloads {
  const changes = new PayloadChanges(parts);
  const notices: FeedNotice[] = [];
  for (const order of orders) {
    if (order.kind === "redact") changes.redact(order.of, order.redaction, order.by);
    else if (order.kind === "taken") taken(changes, order, parts);
    else if (order.kind === "mended") mended(changes, order, parts);
    else
      notices.push(
        answerOf(
          order,
          unlessDamaged(() => fill(changes, order, parts)),
        ),
      );
  }
  return { writes: changes.writes(), notices, changed: changes.changed() };
}

function taken(changes: PayloadChanges, { lane: number, range }: TakenOrder, { view, hasher }: OrderParts): void {
  const { place, lane: id, held, head, blocks, redactions } = range;
  const lane = { ...namedLane(hasher, place), number };
  const isNamed = redactedSeqs(view, id, held.size + 1, head.size).next().done === false;
  for (const { firstSeq, bytes } of blocks) {
    for (const index of absentIn(bytes)) if (firstSeq + index > held.size) changes.miss({ lane: number, seq: firstSeq + index });
    const block = isNamed || hasOrigins(bytes) ? blockHolding(bytes, firstSeq) : undefined;
    for (const index of block === undefined ? [] : redactedIn(view, hasher, lane, block)) changes.drop(lane, firstSeq + index);
  }
  for (const { seq, redaction } of redactions) changes.redact(place, redaction, { lane: number, seq });
}

function mended(changes: PayloadChanges, { mended: { span, blocks } }: MendedOrder, { view, hasher }: OrderParts): void {
  const lane = { ...namedLane(hasher, span.place), number: span.lane };
  for (const { firstSeq, bytes } of blocks) {
    const block = blockHolding(bytes, firstSeq);
    if (block === undefined) continue;
    for (let index = 0; index < block.count; index++)
      changes.found({ lane: span.lane, seq: firstSeq + index }, isAbsent(block, index) ? "absent" : "here");
    for (const index of redactedIn(view, hasher, lane, block)) changes.drop(lane, firstSeq + index);
  }
}

function fill(changes: PayloadChanges, order: FillCommand, { view, hasher }: OrderParts): Filling {
  const record = view.lane(order.lane);
  const found = soundEvent(view, hasher, order);
  if (record === undefined || found === undefined) return "missing";
  return changes.fill({ ...namedLane(hasher, record), number: order.lane }, order.seq, order.payload);
}

function answerOf({ token, seq }: FillCommand, done: Filling | Refusal): FeedNotice {
  const refused = (refusal: Refusal): FeedNotice => ({ kind: "refused", token, ...refusal });
  if (typeof done !== "string") return refused(done);
  switch (done) {
    case "missing":
      return refused({ code: "not-found", reason: `there is no event ${seq}`, fix: "Name one whose payload is wanted." });
    case "redacted":
      return refused({ code: "usage", reason: `event ${seq} is redacted by its author`, fix: "Let it go." });
    case "other":
      return refused({ code: "usage", reason: `these bytes are not what event ${seq} says`, fix: "Ask somebody else for them." });
    default:
      return { kind: "passed", token };
  }
}
