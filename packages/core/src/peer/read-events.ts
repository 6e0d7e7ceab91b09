import { toHex } from "../bytes/hex.js";
import { eventsPerReadMax } from "../bytes/limits.js";
import type { Stamp } from "../clock/stamp.js";
import { eventCodecs, systemKindMax } from "../feed/event.js";
import type { FeedView, LaneEntry } from "../feed/feed-view.js";
import { eventsInOrder, type LaneSpan, type StoredEvent, spanBetween } from "../feed/subject-reader.js";
import type { Hasher } from "../identity/crypto.js";
import type { SubjectPath } from "../identity/subject-path.js";
import { unlessAborted } from "./abort.js";
import type { Follower } from "./followers.js";
import type { Codec, EventRecord, ReadOptions, StampText } from "./peer-api.js";
import type { SinterError } from "./sinter-error.js";

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
}

const CODEC_NAMES = new Map<number, Codec>(Object.entries(eventCodecs).map(([name, code]) => [code, name as Codec]));

/** A subject's events in total order; following, then those that come, in order of arrival. */
export async function* readEvents(source: EventSource, path: SubjectPath, options: ReadOptions): AsyncIterable<EventRecord> {
  const { follower } = source;
  const bounds = { from: options.from && stampOf(options.from), to: options.to && stampOf(options.to) };
  /** The next seq to read of each lane, by its number. */
  let positions: ReadonlyMap<number, number> = new Map();
  while (!options.signal?.aborted) {
    throwIfEnded(source);
    follower.takeGrowth();
    const read = spansFrom(source, path, positions, bounds);
    const outcome = await unlessAborted(source.barrier(), options.signal, () => "aborted" as const);
    if (outcome === "aborted") return;
    // Some of what was seen is not in the store after all: whatever has taken its place is looked at afresh.
    if (outcome === "lost") continue;
    positions = read.positions;
    yield* eventsOfSpans(source, path, read.spans, options);
    if (!options.follow) return;
    await follower.wait(options.signal);
  }
}

function throwIfEnded(source: EventSource): void {
  const end = source.ended();
  if (end !== undefined) throw end;
}

interface Bounds {
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
    const size = view.head(entry.number)?.size ?? 0;
    const span = spanFrom({ view, hasher }, entry, { size, position: from.get(entry.number), bounds });
    positions.set(entry.number, Math.max(span.next, span.end));
    if (span.next < span.end) spans.push(span);
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
  spans: readonly LaneSpan[],
  { signal, system }: ReadOptions,
): AsyncIterable<EventRecord> {
  throwIfEnded(source);
  const subject = source.view.subjectId(path);
  if (subject === undefined || spans.length === 0) return;
  const events = eventsInOrder(source.view, source.hasher, subject, spans)[Symbol.iterator]();
  for (let read = 1; !signal?.aborted; read++) {
    // The store is closed behind a peer that has ended, and must not be read any more.
    throwIfEnded(source);
    const { done, value } = events.next();
    if (done) return;
    if (value.kind > systemKindMax || system) yield recordOf(value);
    if (read % eventsPerReadMax === 0) await source.soon();
  }
}

function stampOf([wallMs, counter]: StampText): Stamp {
  return { wallMs, counter };
}

function recordOf({ author, epoch, seq, id, stamp, kind, codec, key, payload }: StoredEvent): EventRecord {
  const record = {
    author: toHex(author),
    epoch: epoch.index,
    seq,
    id: toHex(id),
    stamp: [stamp.wallMs, stamp.counter],
    kind,
    codec: CODEC_NAMES.get(codec) ?? "raw",
    payload,
  } as const;
  return key === undefined ? record : { ...record, key };
}
