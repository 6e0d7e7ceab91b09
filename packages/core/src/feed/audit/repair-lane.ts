import { isMalformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { compareStamps, type Stamp } from "../../clock/stamp.js";
import { type AuthorKeys, authorOf, classicalKeys } from "../../identity/author-keys.js";
import { type Hasher, hashBytes } from "../../identity/crypto.js";
import { type AuthorId, feedId, type LaneId, laneId } from "../../identity/ids.js";
import { appendLeaves, emptyMmr, type Mmr, mmrRoot } from "../../proof/mmr-append.js";
import { groupLeaves } from "../../proof/mmr-positions.js";
import type { Batch } from "../../protocol/key-space.js";
import { blockKey, decodeKey, headKey, laneRange, mmrKey } from "../../store/keys.js";
import { encodeHeadRecord, type HeadRecord, type LaneRecord } from "../../store/records.js";
import { type BlockView, checkBlock } from "../event/block.js";
import { idsOfBlock } from "../event/block-ids.js";
import { stampAt } from "../event/event.js";
import type { FeedView } from "../lane/feed-view.js";
import { cutBlock } from "../lane/range-blocks.js";
import { verifyHeldHead } from "../seal/held-head.js";
import { entriesOf } from "./audit-tables.js";
import { type AuditParts, Findings } from "./findings.js";

// One lane put in order. What its seal vouches for decides: if the events up to the head are those the author signed, all
// that is derived from them is written anew, and what lies beyond, which nobody signed and nobody was told of, goes. If they
// are not, nothing is touched: to cut a lane back would give away events that somebody was promised.

export interface LaneRepair {
  readonly view: FeedView;
  readonly parts: AuditParts;
  readonly lane: number;
  /** Takes what was mended, in words. */
  readonly mended: Findings;
}

interface Walked {
  readonly mmr: Mmr;
  readonly headId: Uint8Array;
  readonly stamp: Stamp;
  readonly lastBlockSeq: number;
  /** Nodes by their group, where the store has others or none. */
  readonly nodes: ReadonlyMap<number, Uint8Array>;
  readonly beyond: readonly Beyond[];
}

/** A block that goes on behind the head: it goes, or is cut to its first `keep` events. */
interface Beyond {
  readonly block: BlockView;
  readonly keep: number;
}

/** What is to be written; nothing where the lane is sound, or beyond repair. A step a block, so that others have a turn. */
export function* repairLane(repair: LaneRepair): Generator<undefined, Batch, undefined> {
  const { view, lane } = repair;
  const found = new Findings().attempt(() => ({ record: view.lane(lane), head: view.head(lane) }));
  if (found?.record === undefined || found.head === undefined) return [];
  const { record, head } = found;
  const { hasher } = repair.parts;
  const id = laneId(hasher, feedId(hasher, record.author, record.subject), record.epoch);
  const walked = yield* walk(repair, id, head.size);
  if (walked === undefined || !isSealed(repair, { record, head, id, walked })) return [];
  return [...headChange(repair, { id, head }, walked), ...nodeChanges(repair, walked), ...cuts(repair, walked)];
}

/** Its events from the first up to the head's last; `undefined` where they are not all there, or not one behind the other. */
function* walk({ view, parts, lane }: LaneRepair, id: LaneId, size: number): Generator<undefined, Walked | undefined, undefined> {
  const { hasher } = parts;
  const nodes = new Map<number, Uint8Array>();
  const beyond: Beyond[] = [];
  let mmr = emptyMmr;
  let headId: Uint8Array = new Uint8Array(hashBytes);
  let stamp: Stamp = { wallMs: 0, counter: 0 };
  let lastBlockSeq = 0;
  for (const [key, bytes] of entriesOf(view.keys, laneRange("block", lane))) {
    yield undefined;
    const place = decodeKey(key);
    const block = checkBlock(bytes);
    if (isMalformed(place) || place.table !== "block" || isMalformed(block) || block.firstSeq !== place.firstSeq) return undefined;
    const keep = Math.max(0, Math.min(block.count, size - block.firstSeq + 1));
    if (keep < block.count) beyond.push({ block, keep });
    if (keep === 0) continue;
    if (block.firstSeq !== mmr.size + 1 || !equalBytes(block.previous, headId)) return undefined;
    const ids = idsOfBlock(hasher, id, block, keep);
    mmr = appendLeaves(hasher, mmr, ids, keep, (group, made) => {
      const stored = view.keys.get(mmrKey(lane, group));
      if (stored === undefined || !equalBytes(stored, made)) nodes.set(group, made.slice());
    });
    headId = ids.slice((keep - 1) * hashBytes);
    stamp = stampAt(block.bytes, block.spans[(keep - 1) * 3] as number);
    lastBlockSeq = block.firstSeq;
  }
  return mmr.size === size ? { mmr, headId, stamp, lastBlockSeq, nodes, beyond } : undefined;
}

interface Claimed {
  readonly record: LaneRecord;
  readonly head: HeadRecord;
  readonly id: LaneId;
  readonly walked: Walked;
}

/** Lost keys can be made again where the id is the key; those of a hybrid author cannot, and then no seal of it holds here. */
export function keysLeft(view: FeedView, hasher: Hasher, author: AuthorId): { readonly kind: "held" | "made"; readonly keys: AuthorKeys } {
  const held = new Findings().attempt(() => view.keysOf(author));
  const isIts = held !== undefined && equalBytes(authorOf(hasher, held), author);
  return isIts ? { kind: "held", keys: held } : { kind: "made", keys: classicalKeys(author) };
}

function isSealed({ view, parts }: LaneRepair, { record, head, id, walked }: Claimed): boolean {
  const claimed = { lane: id, size: head.size, mmrRoot: mmrRoot(parts.hasher, walked.mmr), headId: walked.headId };
  const { author } = record;
  return verifyHeldHead(parts, { author, keys: keysLeft(view, parts.hasher, author).keys, head: claimed, record: head }) === "holds";
}

function headChange(
  { view, lane, mended }: LaneRepair,
  { id, head }: Pick<Claimed, "id" | "head">,
  { mmr, headId, stamp, lastBlockSeq }: Walked,
): Batch {
  // Where a proof is lost, the head alone tells of the fork: it stays frozen, and the audit says so.
  const freezeAt = view.freezeAt(id) || head.freezeAt;
  const right = { ...head, headId, stamp, freezeAt, lastBlockSeq, peaks: mmr.peaks };
  const bytes = encodeHeadRecord(right);
  const same = compareStamps(head.stamp, stamp) === 0 && equalBytes(bytes, encodeHeadRecord(head));
  if (same) return [];
  mended.add("head", `lane ${lane}`, "written anew from the events that its seal covers, and the proof of a fork where there is one");
  return [[headKey(lane), bytes]];
}

function nodeChanges({ view, lane, mended }: LaneRepair, { mmr, nodes }: Walked): Batch {
  const changes: [Uint8Array, Uint8Array | undefined][] = [...nodes].map(([group, bytes]) => [mmrKey(lane, group), bytes]);
  const complete = Math.floor(mmr.size / groupLeaves);
  for (const [key] of entriesOf(view.keys, laneRange("mmr", lane))) {
    const place = decodeKey(key);
    if (isMalformed(place) || (place.table === "mmr" && place.group >= complete)) changes.push([key.slice(), undefined]);
  }
  if (changes.length > 0) mended.add("proof", `lane ${lane}`, `nodes of ${changes.length} groups written anew from the events, or removed`);
  return changes;
}

function cuts({ lane, mended }: LaneRepair, { beyond }: Walked): Batch {
  return beyond.map(({ block, keep }) => {
    mended.add("block", `lane ${lane}`, `${block.count - keep} events from seq ${block.firstSeq + keep} on, which no seal covers, removed`);
    return [blockKey(lane, block.firstSeq), keep === 0 ? undefined : cutBlock(block, keep)];
  });
}
