import { equalBytes } from "../../bytes/order.js";
import type { Hasher } from "../../identity/crypto.js";
import type { NamedEvent } from "../../store/keys.js";
import type { GivenUpRecord, HeadRecord } from "../../store/records.js";
import { eventOffsets } from "../event/block.js";
import { originAt } from "../event/event.js";
import { namedBy, redactionAt } from "../lane/absence.js";
import type { FeedView } from "../lane/feed-view.js";
import { LaneReader } from "../lane/lane-reader.js";
import { heldBefore } from "../range/held-before.js";
import { partingSeq } from "../range/own-range.js";
import type { VerifiedRange } from "../range/verified-range.js";
import type { LanePlace } from "../seal/checkpoint.js";
import type { Refusal } from "./feed-vocabulary.js";

// A lane of this store's own author that others bring. Where another instance writes it, a copy of this store, it is taken as
// anybody's. Where it was ours and is given up, what they hold comes in the place of what was appended again.

/** What becomes of the lane. */
export interface Replacement {
  readonly head: HeadRecord;
  /** Of the first event that is another than before, or more, or none. */
  readonly from: number;
  /** What is left of its mark. */
  readonly mark: GivenUpRecord | undefined;
  /** What the events that go redacted: others redact it by now. */
  readonly unsaid: readonly NamedEvent[];
  /** First ids of the events that go and had been appended again there: they are nowhere now, or elsewhere. */
  readonly unplaced: readonly Uint8Array[];
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

/** `stale`: the range goes on from something else than is here; or what it would replace is not back yet. */
export function replacing(range: VerifiedRange, view: FeedView, hasher: Hasher, here: HeldOwn): "stale" | Replacement {
  const { place, held } = range;
  const { size, freezeAt } = here.head;
  if (held.size > size) return "stale";
  const before = heldBefore(view, hasher, place, held.size + 1);
  if (!equalBytes(before.headId, held.headId) || !isSameTail(before.tail, held.tail)) return "stale";
  const reader = new LaneReader(view, hasher, here.number);
  const from = partingSeq(reader, size, range);
  const mark = view.givenUp(here.number);
  const isReturned = from > size || (mark !== undefined && mark.from <= from && mark.next > size);
  if (!isReturned) return "stale";
  const head = { ...range.head, freezeAt };
  const left = from > size ? grown(mark, head, size) : withdrawn(mark, head, from);
  return { head, from, mark: left, ...goneWith(reader, hasher, place, { from, to: size }) };
}

interface Seqs {
  readonly from: number;
  readonly to: number;
}

/** What is said of the events that go, and of some before them: of those it stays true, and is left. */
function goneWith(reader: LaneReader, hasher: Hasher, place: LanePlace, { from, to }: Seqs): Pick<Replacement, "unsaid" | "unplaced"> {
  const unsaid: NamedEvent[] = [];
  const unplaced: Uint8Array[] = [];
  for (const block of reader.blocks(from, to)) {
    for (const offset of eventOffsets(block)) {
      const redaction = redactionAt(block, offset);
      if (redaction !== undefined) unsaid.push(namedBy(hasher, place, { ...redaction, id: redaction.id.slice() }));
      const origin = originAt(block, offset);
      if (origin !== undefined) unplaced.push(origin.id.slice());
    }
  }
  return { unsaid, unplaced };
}

/** Of a lane that is not held, but known to be forked. */
export function bringing(range: VerifiedRange, freezeAt: number): Replacement {
  const head = { ...range.head, freezeAt };
  return { head, from: 1, mark: withdrawn(undefined, head, 1), unsaid: [], unplaced: [] };
}

/** Of a lane that went on from all the `size` events there were: what it had given up stays so. */
function grown(mark: GivenUpRecord | undefined, head: HeadRecord, size: number): GivenUpRecord | undefined {
  if (mark === undefined) return withdrawn(mark, head, size + 1);
  return { from: mark.from, next: Math.max(mark.from, Math.min(mark.next, size + 1)) };
}

/** Of a lane that is as others have it, from `from` on anew: only what counts nowhere is given up, and looked at. */
function withdrawn(mark: GivenUpRecord | undefined, { freezeAt, size }: HeadRecord, from: number): GivenUpRecord | undefined {
  if (freezeAt === 0 || size < freezeAt) return undefined;
  return { from: freezeAt, next: Math.max(freezeAt, Math.min(mark?.next ?? freezeAt, from)) };
}

function isSameTail(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one === undefined || other === undefined ? one === other : equalBytes(one, other);
}
