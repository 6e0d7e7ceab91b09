import { equalBytes } from "../../bytes/order.js";
import type { Hasher } from "../../identity/crypto.js";
import type { NamedEvent } from "../../store/keys.js";
import type { GivenUpRecord, HeadRecord } from "../../store/records.js";
import { eventOffsets } from "../event/block.js";
import { namedBy, redactionAt } from "../lane/absence.js";
import type { FeedView } from "../lane/feed-view.js";
import { LaneReader } from "../lane/lane-reader.js";
import { heldBefore } from "../range/held-before.js";
import type { VerifiedRange } from "../range/verified-range.js";
import type { LanePlace } from "../seal/checkpoint.js";
import type { Refusal } from "./feed-vocabulary.js";

// A lane of this store's own author that others bring. Where another instance writes it, a copy of this store, it is taken as
// anybody's. Where it was ours and is given up, what they hold comes in the place of what was appended again.

/** What becomes of the lane. */
export interface Replacement {
  readonly head: HeadRecord;
  /** What is left of its mark. */
  readonly mark: GivenUpRecord | undefined;
  /** What the events that go redacted: others redact it by now. */
  readonly unsaid: readonly NamedEvent[];
}

export function writtenHere(range: VerifiedRange, instance: Uint8Array): Refusal | undefined {
  if (!equalBytes(range.place.epoch.nonce, instance)) return undefined;
  const reason = `events of ${range.path} in an epoch that this store itself writes`;
  return { code: "usage", reason, fix: "Compare the feed with what is here, and give up what differs, before you take it." };
}

/** Of a lane that is held here. */
export interface HeldOwn {
  readonly number: number;
  readonly head: HeadRecord;
}

/** `stale`: the range goes on from something else than is here; or what it would replace still counts, or is not back yet. */
export function replacing(range: VerifiedRange, view: FeedView, hasher: Hasher, here: HeldOwn): "stale" | Replacement {
  const { place, held } = range;
  const { size, freezeAt } = here.head;
  const mark = view.givenUp(here.number);
  if (held.size > size || held.size + 1 < freezeAt) return "stale";
  const isReturned = held.size === size || (mark !== undefined && mark.from <= held.size + 1 && mark.next > size);
  const before = heldBefore(view, hasher, place, held.size + 1);
  const isSame = equalBytes(before.headId, held.headId) && isSameTail(before.tail, held.tail);
  if (!isReturned || !isSame) return "stale";
  return {
    head: { ...range.head, freezeAt },
    mark: freezeAt === 0 && held.size < size ? undefined : remaining(mark, held.size + 1, freezeAt),
    unsaid: [...redactedBehind(new LaneReader(view, hasher, here.number), hasher, place, { from: held.size + 1, to: size })],
  };
}

interface Seqs {
  readonly from: number;
  readonly to: number;
}

function* redactedBehind(reader: LaneReader, hasher: Hasher, place: LanePlace, { from, to }: Seqs): Iterable<NamedEvent> {
  for (const block of reader.blocks(from, to)) {
    for (const offset of eventOffsets(block)) {
      const redaction = redactionAt(block, offset);
      if (redaction !== undefined) yield namedBy(hasher, place, redaction);
    }
  }
}

/** Of a lane that is not held, but known to be forked. */
export function bringing(range: VerifiedRange, freezeAt: number): Replacement {
  const isCounted = freezeAt === 0 || range.head.size < freezeAt;
  return { head: { ...range.head, freezeAt }, mark: isCounted ? undefined : { from: freezeAt, next: freezeAt }, unsaid: [] };
}

/** What comes in behind a fork counts nowhere: it is looked at as well. */
function remaining(mark: GivenUpRecord | undefined, firstSeq: number, freezeAt: number): GivenUpRecord | undefined {
  if (mark === undefined) return freezeAt === 0 ? undefined : { from: freezeAt, next: freezeAt };
  return { from: mark.from, next: Math.max(mark.from, Math.min(mark.next, firstSeq)) };
}

function isSameTail(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one === undefined || other === undefined ? one === other : equalBytes(one, other);
}
