import type { Hasher } from "../../identity/crypto.js";
import { type AuthorId, feedId, laneId } from "../../identity/ids.js";
import { hashAt } from "../../proof/mmr-append.js";
import { absentIn } from "../event/block.js";
import type { Redaction } from "../event/event.js";
import { type EventPlace, redactedBy, redactedSeqs, soundEvent } from "../lane/absence.js";
import type { FeedView } from "../lane/feed-view.js";
import type { StoredBlock } from "../lane/range-blocks.js";
import type { VerifiedRange } from "../range/verified-range.js";
import type { FeedNotice, FillCommand, Refusal, Seqs } from "./feed-vocabulary.js";
import { unlessDamaged } from "./freeze-lane.js";
import type { OwnLane } from "./open-lane.js";
import { type Filling, type NumberedLane, PayloadChanges, type PayloadWrite } from "./payload-changes.js";

// What a turn does about payloads once it closes. Not before: a block that is still written to would be laid out over it.

/** Redactions of ours: an event each, laid in the turn under these seqs. */
interface RedactOrder {
  readonly kind: "redact";
  readonly request: { readonly lane: { readonly place: OwnLane }; readonly seqs: Seqs };
  readonly redactions: readonly Redaction[];
}

/** A range that the turn has taken. */
interface TakenOrder {
  readonly kind: "taken";
  /** By its number here. */
  readonly lane: number;
  readonly range: VerifiedRange;
}

export type PayloadOrder = RedactOrder | TakenOrder | FillCommand;

export interface OrderParts {
  readonly view: FeedView;
  readonly hasher: Hasher;
  /** Of this store. */
  readonly author: AuthorId;
  /** What the turn writes of lanes of ours. */
  readonly laid: readonly { readonly lane: NumberedLane; readonly blocks: readonly StoredBlock[] }[];
}

export interface ChangedPayloads {
  readonly writes: readonly PayloadWrite[];
  readonly notices: readonly FeedNotice[];
  /** First seqs of the blocks that are laid out anew. */
  readonly changed: readonly EventPlace[];
}

export function changedPayloads(orders: readonly PayloadOrder[], parts: OrderParts): ChangedPayloads {
  const changes = new PayloadChanges(parts.view, parts.hasher);
  for (const { lane, blocks } of parts.laid) changes.laid(lane, blocks);
  const notices: FeedNotice[] = [];
  for (const order of orders) {
    if (order.kind === "redact") redact(changes, order, parts.author);
    else if (order.kind === "taken") taken(changes, order, parts.view);
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

function redact(changes: PayloadChanges, { request, redactions }: RedactOrder, author: AuthorId): void {
  const { place } = request.lane;
  const { first, each } = request.seqs;
  redactions.forEach((redaction, index) => {
    changes.redact({ author, subject: place.subject }, redaction, { lane: place.number, seq: each?.[index] ?? first + index });
  });
}

function taken(changes: PayloadChanges, { lane: number, range }: TakenOrder, view: FeedView): void {
  const { place, lane: id, held, head, blocks, redactions } = range;
  const lane = { number, id };
  for (const { firstSeq, bytes } of blocks)
    for (const index of absentIn(bytes)) if (firstSeq + index > held.size) changes.miss({ lane: number, seq: firstSeq + index });
  for (const seq of redactedSeqs(view, id, held.size + 1, head.size)) {
    const event = { lane: id, seq, id: hashAt(range.ids, seq - range.firstSeq) };
    if (redactedBy(view, event) !== undefined) changes.drop(lane, seq, event.id);
  }
  for (const { seq, redaction } of redactions) changes.redact(place, redaction, { lane: number, seq });
}

function fill(changes: PayloadChanges, order: FillCommand, { view, hasher }: OrderParts): Filling {
  const record = view.lane(order.lane);
  const found = soundEvent(view, hasher, order);
  if (record === undefined || found === undefined) return "missing";
  const id = laneId(hasher, feedId(hasher, record.author, record.subject), record.epoch);
  return changes.fill({ number: order.lane, id }, order.seq, order.payload);
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
