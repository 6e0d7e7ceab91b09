import type { Json } from "../protocol/protocol.js";
import type { SyncCause } from "./causes.js";
import type { DescribedSubjects } from "./described-api.js";
import type { EventOf, EventRecord, NewEvent, ReadOptions, Receipt } from "./event-api.js";

// What an application, the command line and the control socket see of a peer. `open()` of packages/sinter answers one;
// the control client speaks the same interface to a peer in another process.

/** A feed whose author signed two histories of it. What lies before the fork counts, what lies behind it does not. */
export interface ForkRow {
  /** Where something of it is here. */
  readonly subject?: string;
  readonly subjectId: string;
  readonly author: string;
  readonly epoch: number;
  readonly nonce: string;
  /** Seq of the first event that counts no more. */
  readonly freezeAt: number;
  /** Of the events held here, how many count, and how many do not any more. */
  readonly counted: number;
  readonly withdrawn: number;
  /** `own`: this store's author signed both. */
  readonly whose: "own" | "another's";
  /** Shows it to anybody: see `verifyFork`. */
  readonly proof: Uint8Array;
}

export interface Accusation {
  /** `known`: what was known already decides. */
  readonly news: "frozen" | "known";
  /** As it stands now. */
  readonly fork: ForkRow;
}

export interface FeedRow {
  readonly subject: string;
  readonly author: string;
  readonly epoch: number;
  readonly nonce: string;
  /** Of a frozen feed, the events that count: those before the fork. So `head`, and `stamp`, are of the last of them. */
  readonly size: number;
  /** Seq of the first event that counts no more; absent where the feed is not frozen. */
  readonly freezeAt?: number;
  /** How many of them are sealed by both keys of a hybrid author. */
  readonly hybridSize: number;
  readonly head: string;
  readonly stamp: readonly [wallMs: number, counter: number];
}

/** How a peer stands to another, as far as that can be known here. */
export interface LinkStatus {
  readonly address: string;
  /** Its id, once it has proven it. */
  readonly peer?: string;
  readonly state: "in sync" | "behind" | "stuck" | "comparing";
  /** Feeds of which it has told more than is here. */
  readonly behind: number;
  /** Feeds that have changed here, and that it has not said that it holds so. */
  readonly ahead: number;
  readonly cause?: SyncCause;
  /** The cause, in the words of this case; and what to do. */
  readonly detail?: string;
  readonly fix?: string;
}

/** What one exchange with a peer came to. */
export interface SyncReport {
  readonly peer: string;
  readonly converged: boolean;
  /** Why not. */
  readonly reason?: string;
  /** Events, each way. */
  readonly sent: number;
  readonly received: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly rounds: number;
  readonly ms: number;
}

export interface PeerStatus {
  readonly peer: string;
  readonly author: string;
  readonly network: string;
  /** Equal roots: the same feeds to the same heads. */
  readonly root: string;
  readonly subjects: readonly { readonly path: string; readonly events: number }[];
  readonly links: readonly LinkStatus[];
  /** Feeds that are frozen: see `forks`. */
  readonly forks: number;
  readonly disk: "roomy" | "full";
}

export interface AuditProblem {
  /** The kind of thing that is wrong, one word or two: "chain", "seal", "block", "index", "proof" … */
  readonly what: string;
  /** Where: the table and key, or subject, author, epoch, seq. */
  readonly where: string;
  readonly detail: string;
}

export interface AuditReport {
  readonly ok: boolean;
  readonly events: number;
  readonly feeds: number;
  /** Of subjects, as they were last put on disk. */
  readonly views: number;
  readonly problems: readonly AuditProblem[];
}

export interface AuditOptions {
  readonly signal?: AbortSignal;
  readonly progress?: (done: { readonly events: number; readonly total: number }) => void;
}

export interface BackupOptions {
  /** `include`, if left out: a store cannot be opened without its keys. */
  readonly keys?: "include" | "leave out";
  readonly signal?: AbortSignal;
  readonly progress?: (done: { readonly bytes: number; readonly total: number }) => void;
}

export interface BackupReport {
  readonly dir: string;
  readonly network: string;
  readonly author: string;
  readonly keys: "included" | "left out";
  /** Of the data file. */
  readonly bytes: number;
  /** Eight hexadecimal digits. */
  readonly crc32: string;
  /** The moment whose state it holds, as an ISO time. */
  readonly at: string;
}

/** An event is redacted by its own author: no other is named. */
export type RedactionOf = Omit<EventOf, "author">;

/** A payload that is not here, and that its author did not take back. */
export interface WantedPayload {
  readonly subject: string;
  readonly author: string;
  readonly epoch: number;
  readonly nonce: string;
  readonly seq: number;
  /** Of the payload, in hexadecimal. */
  readonly hash: string;
  readonly bytes: number;
}

/** Some of a list; there is more where `next` is there, to be asked for with it. */
export interface WantedPage {
  readonly wanted: readonly WantedPayload[];
  readonly next?: string;
}

/** Which event a proof is wanted of. */
export interface ProofOf extends EventOf {
  /** `hash`: the proof does not show what the event says, only that it is there. `shown` if left out. */
  readonly payload?: "shown" | "hash";
  /** Whether one is wanted of an event that counts no more, as its feed is frozen: `refuse` if left out. */
  readonly withdrawn?: "refuse" | "prove";
}

export interface ExportOptions {
  readonly signal?: AbortSignal;
  readonly progress?: (done: { readonly events: number; readonly total: number }) => void;
}

export interface ExportReport {
  readonly dir: string;
  readonly network: string;
  readonly subject: string;
  /** One for each author and epoch. */
  readonly feeds: number;
  readonly events: number;
  /** Of the segments together, those that were there already among them. */
  readonly bytes: number;
  readonly segments: {
    readonly written: number;
    /** There already, the same. */
    readonly kept: number;
    /** Named by the index before and no more: longer ones hold what they held. */
    readonly removed: number;
  };
  /** Payloads that the store still wants are in no segment of it; then none is removed either, as they may be there. */
  readonly lacks: "nothing" | "payloads";
}

export interface ImportOptions {
  readonly signal?: AbortSignal;
  readonly progress?: (done: { readonly events: number; readonly total: number }) => void;
}

export interface ImportReport {
  readonly from: string;
  readonly network: string;
  readonly subject: string;
  readonly feeds: readonly ImportedFeed[];
}

export interface ImportedFeed {
  readonly author: string;
  readonly epoch: number;
  readonly nonce: string;
  /** In the segments. */
  readonly events: number;
  /** Before, and how many came of it. */
  readonly held: number;
  readonly taken: number;
  /**
   * `taken`, `held`: all of it is here now, or was before. The others were refused from some segment on: `forked`, it shows that its author signed two histories, and its feed is frozen from
   * now on; `differs`, it is another history than the one held, which proves nothing yet; `frozen`, it lies behind a fork that
   * was proven before; `malformed`, it does not hold; `refused`, the store takes no more epochs of that author.
   */
  readonly outcome: "taken" | "held" | "forked" | "differs" | "frozen" | "malformed" | "refused";
  /** Of a feed of this store's own: how many events that were here in the place of these, and count again in a new epoch. */
  readonly reappended?: number;
  /** The segment that was refused, and why. */
  readonly file?: string;
  readonly reason?: string;
  /** What became of the second signature: `ahead`, it is over events that did not come; `none`, there is none, or the feed is this
   * store's own. */
  readonly hybrid: "taken" | "held" | "none" | "ahead" | "refused";
  /** Why it was refused. */
  readonly hybridReason?: string;
}

export interface PeerApi {
  /** Subjects and tables by the names of their types: see DescribedSubjects. */
  readonly described: DescribedSubjects;
  /** Resolves once the events are durable here. One call is one run in one commit. */
  append(subject: string, events: readonly NewEvent[], options?: { readonly signal?: AbortSignal }): Promise<Receipt>;
  /** The subject's events in total order. Following, in order of arrival behind those already there. */
  events(subject: string, options?: ReadOptions): AsyncIterable<EventRecord>;
  feeds(subject?: string): Promise<readonly FeedRow[]>;
  status(): Promise<PeerStatus>;
  /** What shows to anybody, without a store, that the author signed for this event: see `verifyProof`. */
  prove(subject: string, what: ProofOf): Promise<Uint8Array>;
  /** Takes back what an event of ours said, here and wherever the redaction comes to. That it was said, when, under which key and
   * how long it was stays, and so does the hash of it. Resolves once the redaction is durable and the payload dropped. */
  redact(subject: string, what: RedactionOf): Promise<Receipt>;
  /** Payloads that are not here and may still come. `after`: the `next` of the page before. */
  wanted(subject?: string, options?: { readonly after?: string }): Promise<WantedPage>;
  /** Feeds, of one subject or of all, whose authors are proven to have signed two histories. */
  forks(subject?: string): Promise<readonly ForkRow[]>;
  /** Checks such a proof, from wherever it comes, and has its feed frozen. Resolves once that is durable. */
  accuse(proof: Uint8Array): Promise<Accusation>;
  /** One exchange with a peer: until both hold the same, or it is known why not. `target`: an invite, HOST:PORT, or the id of a peer
   * that is linked. */
  sync(target: string, options?: { readonly signal?: AbortSignal }): Promise<SyncReport>;
  /** What lets others in. */
  invite(): Promise<string>;
  audit(options?: AuditOptions): Promise<AuditReport>;
  /** Copies the store, as of one moment, to a directory that is not there yet or empty. Appends go on meanwhile. */
  backup(dir: string, options?: BackupOptions): Promise<BackupReport>;
  /** Writes a subject to a directory, as segments and an index of them: all that others need to take it in. */
  export(subject: string, dir: string, options?: ExportOptions): Promise<ExportReport>;
  /** Takes in what `export` wrote, verified as if a stranger offered it. `from`: that directory, or the index in it. */
  import(from: string, options?: ImportOptions): Promise<ImportReport>;
  describe(): Promise<Json>;
  close(): Promise<void>;
}
