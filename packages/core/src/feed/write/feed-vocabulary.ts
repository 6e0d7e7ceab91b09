import { isMalformed } from "../../bytes/malformed.js";
import type { Stamp } from "../../clock/stamp.js";
import { type AuthorKeys, encodeAuthorKeys } from "../../identity/author-keys.js";
import type { AuthorId, Epoch, SubjectId } from "../../identity/ids.js";
import type { SubjectPath } from "../../identity/subject-path.js";
import { groupLeaves } from "../../proof/mmr-positions.js";
import type { KeySpace } from "../../protocol/key-space.js";
import type { Vocabulary } from "../../protocol/protocol.js";
import {
  absentKey,
  authorKey,
  blockKey,
  changedKey,
  forkKey,
  givenUpKey,
  headKey,
  laneKey,
  laneNumberKey,
  laneRange,
  metaKey,
  mmrKey,
  type NamedEvent,
  pathKey,
  redactionKey,
  returnedKey,
  subjectKey,
  unsealedKey,
} from "../../store/keys.js";
import {
  decodeHeadRecord,
  decodeRedactionRecord,
  decodeReturnedRecord,
  encodeClockRecord,
  encodeGivenUpRecord,
  encodeHeadRecord,
  encodeLaneNumber,
  encodeLaneRecord,
  encodePathRecord,
  encodeRedactionRecord,
  encodeReturnedRecord,
  encodeStoreRecord,
  type GivenUpRecord,
  type HeadRecord,
  type ReturnedRecord,
  type StoreRecord,
} from "../../store/records.js";
import { blockFirstSeq } from "../event/block.js";
import type { Lens } from "../event/lens-payload.js";
import type { EventPlace } from "../lane/absence.js";
import type { FeedView } from "../lane/feed-view.js";
import type { MendedSpan } from "../range/mended-span.js";
import type { VerifiedRange } from "../range/verified-range.js";
import type { LanePlace } from "../seal/checkpoint.js";
import { encodeForkProof, type VerifiedFork } from "../seal/fork-proof.js";
import type { Observed } from "./known-lanes.js";
import type { HashedTail, NewParts } from "./open-lane.js";
import type { PayloadWrite } from "./payload-changes.js";

// The words of the feed core.

export type RefusalCode = "disk-full" | "clock" | "corrupt" | "too-large" | "usage" | "not-found";

/** Why it was not done, and what to do about it. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly reason: string;
  readonly fix: string;
}

export interface AppendCommand {
  readonly kind: "append";
  /** Comes back in the notice; the asker's own. */
  readonly token: number;
  readonly path: SubjectPath;
  readonly events: readonly NewParts[];
  /** What its author has folded of the subject, where it writes by what a view shows: the events claim to know just that. Left out,
   * they claim all that is held. */
  readonly observed?: Observed | undefined;
  /** Written first, as an event of its own, where the author has no events in the subject yet and no lens of it is known. */
  readonly lens?: Lens | undefined;
}

/** Events of another author's lane, verified beforehand. */
export interface TakeCommand {
  readonly kind: "take";
  readonly token: number;
  readonly range: VerifiedRange;
}

/** A fork of any lane, held here or not. Answered `frozen`, or `passed` where it changes nothing. */
export interface FreezeCommand {
  readonly kind: "freeze";
  readonly token: number;
  readonly fork: VerifiedFork;
}

/** A lane of this store's author is not to be written on, and from a seq on counts no more: others hold it otherwise than it is
 * here, or more of it. Events given up are appended again in a new epoch. Answered `returned`, once they are. */
export interface GiveUpCommand {
  readonly kind: "giveUp";
  readonly token: number;
  readonly place: LanePlace;
  /** One behind the last to give up none. */
  readonly from: number;
}

/** An event of ours is to be taken back: one more is appended that says so, and what it said goes. Answered like an append. */
export interface RedactCommand extends EventPlace {
  readonly kind: "redact";
  readonly token: number;
}

/** What an event says whose payload is absent. Answered `passed` once it is here. */
export interface FillCommand extends EventPlace {
  readonly kind: "fill";
  readonly token: number;
  readonly payload: Uint8Array;
}

/** Events that the disk had lost, as they were. Answered `passed` once they are here again. */
export interface MendCommand {
  readonly kind: "mend";
  readonly token: number;
  readonly mended: MendedSpan;
}

export type FeedCommand =
  | AppendCommand
  | TakeCommand
  | MendCommand
  | RedactCommand
  | FillCommand
  | FreezeCommand
  | GiveUpCommand
  /** Answered once all that the store shows now is on disk: what was read before may be told to others. */
  | { readonly kind: "barrier"; readonly token: number }
  /** The last command before the peer stops: the clock's reserve comes down to what was used of it. Answered like a barrier. */
  | { readonly kind: "rest"; readonly token: number };

export interface Appended {
  readonly kind: "appended";
  readonly token: number;
  readonly path: SubjectPath;
  readonly epoch: number;
  /** Number of the lane in this store. */
  readonly lane: number;
  /** Seq of each event asked for. */
  readonly seqs: Seqs;
  /** Ids of the lane's events from `seqs.first` on, 32 bytes each. */
  readonly ids: Uint8Array;
}

/** Seqs of the events of one append: rising by one, but where a frontier event had to go between. */
export interface Seqs {
  readonly first: number;
  readonly count: number;
  /** Only where they do not rise by one throughout: each of them. */
  readonly each: readonly number[] | undefined;
}

/** Events of another author are on disk. */
export interface Taken {
  readonly kind: "taken";
  readonly token: number;
  readonly path: SubjectPath;
  /** By its number in this store. */
  readonly lane: number;
  /** Of the lane, with them. */
  readonly size: number;
  /** Where they came in the place of others: which lane, and from which seq on. */
  readonly replaced?: { readonly lane: number; readonly from: number } | undefined;
}

/** What a fork changed here. */
export interface Freeze {
  readonly place: LanePlace;
  /** Where something of the subject is held. */
  readonly path: SubjectPath | undefined;
  readonly freezeAt: number;
  /** 0: it was not. */
  readonly wasFrozenAt: number;
  /** Events held here that count no more since: seqs of the first and the last. */
  readonly withdrawn: { readonly from: number; readonly to: number } | undefined;
}

/** A lane counts no more from some event on, and the proof of it is on disk. */
export interface Frozen extends Freeze {
  readonly kind: "frozen";
  readonly token: number;
}

/** Events of ours that counted no more where they were are on disk again, in another epoch. */
export interface Returned {
  readonly kind: "returned";
  /** Of those who asked; none where the lane was given up over a fork. */
  readonly tokens: readonly number[];
  readonly path: SubjectPath;
  /** Index of the epoch they went to, if there were any. */
  readonly epoch: number | undefined;
  readonly events: number;
}

/** Where an event was appended again, by the id it first had. */
export interface ReturnedEvent extends ReturnedRecord {
  readonly id: Uint8Array;
}

export type FeedNotice =
  | Appended
  | Taken
  | Frozen
  | Returned
  /** The lane is not as it was when the range was verified: it is to be verified against what is held now. */
  | { readonly kind: "stale"; readonly token: number }
  | { readonly kind: "passed"; readonly token: number }
  /** This core begins anew: whoever waits for events to be appended again asks for it again. */
  | { readonly kind: "begun" }
  | ({ readonly kind: "refused"; readonly token: number } & Refusal);

/** Events come into the store by three kinds alone: those that a lane of ours has hashed, those that were verified, and those that
 * come in the place of the same ones, lost. None can be made elsewhere. What is there of their payloads changes by one more, which can change nothing else. */
export type FeedWrite =
  | {
      readonly kind: "lane";
      readonly lane: number;
      readonly subject: SubjectId;
      readonly path: SubjectPath;
      readonly author: AuthorId;
      readonly epoch: Epoch;
    }
  | { readonly kind: "author"; readonly author: AuthorId; readonly keys: AuthorKeys }
  | { readonly kind: "appended"; readonly lane: number; readonly tail: HashedTail; readonly head: HeadRecord }
  | { readonly kind: "taken"; readonly lane: number; readonly range: VerifiedRange }
  | { readonly kind: "mended"; readonly mended: MendedSpan }
  | {
      readonly kind: "fork";
      readonly fork: VerifiedFork;
      /** Where something of its lane is held: the head, frozen. */
      readonly held: { readonly lane: number; readonly head: HeadRecord } | undefined;
    }
  /** Of a lane of this store's author, or of a frozen one that the disk has lost some of: what is behind `range.held` goes, and the range comes in its place. From `from` on it is another. */
  | {
      readonly kind: "replaced";
      readonly lane: number;
      readonly range: VerifiedRange;
      readonly from: number;
      readonly head: HeadRecord;
      readonly mark: GivenUpRecord | undefined;
      /** Redactions that go with it. */
      readonly unsaid: readonly NamedEvent[];
      /** Events, by their first ids, that had been appended again to what goes. */
      readonly unplaced: readonly Uint8Array[];
    }
  | { readonly kind: "givenUp"; readonly lane: number; readonly mark: GivenUpRecord }
  | { readonly kind: "returned"; readonly event: ReturnedEvent }
  /** What the store is, from now on. */
  | { readonly kind: "store"; readonly record: StoreRecord }
  | PayloadWrite
  | { readonly kind: "changed"; readonly lane: number }
  /** Its author's second signature is due. */
  | { readonly kind: "unsealed"; readonly lane: number }
  | { readonly kind: "clock"; readonly reserve: Stamp };

export interface FeedVocabulary extends Vocabulary {
  Message: never;
  Command: FeedCommand;
  Notice: FeedNotice;
  Timer: "return";
  Write: FeedWrite;
  View: FeedView;
  Job: never;
  Result: never;
}

const NOTHING = new Uint8Array(0);

export function applyFeedWrite(keys: KeySpace, write: FeedWrite): void {
  switch (write.kind) {
    case "lane": {
      const { lane, subject, path, author, epoch } = write;
      keys.put(laneKey(lane), encodeLaneRecord({ subject, author, epoch }));
      keys.put(laneNumberKey(subject, author, epoch), encodeLaneNumber(lane));
      keys.put(subjectKey(subject), encodePathRecord(path));
      return keys.put(pathKey(path), subject);
    }
    case "author":
      return keys.put(authorKey(write.author), encodeAuthorKeys(write.keys));
    case "appended":
      return putEvents(keys, write.lane, write.tail, write.head);
    case "taken":
      return putEvents(keys, write.lane, write.range, write.range.head);
    case "replaced":
      return replaceEvents(keys, write);
    case "mended":
      return mendEvents(keys, write.mended);
    case "givenUp":
      return keys.put(givenUpKey(write.lane), encodeGivenUpRecord(write.mark));
    case "returned":
      return keys.put(returnedKey(write.event.id), encodeReturnedRecord(write.event));
    case "store":
      return keys.put(metaKey("store"), encodeStoreRecord(write.record));
    case "fork":
      keys.put(forkKey(write.fork.lane), encodeForkProof(write.fork.proof));
      return write.held && keys.put(headKey(write.held.lane), encodeHeadRecord(write.held.head));
    case "relaid":
      return keys.put(blockKey(write.lane, write.block.firstSeq), write.block.bytes);
    case "listed":
      if (write.payload === "here") return keys.remove(absentKey(write.lane, write.seq));
      return keys.put(absentKey(write.lane, write.seq), NOTHING);
    case "redaction":
      return keys.put(redactionKey(write.event, write.by.lane), encodeRedactionRecord(write.by.seq));
    case "changed":
      return keys.put(changedKey(write.lane), NOTHING);
    case "unsealed":
      return keys.put(unsealedKey(write.lane), NOTHING);
    case "clock":
      return keys.put(metaKey("clock"), encodeClockRecord(write.reserve));
  }
}

function putEvents(keys: KeySpace, lane: number, { blocks, nodes }: HashedTail | VerifiedRange, head: HeadRecord): void {
  for (const { firstSeq, bytes } of blocks) keys.put(blockKey(lane, firstSeq), bytes);
  for (const { group, bytes } of nodes) keys.put(mmrKey(lane, group), bytes);
  keys.put(headKey(lane), encodeHeadRecord(head));
}

function mendEvents(keys: KeySpace, { span: { lane, from, to }, blocks }: MendedSpan): void {
  const lost = [...keys.range({ from: blockKey(lane, from), to: blockKey(lane, to + 1) })];
  for (const [key] of lost) keys.remove(key);
  for (const { firstSeq, bytes } of blocks) keys.put(blockKey(lane, firstSeq), bytes);
  // Whoever sends them may have laid them out otherwise.
  const head = decodeHeadRecord(keys.get(headKey(lane)) ?? NOTHING);
  const last = blocks.at(-1);
  if (isMalformed(head) || last === undefined || head.size !== to || head.lastBlockSeq === last.firstSeq) return;
  keys.put(headKey(lane), encodeHeadRecord({ ...head, lastBlockSeq: last.firstSeq }));
}

function replaceEvents(keys: KeySpace, replaced: FeedWrite & { readonly kind: "replaced" }): void {
  const { lane, range, from, head, mark, unsaid, unplaced } = replaced;
  const { size, tail } = range.held;
  const behind = [
    { from: blockKey(lane, size + 1), to: laneRange("block", lane).to },
    { from: mmrKey(lane, Math.floor(size / groupLeaves)), to: laneRange("mmr", lane).to },
    { from: absentKey(lane, size + 1), to: laneRange("absent", lane).to },
    laneRange("hybrid", lane),
    laneRange("unsealed", lane),
    laneRange("givenUp", lane),
  ];
  for (const [key] of behind.flatMap((gone) => [...keys.range(gone)])) keys.remove(key);
  for (const event of unsaid) {
    const seq = decodeRedactionRecord(keys.get(redactionKey(event, lane)) ?? NOTHING);
    if (!isMalformed(seq) && seq >= from) keys.remove(redactionKey(event, lane));
  }
  for (const event of unplaced) {
    const returned = decodeReturnedRecord(keys.get(returnedKey(event)) ?? NOTHING);
    if (!isMalformed(returned) && returned.lane === lane && returned.seq >= from) keys.remove(returnedKey(event));
  }
  if (tail !== undefined) keys.put(blockKey(lane, blockFirstSeq(tail)), tail);
  putEvents(keys, lane, range, head);
  if (mark !== undefined) keys.put(givenUpKey(lane), encodeGivenUpRecord(mark));
}
