import type { Stamp } from "../clock/stamp.js";
import type { AuthorId, Epoch, SubjectId } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { KeySpace } from "../protocol/key-space.js";
import type { Vocabulary } from "../protocol/protocol.js";
import { blockKey, changedKey, headKey, laneKey, laneNumberKey, metaKey, mmrKey, pathKey, subjectKey } from "../store/keys.js";
import {
  encodeClockRecord,
  encodeHeadRecord,
  encodeLaneNumber,
  encodeLaneRecord,
  encodePathRecord,
  type HeadRecord,
} from "../store/records.js";
import type { FeedView } from "./feed-view.js";
import type { NewParts } from "./open-lane.js";

// The words of the feed core.

export type RefusalCode = "disk-full" | "clock" | "corrupt" | "too-large" | "usage";

export interface AppendCommand {
  readonly kind: "append";
  /** Comes back in the notice; the asker's own. */
  readonly token: number;
  readonly path: SubjectPath;
  readonly events: readonly NewParts[];
}

export type FeedCommand =
  | AppendCommand
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

export type FeedNotice =
  | Appended
  | { readonly kind: "passed"; readonly token: number }
  | { readonly kind: "refused"; readonly token: number; readonly code: RefusalCode; readonly reason: string; readonly fix: string };

export type FeedWrite =
  | {
      readonly kind: "lane";
      readonly lane: number;
      readonly subject: SubjectId;
      readonly path: SubjectPath;
      readonly author: AuthorId;
      readonly epoch: Epoch;
    }
  | { readonly kind: "block"; readonly lane: number; readonly firstSeq: number; readonly bytes: Uint8Array }
  | { readonly kind: "nodes"; readonly lane: number; readonly group: number; readonly bytes: Uint8Array }
  | { readonly kind: "head"; readonly lane: number; readonly head: HeadRecord }
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
    case "block":
      return keys.put(blockKey(write.lane, write.firstSeq), write.bytes);
    case "nodes":
      return keys.put(mmrKey(write.lane, write.group), write.bytes);
    case "head":
      return keys.put(headKey(write.lane), encodeHeadRecord(write.head));
    case "changed":
      return keys.put(changedKey(write.lane), NOTHING);
    case "clock":
      return keys.put(metaKey("clock"), encodeClockRecord(write.reserve));
  }
}
