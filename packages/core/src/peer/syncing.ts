import { reachedLanesMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { checkBlock, isAbsent } from "../feed/event/block.js";
import { payloadAt } from "../feed/event/event.js";
import { type EventPlace, isListed } from "../feed/lane/absence.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import { Ahead, type RangeOffer } from "../feed/range/verified-range.js";
import { decodeForkProof, VerifiedFork } from "../feed/seal/fork-proof.js";
import { decodeHybridCheckpoint } from "../feed/seal/hybrid-seal.js";
import type { Appended, Frozen, Returned, Taken } from "../feed/write/feed-vocabulary.js";
import { classicalKeys } from "../identity/author-keys.js";
import { spanWords, type Verifier } from "../identity/crypto.js";
import type { AuthorId } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { Loss, Mount } from "../protocol/mount.js";
import type { Json, PeerId } from "../protocol/protocol.js";
import type { DescribedLink } from "../sync/peer-sync.js";
import { placeOfPath } from "../sync/scope.js";
import { syncProtocol } from "../sync/sync-core.js";
import type {
  ExchangeReport,
  SubjectStanding,
  SyncCommand,
  SyncNotice,
  SyncOptions,
  SyncVocabulary,
  Taking,
} from "../sync/sync-vocabulary.js";
import { unlessAborted } from "./abort.js";
import type { FeedCalls } from "./feed-calls.js";
import type { FrontierRoot } from "./frontier-root.js";
import type { HybridSeals } from "./hybrid-seals.js";
import type { Intake, TakeOutcome } from "./intake.js";
import type { Pending } from "./pending.js";
import { PutOff } from "./put-off.js";
import { Quarantine } from "./quarantine.js";
import { SinterError } from "./sinter-error.js";

export interface SyncingParts extends SyncOptions {
  readonly view: FeedView;
  readonly pending: Pending;
  /** To the core, through the driver; throws where it takes no more. */
  readonly command: (command: SyncCommand) => void;
  /** Runs it once the rest of the process has had a turn. */
  readonly soon: (run: () => void) => void;
  readonly intake: Pick<Intake, "take">;
  readonly frontier: Pick<FrontierRoot, "settle">;
  readonly hybrid: Pick<HybridSeals, "take">;
  readonly feed: Pick<FeedCalls, "fill" | "freeze" | "mend" | "take">;
  readonly verifier: Verifier;
}

/** What went wrong last with what came from others. */
interface Fault {
  readonly code: string;
  readonly reason: string;
}

export interface DescribedSync {
  readonly pace: "running" | "paused";
  readonly links: readonly DescribedLink[];
  readonly fault: Fault | undefined;
  /** What the disk has lost, in words. */
  readonly damaged: readonly string[];
}

type Look = Extract<SyncCommand, { readonly kind: "look" }>;

/** How one subject stands, as far as its links tell. */
export interface Standing extends SubjectStanding {
  /** Writes of ours that are held by fewer peers than was asked for. */
  readonly unreached: number;
}

interface Waiting {
  readonly seq: number;
  readonly peers: number;
  readonly done: () => void;
}

/** One lane of ours: how far others hold it. */
interface Reach {
  readonly sizes: Map<PeerId, number>;
  waiting: Waiting[];
}

/** What of it whoever opens a peer decides. */
export type SyncSettings = Pick<SyncOptions, "salt" | "wishes" | "knobs">;

/** The lanes that are another than they were, by what is told of it. */
export function lanesIn(view: FeedView, author: AuthorId, notice: Appended | Taken | Frozen | Returned): readonly number[] {
  if (notice.kind === "appended" || notice.kind === "taken") return [notice.lane];
  if (notice.kind === "frozen") {
    const { subject, author: of, epoch } = notice.place;
    return [view.laneNumber(subject, of, epoch)].filter((lane) => lane !== undefined);
  }
  const subject = view.subjectId(notice.path);
  return subject === undefined ? [] : [...view.lanes(subject, author)].map(({ number }) => number);
}

type Exchange = Extract<SyncCommand, { readonly kind: "exchange" }>;

/** What an error of ours is to whoever sent what it came of. */
const NOT_THEIRS = "failed";

/** Speaks with the core of sync, and does for it what takes longer than a step. */
export class Syncing {
  readonly mount: Mount<SyncVocabulary>;
  readonly quarantine: Quarantine;
  readonly #parts: SyncingParts;
  readonly #exchanging: PutOff<Exchange>;
  readonly #looking: PutOff<Look>;
  /** Lanes that have changed, and of which the core is yet to be told. */
  readonly #changed = new Set<number>();
  #telling: "no" | "soon" = "no";
  /** What the driver was too busy to take, in order: the core waits for it. */
  #untold: SyncCommand[] = [];
  readonly #reached = new Map<number, Reach>();
  #pace: "pause" | "resume" = "resume";
  /** How many times the core has begun: what one of them asked is not answered to the next. */
  #lives = 0;
  #fault: Fault | undefined;

  constructor(parts: SyncingParts) {
    this.#parts = parts;
    this.#exchanging = new PutOff<Exchange>(parts.pending, parts.command);
    this.#looking = new PutOff<Look>(parts.pending, parts.command);
    this.quarantine = new Quarantine({ ...parts, lost: (spans) => this.#command({ kind: "lost", spans }) });
    this.mount = {
      protocol: syncProtocol(parts),
      notify: (notice) => this.#says(notice),
      dropped: (command, loss) => this.#dropped(command, loss),
    };
  }

  /** What is held of a lane is another than it was, on disk. */
  changed(lanes: Iterable<number>): void {
    for (const lane of lanes) {
      this.#changed.add(lane);
      this.quarantine.changed(lane)?.catch((error: unknown) => this.#noted(error));
    }
    if (this.#telling === "soon" || this.#changed.size === 0) return;
    this.#telling = "soon";
    void Promise.resolve().then(() => {
      this.#telling = "no";
      this.#tell();
    });
  }

  exchange(peer: PeerId): Promise<ExchangeReport> {
    return this.#exchanging.ask((token) => ({ kind: "exchange", token, peer }));
  }

  pace(pace: "pause" | "resume"): void {
    this.#pace = pace;
    this.#command({ kind: pace });
  }

  /** Resolves once that many others hold an event of ours on their disks. */
  async reached(
    lane: number,
    seq: number,
    { peers, signal }: { readonly peers: number; readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    const reach = this.#reachOf(lane);
    if (countOf(reach, seq) >= peers) return;
    let asked: Waiting | undefined;
    const waiting = new Promise<void>((done) => {
      asked = { seq, peers, done };
      reach.waiting.push(asked);
    });
    await unlessAborted(waiting, signal, () => {
      reach.waiting = reach.waiting.filter((each) => each !== asked);
      throw new SinterError("aborted", "called off", "The write stands: it is held by fewer peers than were asked for.");
    });
  }

  async standing(path: SubjectPath): Promise<Standing> {
    const { hasher, network, view, author } = this.#parts;
    // What has changed until now is part of it.
    this.#tell();
    const at = placeOfPath(hasher, network, path);
    const told = await this.#looking.ask<SubjectStanding>((token) => ({ kind: "look", token, at }));
    const own = [...view.lanes(at.subject, author)];
    const unreached = own.reduce((sum, { number }) => sum + (this.#reached.get(number)?.waiting.length ?? 0), 0);
    return { ...told, unreached };
  }

  /** As the driver tells of it. */
  described({ cores }: { readonly [name: string]: Json }): DescribedSync {
    const { pace, links } = (cores as unknown as { readonly sync: Pick<DescribedSync, "pace" | "links"> }).sync;
    return { pace, links, fault: this.#fault, damaged: this.quarantine.describe() };
  }

  #tell(): void {
    // What changes while something else waits to be told goes with the rest of what changes until then.
    if (this.#changed.size === 0 || this.#untold.length > 0) return;
    const lanes = [...this.#changed];
    this.#changed.clear();
    this.#command({ kind: "changed", lanes });
  }

  #command(command: SyncCommand): void {
    this.#untold.push(command);
    if (this.#untold.length === 1) this.#tellAll();
  }

  /** A driver too busy to take it says so, and is asked again. */
  #tellAll(): void {
    for (let next = this.#untold[0]; next !== undefined; next = this.#untold[0]) {
      try {
        this.#parts.command(next);
        this.#untold.shift();
      } catch (error) {
        if (!(error instanceof SinterError)) throw error;
        if (error.code === "busy") return this.#parts.soon(() => this.#tellAll());
        this.#noted(error);
        this.#untold = [];
      }
    }
    this.#tell();
  }

  #says(notice: SyncNotice): void {
    const { pending, frontier, hybrid, feed, view } = this.#parts;
    switch (notice.kind) {
      case "begun":
        this.#lives++;
        if (this.#pace === "pause") this.#command({ kind: "pause" });
        this.quarantine.again();
        this.#looking.again();
        return this.#exchanging.again();
      case "settle": {
        const life = this.#lives;
        const settled = () => life === this.#lives && this.#command({ kind: "settled", token: notice.token });
        // Where it cannot settle, its root is of something else, and the two are told to differ.
        frontier.settle().then(settled, (error: unknown) => {
          this.#noted(error);
          settled();
        });
        return;
      }
      case "offered":
        this.#taken(notice).catch((error: unknown) => this.#noted(error));
        return;
      case "exchanged":
        return pending.resolve(notice.token, notice.report);
      case "looked":
        return pending.resolve(notice.token, notice.standing);
      case "reached":
        return this.#reaches(notice);
      case "fork":
        return this.#accuse(notice);
      case "seal": {
        const checkpoint = decodeHybridCheckpoint(notice.checkpoint);
        if (isMalformed(checkpoint)) this.#noted(checkpoint);
        else hybrid.take(checkpoint).catch((error: unknown) => this.#noted(error));
        return;
      }
      case "payload": {
        const { place, seq, bytes } = notice;
        const lane = view.laneNumber(place.subject, place.author, place.epoch);
        const path = view.subject(place.subject);
        if (lane !== undefined && path !== undefined) feed.fill(path, { lane, seq }, bytes).catch((error: unknown) => this.#noted(error));
        return;
      }
    }
  }

  async #taken({ token, offer }: Extract<SyncNotice, { readonly kind: "offered" }>): Promise<void> {
    const life = this.#lives;
    let taking: Taking;
    try {
      taking = (await this.#mended(offer)) ?? (await this.#take(offer));
      if (taking.kind === "taken") this.#fault = undefined;
    } catch (error) {
      this.#noted(error);
      taking = { kind: NOT_THEIRS, code: codeOf(error), reason: reasonOf(error) };
    }
    if (life === this.#lives) this.#command({ kind: "took", token, taking });
  }

  /** Where it has some of what the disk has lost. */
  async #mended(offer: RangeOffer): Promise<Taking | undefined> {
    if (this.quarantine.spanOf(offer) === undefined) return undefined;
    const done = await this.quarantine.mend(offer);
    return typeof done === "string" ? { kind: "taken" } : { kind: NOT_THEIRS, code: "corrupt", reason: done.reason };
  }

  /** Takes in what is new of it; where nothing is, payloads may be that are not here. */
  async #take(offer: RangeOffer): Promise<Taking> {
    const { intake, feed, view } = this.#parts;
    let outcome: TakeOutcome;
    try {
      outcome = await intake.take(offer);
    } catch (error) {
      if (!(error instanceof SinterError) || error.code !== "usage") throw error;
      // A range of our own feed that parts from it before it begins.
      this.#noted(error);
      return { kind: "elsewhere" };
    }
    if (!isMalformed(outcome) && outcome.kind === "held")
      for (const { place, payload } of wantedIn(view, offer)) await feed.fill(offer.path, place, payload);
    return takingOf(outcome);
  }

  /** Whoever sends a proof that does not hold accuses nobody. */
  #accuse({ keys, proof }: Extract<SyncNotice, { readonly kind: "fork" }>): void {
    const told = decodeForkProof(proof);
    const fork = isMalformed(told) ? told : VerifiedFork.verify(this.#parts, told, keys ?? classicalKeys(told.place.author));
    if (isMalformed(fork)) this.#noted(fork);
    else this.#parts.feed.freeze(fork).catch((error: unknown) => this.#noted(error));
  }

  #reaches({ peer, lane, size }: Extract<SyncNotice, { readonly kind: "reached" }>): void {
    const reach = this.#reachOf(lane);
    if ((reach.sizes.get(peer) ?? 0) >= size) return;
    reach.sizes.set(peer, size);
    const left = reach.waiting.filter(({ seq, peers, done }) => {
      const isReached = countOf(reach, seq) >= peers;
      if (isReached) done();
      return !isReached;
    });
    reach.waiting = left;
  }

  #reachOf(lane: number): Reach {
    const known = this.#reached.get(lane);
    if (known !== undefined) return known;
    const reach: Reach = { sizes: new Map(), waiting: [] };
    this.#reached.set(lane, reach);
    if (this.#reached.size > reachedLanesMax) this.#forgetOne();
    return reach;
  }

  /** One that nobody waits for: those who hold it say so again in the next session. */
  #forgetOne(): void {
    for (const [lane, { waiting }] of this.#reached) {
      if (waiting.length > 0) continue;
      this.#reached.delete(lane);
      return;
    }
  }

  #noted(error: unknown): void {
    this.#fault = { code: codeOf(error), reason: isMalformed(error) ? error.reason : reasonOf(error) };
  }

  #dropped(command: SyncCommand, { reason }: Loss): void {
    if (command.kind === "changed") return this.changed(command.lanes);
    if (command.kind !== "exchange" && command.kind !== "look") return;
    const asked = command.kind === "exchange" ? this.#exchanging : this.#looking;
    asked.lost(command.token);
    this.#parts.pending.reject(command.token, new SinterError("internal", `nothing came of it: ${reason}`, "Try again."));
  }
}

function takingOf(outcome: TakeOutcome): Taking {
  if (outcome instanceof Ahead) return { kind: NOT_THEIRS, code: "ahead", reason: outcome.reason };
  if (isMalformed(outcome)) return { kind: "wrong", reason: outcome.reason };
  return { kind: outcome.kind === "differs" ? "elsewhere" : "taken" };
}

function countOf({ sizes }: Reach, seq: number): number {
  let count = 0;
  for (const size of sizes.values()) if (size >= seq) count++;
  return count;
}

function codeOf(error: unknown): string {
  return error instanceof SinterError ? error.code : "internal";
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface WantedHere {
  readonly place: EventPlace;
  readonly payload: Uint8Array;
}

/** Of events that are here: what they say, where that is not. */
function wantedIn(view: FeedView, { checkpoint, blocks }: RangeOffer): readonly WantedHere[] {
  const { subject, author, epoch } = checkpoint.place;
  const lane = view.laneNumber(subject, author, epoch);
  const found: WantedHere[] = [];
  for (const bytes of lane === undefined ? [] : blocks) {
    const block = checkBlock(bytes);
    for (let index = 0; !isMalformed(block) && index < block.count; index++) {
      const place = { lane: lane as number, seq: block.firstSeq + index };
      if (isAbsent(block, index) || !isListed(view, place)) continue;
      found.push({ place, payload: payloadAt(bytes, block.spans[index * spanWords] as number) });
    }
  }
  return found;
}
