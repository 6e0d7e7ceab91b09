import { localBytesMax } from "../bytes/limits.js";
import { eventHeaderBytes } from "../feed/event/event.js";
import type { EventPlace } from "../feed/lane/absence.js";
import type { MendedSpan } from "../feed/range/mended-span.js";
import type { VerifiedRange } from "../feed/range/verified-range.js";
import type { LanePlace } from "../feed/seal/checkpoint.js";
import type { VerifiedFork } from "../feed/seal/fork-proof.js";
import { type FeedOptions, feedProtocol } from "../feed/write/feed-core.js";
import type {
  AppendCommand,
  Appended,
  FeedCommand,
  FeedNotice,
  FeedVocabulary,
  Frozen,
  GiveUpCommand,
  Returned,
  Taken,
} from "../feed/write/feed-vocabulary.js";
import type { NewParts } from "../feed/write/open-lane.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { Loss, Mount } from "../protocol/mount.js";
import type { Freezes } from "./forks.js";
import { Gathering } from "./gathering.js";
import type { Pending } from "./pending.js";
import { PutOff } from "./put-off.js";
import { SinterError } from "./sinter-error.js";

export interface FeedCallsParts {
  readonly options: FeedOptions;
  readonly pending: Pending;
  /** To the core, through the driver; throws where it takes no more. */
  readonly command: (command: FeedCommand) => void;
  /** Runs it once the rest of the process has had a turn. */
  readonly soon: (run: () => void) => void;
  /** Why the peer takes no more calls, once it takes none. */
  readonly ended: () => SinterError | undefined;
  /** Whether nothing is on its way to the disk. */
  readonly isFlushed: () => boolean;
  /** Feeds are otherwise than they were, on disk. */
  readonly changed: (notice: Appended | Taken | Frozen | Returned) => void;
  /** A payload that was wanted has come, or an event that was lost. */
  readonly filled: (path: SubjectPath) => void;
}

/** Answers a barrier that did not hold. */
const LOST = "lost";

/** Commands of which it may not be known whether they were carried out. */
const WRITES: ReadonlySet<string> = new Set(["append", "take", "freeze", "giveUp", "redact", "fill", "mend"]);

/** What a subject's view adds to what is appended through it. */
export interface AppendExtra extends Pick<AppendCommand, "observed" | "lens"> {
  /** Told where it lies before anybody is told that the subject has grown. */
  readonly placed?: (appended: Appended) => void;
}

/** Speaks with the core that writes feeds. */
export class FeedCalls {
  readonly mount: Mount<FeedVocabulary>;
  readonly #parts: FeedCallsParts;
  readonly #gathering: Gathering<AppendCommand>;
  readonly #givingUp: PutOff<GiveUpCommand>;
  #bytesInFlight = 0;

  constructor(parts: FeedCallsParts) {
    this.#parts = parts;
    this.mount = {
      protocol: feedProtocol(parts.options),
      notify: (notice) => this.#says(notice),
      dropped: (command, loss) => this.lost(command, loss),
    };
    this.#gathering = new Gathering({ handOn: (token, append) => this.#handOn(token, append), soon: parts.soon });
    this.#givingUp = new PutOff<GiveUpCommand>(parts.pending, parts.command);
  }

  /** Bytes count as in flight until the core has answered, whether or not the caller still waits. */
  async append(path: SubjectPath, events: readonly NewParts[], { placed, ...extra }: AppendExtra = {}): Promise<Appended> {
    const bytes = events.reduce((sum, { payload, key }) => sum + eventHeaderBytes + payload.length + (key?.length ?? 0), 0);
    if (this.#bytesInFlight + bytes > localBytesMax && this.#bytesInFlight > 0) throw busy();
    this.#bytesInFlight += bytes;
    try {
      return await this.#parts.pending.call(
        (token) => this.#gathering.add(token, { kind: "append", token, path, events, ...extra }, bytes),
        placed,
      );
    } finally {
      this.#bytesInFlight -= bytes;
    }
  }

  #handOn(token: number, append: AppendCommand): void {
    try {
      this.#parts.command(append);
    } catch (error) {
      this.#gathering.answered(token);
      this.#parts.pending.fail(token, error);
    }
  }

  take(range: VerifiedRange): Promise<Extract<FeedNotice, { readonly kind: "taken" | "stale" }>> {
    return this.#call((token) => ({ kind: "take", token, range }));
  }

  freeze(fork: VerifiedFork): ReturnType<Freezes> {
    return this.#call((token) => ({ kind: "freeze", token, fork }));
  }

  /** Resolves once all of it is appended again. */
  giveUp(place: LanePlace, from: number): Promise<Returned> {
    return this.#givingUp.ask((token) => ({ kind: "giveUp", token, place, from }));
  }

  redact(place: EventPlace): Promise<Appended> {
    return this.#call((token) => ({ kind: "redact", token, ...place }));
  }

  /** Resolves once what was lost is on disk again. */
  async mend(path: SubjectPath, mended: MendedSpan): Promise<void> {
    const done = this.#call<void>((token) => ({ kind: "mend", token, mended }));
    await done.then(() => this.#parts.filled(path));
  }

  async fill(path: SubjectPath, place: EventPlace, payload: Uint8Array): Promise<void> {
    await this.#call((token) => ({ kind: "fill", token, ...place, payload }));
    this.#parts.filled(path);
  }

  /** Once all that the store shows now is on disk, or is lost. */
  async barrier(): Promise<"passed" | "lost"> {
    if (this.#parts.isFlushed()) return "passed";
    const answer = await this.#call((token) => ({ kind: "barrier", token }));
    return answer === LOST ? "lost" : "passed";
  }

  /** The last call. */
  rest(): Promise<void> {
    return this.#call((token) => ({ kind: "rest", token }));
  }

  #call<T>(commandOf: (token: number) => FeedCommand): Promise<T> {
    return this.#parts.pending.call((token) => this.#parts.command(commandOf(token)));
  }

  #says(notice: FeedNotice): void {
    const { pending, changed } = this.#parts;
    switch (notice.kind) {
      case "begun":
        return this.#givingUp.again();
      case "returned":
        for (const token of notice.tokens) pending.resolve(token, notice);
        return changed(notice);
      case "refused":
        this.#gathering.answered(notice.token);
        return pending.reject(notice.token, new SinterError(notice.code, notice.reason, notice.fix));
      case "passed":
      case "stale":
        return pending.resolve(notice.token, notice);
      default:
        this.#gathering.answered(notice.token);
        pending.resolve(notice.token, notice);
        return changed(notice);
    }
  }

  lost({ kind, token }: { readonly kind: string; readonly token: number }, { outcome, reason }: Loss): void {
    const { pending, ended } = this.#parts;
    this.#gathering.answered(token);
    this.#givingUp.lost(token);
    // What was read before the barrier may be gone: it is read again.
    if (kind === "barrier") return pending.resolve(token, LOST);
    if (WRITES.has(kind) && outcome === "unknown") return pending.reject(token, unknownOutcome(`it may or may not be written: ${reason}`));
    const error =
      ended() ??
      new SinterError(
        "internal",
        `nothing was written: ${reason}`,
        "Try again; if it fails again, look at the peer's quarantine (describe()).",
      );
    // A driver that halts says so in a moment, and then that is what is wrong.
    void Promise.resolve().then(() => pending.reject(token, error));
  }
}

export function unknownOutcome(message: string): SinterError {
  return new SinterError("unknown-outcome", message, "Read the subject to see whether it was written.");
}

export function busy(): SinterError {
  return new SinterError(
    "busy",
    "more is waiting to be written than this peer may hold",
    "Await some of your appends before you begin more.",
  );
}
