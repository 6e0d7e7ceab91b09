import { toHex } from "../bytes/hex.js";
import { eventsPerReadMax } from "../bytes/limits.js";
import type { Stamp } from "../clock/stamp.js";
import { eventCodecs, type Origin, systemKindMax } from "../feed/event/event.js";
import type { FeedView, LaneEntry } from "../feed/lane/feed-view.js";
import { type Assurance, checkReach, laneReach } from "../feed/lane/lane-reach.js";
import { eventsInOrder, type LaneSpan, type StoredEvent, spanBetween } from "../feed/lane/subject-reader.js";
import type { Hasher } from "../identity/crypto.js";
import type { Epoch } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import { unlessAborted } from "./abort.js";
import type { Codec, EventRecord, ReadOptions, StampText, Withdrawal } from "./event-api.js";
import type { Follower } from "./followers.js";
import { SinterError } from "./sinter-error.js";
import { ReadSpans, Withdrawals } from "./withdrawals.js";

export interface EventSource {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly follower: Follower;
  /** Lets the rest of the process run. */
  soon(): Promise<void>;
  /** Once all that the store shows now is on disk, or is lost: nothing is told that a crash could take back. */
  barrier(): Promise<"passed" | "lost">;
  /** Why the peer has stopped, once it has. */
  ended(): SinterError | undefined;
  /** How many times a lane was frozen, and that is on disk: what is being read may count no more. */
  freezes(): number;
}

const CODEC_NAMES = new Map<number, Codec>(Object.entries(eventCodecs).map(([name, code]) => [code, name as Codec]));

/** A subject's events in total order; following, then those that come, in order of arrival. */
export async function* readEvents(source: EventSource, path: SubjectPath, options: ReadOptions): AsyncIterable<EventRecord> {
  const { follower } = source;
  const bounds = { from: options.from && stampOf(options.from), to: options.to && stampOf(options.to) };
  /** The next seq to read of each lane, by its number. */
  let positions: ReadonlyMap<number, number> = new Map();
  const told = new Withdrawals(source);
  while (!options.signal?.aborted) {
    throwIfEnded(source);
    follower.takeGrowth();
    const freezes = source.freezes();
    positions = goneBack(source, positions, options);
    const read = spansFrom(source, path, positions, { ...bounds, assurance: options.assurance ?? "classical" });
    const outcome = await unlessAborted(source.barrier(), options.signal, () => "aborted" as const);
    if (outcome === "aborted") return;
    // Some of what was seen is not in the store after all: whatever has taken its place is looked at afresh.
    if (outcome === "lost") continue;
    positions = read.positions;
    tell(told.before(read.spans), options);
    yield* eventsOfSpans(source, path, new ReadSpans(source, read.spans, freezes), options);
    if (!options.follow) return tell(told.before([]), options);
    await follower.wait(options.signal);
  }
}

function tell(withdrawn: readonly Withdrawal[], options: ReadOptions): void {
  for (const what of withdrawn) options.withdrawn?.(what);
}

/** Where a lane has other events than were read of it, it is read again from there on. */
function goneBack(
  { view, follower }: EventSource,
  positions: ReadonlyMap<number, number>,
  options: ReadOptions,
): ReadonlyMap<number, number> {
  const back = new Map(positions);
  for (const [lane, from] of follower.takeReplaced()) {
    const next = back.get(lane) ?? from;
    const record = view.lane(lane);
    if (next <= from || record === undefined) continue;
    back.set(lane, from);
    const { author, epoch } = record;
    tell([{ author: toHex(author), epoch: epoch.index, nonce: toHex(epoch.nonce), from, to: next - 1 }], options);
  }
  return back;
}

function throwIfEnded(source: EventSource): void {
  const end = source.ended();
  if (end !== undefined) throw end;
}

interface Bounds {
  readonly assurance: Assurance;
  readonly from?: Stamp | undefined;
  readonly to?: Stamp | undefined;
}

interface Reach {
  readonly spans: readonly LaneSpan[];
  /** Where to go on once the spans are read. */
  readonly positions: ReadonlyMap<number, number>;
}

function spansFrom({ view, hasher }: EventSource, path: SubjectPath, from: ReadonlyMap<number, number>, bounds: Bounds): Reach {
  const subject = view.subjectId(path);
  const spans: LaneSpan[] = [];
  const positions = new Map(from);
  for (const entry of subject === undefined ? [] : view.lanes(subject)) {
    const size = laneReach(view, entry.number, bounds.assurance);
    const span = spanFrom({ view, hasher }, entry, { size, position: from.get(entry.number), bounds });
    positions.set(entry.number, Math.max(span.next, span.end));
    if (span.next >= span.end) continue;
    checkReach(view, hasher, entry.number, bounds.assurance);
    spans.push(span);
  }
  return { spans, positions };
}

function spanFrom(
  { view, hasher }: Pick<EventSource, "view" | "hasher">,
  entry: LaneEntry,
  at: { readonly size: number; readonly position: number | undefined; readonly bounds: Bounds },
): LaneSpan {
  const span = spanBetween(view, hasher, entry, at.size, at.bounds);
  return at.position === undefined ? span : { ...span, next: Math.max(span.next, at.position) };
}

async function* eventsOfSpans(
  source: EventSource,
  path: SubjectPath,
  reading: ReadSpans,
  { signal, system }: ReadOptions,
): AsyncIterable<EventRecord> {
  throwIfEnded(source);
  const subject = source.view.subjectId(path);
  if (subject === undefined || reading.spans.length === 0) return;
  const events = eventsInOrder(source.view, source.hasher, subject, reading.spans)[Symbol.iterator]();
  for (let read = 1; !signal?.aborted; read++) {
    // The store is closed behind a peer that has ended, and must not be read any more.
    throwIfEnded(source);
    const { done, value } = nextOf(events, source.follower);
    if (done) return;
    if ((value.kind > systemKindMax || system) && !reading.withdraws(value)) yield recordOf(value);
    if (read % eventsPerReadMax === 0) await source.soon();
  }
}

/** What a disk has lost is damage; what was replaced while it was read is not. */
function nextOf(events: Iterator<StoredEvent>, follower: Follower): IteratorResult<StoredEvent> {
  try {
    return events.next();
  } catch (error) {
    if (!follower.isReplaced) throw error;
    throw new SinterError("busy", "a feed of this store's own was given other events while it was read", "Read the subject again.", {
      cause: error,
    });
  }
}

function stampOf([wallMs, counter]: StampText): Stamp {
  return { wallMs, counter };
}

function recordOf({ author, epoch, seq, id, stamp, kind, codec, key, payload, origin }: StoredEvent): EventRecord {
  const record = {
    author: toHex(author),
    epoch: epoch.index,
    nonce: nonceText(epoch),
    seq,
    id: toHex(id),
    stamp: [stamp.wallMs, stamp.counter],
    kind,
    codec: CODEC_NAMES.get(codec) ?? "raw",
    ...(typeof payload === "string" ? { payload: undefined, absent: payload } : { payload }),
  } as const;
  const keyed = key === undefined ? record : { ...record, key };
  return origin === undefined ? keyed : { ...keyed, origin: originRecord(origin) };
}

/** Most events have the epoch of the one before. */
const nonceTexts = new WeakMap<Epoch, string>();

function nonceText(epoch: Epoch): string {
  const known = nonceTexts.get(epoch);
  if (known !== undefined) return known;
  const text = toHex(epoch.nonce);
  nonceTexts.set(epoch, text);
  return text;
}

function originRecord({ epoch, seq, stamp, id }: Origin): NonNullable<EventRecord["origin"]> {
  return { epoch: epoch.index, nonce: toHex(epoch.nonce), seq, stamp: [stamp.wallMs, stamp.counter], id: toHex(id) };
}
