import type { Lens } from "../feed/event/lens-payload.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import type { Assurance } from "../feed/lane/lane-reach.js";
import type { NamedLens } from "../feed/lane/lens.js";
import type { NewParts } from "../feed/write/open-lane.js";
import type { Hasher } from "../identity/crypto.js";
import type { AuthorId, SubjectId } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import type { Clock } from "../protocol/ports.js";
import type { EventRecord, ReadOptions, Receipt } from "./event-api.js";
import type { AppendExtra } from "./feed-calls.js";
import type { LiveView } from "./live-view.js";
import type { SinterError } from "./sinter-error.js";
import type { SubjectLinks } from "./subject-status.js";

export type ReachedPeers = (
  place: { readonly lane: number; readonly seq: number },
  options: { readonly peers: number; readonly signal?: AbortSignal },
) => Promise<void>;

/** What a subject asks of its peer. */
export interface SubjectParts {
  readonly path: SubjectPath;
  readonly id: SubjectId;
  readonly author: AuthorId;
  readonly type: AnyMergeType;
  readonly lens: Lens;
  readonly assurance: Assurance;
  readonly live: LiveView;
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly clock: Clock;
  readonly append: (parts: NewParts, extra: AppendExtra) => Promise<Receipt>;
  /** Once so many others hold an event of ours. */
  readonly reached: ReachedPeers;
  /** How it stands to those who are linked. */
  readonly linked: () => Promise<SubjectLinks>;
  readonly events: (options: ReadOptions) => AsyncIterable<EventRecord>;
  readonly soon: () => Promise<void>;
  /** Once all that the store shows now is on disk. */
  readonly durable: () => Promise<void>;
  /** Why the peer takes no more calls, once it takes none. */
  readonly ended: () => SinterError | undefined;
  /** The type that the subject is read through by those who name none. */
  readonly named: () => NamedLens | undefined;
  readonly release: () => Promise<void>;
}
