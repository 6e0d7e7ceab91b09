import type { Stamp } from "../clock/stamp.js";
import { type AuthorKeys, encodeAuthorKeys } from "../identity/author-keys.js";
import type { AuthorId, Epoch, SubjectId } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { KeySpace } from "../protocol/key-space.js";
import type { Vocabulary } from "../protocol/protocol.js";
import { authorKey, blockKey, changedKey, headKey, laneKey, laneNumberKey, metaKey, mmrKey, pathKey, subjectKey } from "../store/keys.js";
import {
  encodeClockRecord,
  encodeHeadRecord,
  encodeLaneNumber,
  encodeLaneRecord,
  encodePathRecord,
  type HeadRecord,
} from "../store/records.js";
import type { FeedView } from "./feed-view.js";
import type { HashedTail, NewParts } from "./open-lane.js";
import type { VerifiedRange } from "./verified-range.js";

// The words of the feed core.

export type RefusalCode = "disk-full" | "clock" | "corrupt" | "too-large" | "usage";

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
}

/** Events of another author's lane, verified beforehand. */
export interface TakeCommand {
  readonly kind: "take";
  readonly token: number;
  readonly range: VerifiedRange;
}

export type FeedCommand =
  | AppendCommand
  | TakeCommand
  /** Answered once all that the store shows now is on disk: what was read before may be told to others. */
  | { readonly kind: "barrier"; readonly token: number }
  /** The last command before the peer stops: the clock's reserve comes down to what was used of it. Answered like a barrier. */
  | { readonly kind: "rest"; readonly token: number };

export interface Appended {
  readonly kind: "appended";
  readonly token: number;
  readonly path: SubjectPath;
  readonly epoch: number;
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
  /** Of the lane, with them. */
  readonly size: number;
}

export type FeedNotice =
  | Appended
  | Taken
  /** The lane is not as it was when the range was verified: it is to be verified against what is held now. */
  | { readonly kind: "stale"; readonly token: number }
  | { readonly kind: "passed"; readonly token: number }
  | ({ readonly kind: "refused"; readonly token: number } & Refusal);

/** Events come into the store by two kinds alone: those that a lane of ours has hashed, and those that were verified. Neither
 * can be made elsewhere. */
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
  | { readonly kind: "changed"; readonly lane: number }
  | { readonly kind: "clock"; readonly reserve: Stamp };

export interface FeedVocabulary extends Vocabulary {
  Message: never;
  Command: FeedCommand;
  Notice: FeedNotice;
  Timer: never;
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
    case "changed":
      return keys.put(changedKey(write.lane), NOTHING);
    case "clock":
      return keys.put(metaKey("clock"), encodeClockRecord(write.reserve));
  }
}

function putEvents(keys: KeySpace, lane: number, { blocks, nodes }: HashedTail | VerifiedRange, head: HeadRecord): void {
  for (const { firstSeq, bytes } of blocks) keys.put(blockKey(lane, firstSeq), bytes);
  for (const { group, bytes } of nodes) keys.put(mmrKey(lane, group), bytes);
  keys.put(headKey(lane), encodeHeadRecord(head));
}
