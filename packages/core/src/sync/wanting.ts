import { toHex } from "../bytes/hex.js";
import { wantedLanesMax } from "../bytes/limits.js";
import { equalBytes } from "../bytes/order.js";
import { isListed } from "../feed/lane/absence.js";
import { type FeedView, unlessLost } from "../feed/lane/feed-view.js";
import { countedSize } from "../feed/lane/freeze.js";
import { LaneReader } from "../feed/lane/lane-reader.js";
import { blockStart, type LostSpan } from "../feed/lane/lost-span.js";
import type { LanePlace } from "../feed/seal/checkpoint.js";
import { type Hasher, hashBytes } from "../identity/crypto.js";
import type { AuthorId, SubjectId } from "../identity/ids.js";
import type { PeerId } from "../protocol/protocol.js";
import { InVain } from "./in-vain.js";
import { laneKey } from "./link-state.js";
import type { Row } from "./messages.js";
import { rowOf } from "./rows.js";

// What others hold and this replica lacks: each lane is asked of one peer at a time, whoever told of it, so that a body that
// many could send is sent once.

export interface WantedRange {
  readonly key: string;
  readonly row: Row;
  readonly from: number;
  /** Of the event before it, as it is here: zeros before the first. */
  readonly previous: Uint8Array;
  /** No more is wanted than up to there. */
  readonly to: number;
}

/** Events of a lane that is held, which are to come once more: the disk has lost them, or their payloads are not here. */
type Gap = Pick<LostSpan, "lane" | "place" | "from" | "to" | "previous">;

/** Somebody who holds more of a lane than is here, or holds it otherwise. */
interface Source {
  /** As it was told. */
  row: Row;
  /** From where on it was asked for. */
  from: number;
  /** How far before the end of what is here the two may part: it is looked for in ever larger steps. */
  back: number;
}

interface Wanted {
  readonly sources: Map<PeerId, Source>;
  /** Who is being asked. */
  asked: PeerId | undefined;
}

/** How a stream ended. */
export type StreamEnd = "whole" | "another history" | "nothing" | "failed";

const STEP = 4;
const NONE: ReadonlySet<string> = new Set();
/** In the place of an id that the disk has lost. */
const UNKNOWN = new Uint8Array(hashBytes);

export class Wanting {
  readonly #hasher: Hasher;
  readonly #vain = new InVain();
  readonly #lanes = new Map<string, Wanted>();
  /** The same by who told of them, in the order in which they are asked for. */
  readonly #told = new Map<PeerId, Set<string>>();
  /** Of all lanes together: what is kept of them is bounded by this. */
  #sources = 0;
  /** Ends of ranges that are being taken in. */
  readonly #arriving = new Map<string, { end: number; count: number }>();

  /** Of lanes that are held: what the disk has lost of them. */
  #lost: ReadonlyMap<string, LostSpan> = new Map();
  /** And events whose payloads are absent, and more than a message carries: one of a lane, and the link that came upon it. */
  readonly #absent = new Map<string, Gap & { readonly by: PeerId }>();

  readonly #lanesMax: number;

  /** Whose lanes are this store's own. */
  readonly #author: AuthorId | undefined;

  constructor(hasher: Hasher, { lanesMax = wantedLanesMax, author }: { readonly lanesMax?: number; readonly author?: AuthorId } = {}) {
    this.#hasher = hasher;
    this.#author = author;
    this.#lanesMax = lanesMax;
  }

  /** Answers the lanes of which something is lost, or was. */
  lose(spans: readonly LostSpan[]): ReadonlySet<number> {
    const lanes = new Set([...this.#lost.values(), ...spans].map(({ lane }) => lane));
    this.#lost = new Map(spans.map((span) => [laneKey(span.place), span]));
    return lanes;
  }

  /** Up to which event of a lane something is lost, as far as an audit has found it: 0 where nothing is. */
  lostTo(place: Pick<Row, "subject" | "author" | "epoch">): number {
    return this.#lost.size === 0 ? 0 : (this.#lost.get(laneKey(place))?.to ?? 0);
  }

  get lost(): number {
    return this.#lost.size;
  }

  /** Their payloads come with them alone. Whoever comes upon others says so anew, and leaves those that other links came upon. */
  lack(by: PeerId, events: readonly { readonly of: LanePlace; readonly lane: number; readonly seq: number }[], view: FeedView): void {
    for (const [key, gap] of this.#absent) if (gap.by === by) this.#absent.delete(key);
    for (const { of, lane, seq } of events) {
      const { subject, author, epoch } = of;
      const place = { subject, author, epoch };
      const known = this.#absent.get(laneKey(place));
      // Of a lane the first comes first.
      if (known !== undefined && known.from <= seq) continue;
      this.#absent.set(laneKey(place), { by, lane, place, from: seq, to: seq, previous: this.#idBefore(view, place, seq) });
    }
  }

  /** Whoever agrees with us holds what is not here of what we hold. */
  considerGaps(peer: PeerId, view: FeedView): void {
    for (const { place } of [...this.#lost.values(), ...this.#absent.values()]) {
      const held = heldHere(view, place);
      // What counts last there, where the disk has lost it, they know.
      const row = rowHere(view, this.#hasher, place) ?? (held && { ...place, ...held, headId: UNKNOWN, hybridSize: 0 });
      if (row !== undefined) this.consider(peer, row, view);
    }
  }

  /** Lanes wanted of a peer, or of any. */
  count(peer?: PeerId): number {
    return peer === undefined ? this.#lanes.size : (this.#told.get(peer)?.size ?? 0);
  }

  /** Of one subject, wanted of anybody. */
  countIn(subject: SubjectId): number {
    const beginning = toHex(subject);
    let count = 0;
    for (const key of this.#lanes.keys()) if (key.startsWith(beginning)) count++;
    return count;
  }

  /** Whether what is told is more than is here, and not on its way already: then it is wanted. */
  consider(peer: PeerId, row: Row, view: FeedView): void {
    const key = laneKey(row);
    const wanted = this.#lanes.get(key);
    if (!this.lacks(view, row)) {
      this.#forget(key, peer);
      return;
    }
    // The next session finds what is left out here.
    const known = wanted?.sources.get(peer);
    if (known !== undefined) {
      known.row = ownCopy(row);
      return;
    }
    if (this.#sources >= this.#lanesMax && this.#roomFor(peer) === "none") return;
    // To make room may have taken the lane away.
    const lane = this.#lanes.get(key) ?? { sources: new Map<PeerId, Source>(), asked: undefined };
    this.#lanes.set(key, lane);
    lane.sources.set(peer, { row: ownCopy(row), from: 0, back: 0 });
    this.#sources++;
    const told = this.#told.get(peer) ?? new Set();
    this.#told.set(peer, told.add(key));
  }

  /** What is to be asked of a peer next; nothing, where all that it has is asked already. `coming`: lanes that a stream of its brings. */
  next(peer: PeerId, view: FeedView, coming: ReadonlySet<string> = NONE): WantedRange | undefined {
    for (const key of this.#told.get(peer) ?? []) {
      const wanted = this.#lanes.get(key);
      const source = wanted?.sources.get(peer);
      if (wanted === undefined || source === undefined || coming.has(key) || this.#arriving.has(key)) continue;
      if (!this.#isNext(peer, key, wanted)) continue;
      const { row } = source;
      if (!this.lacks(view, row)) {
        this.#forget(key, peer);
        continue;
      }
      // Where they have no more of it than is here, what differs is at the end of theirs or before.
      if (source.back === 0 && row.size <= sizeHere(view, row) && this.#gap(row, view) === undefined) source.back = 1;
      const place = this.#place(view, row, source.back);
      wanted.asked = peer;
      source.from = place.from;
      return { key, row, to: this.#gap(row, view)?.to ?? Number.POSITIVE_INFINITY, ...place };
    }
    return undefined;
  }

  /** Nothing whole of what it was asked for has come, and that takes long. */
  doubt(peer: PeerId, key: string): void {
    this.#vain.add(peer, key);
  }

  /** The stream that brought it has ended. */
  ended(peer: PeerId, key: string, end: StreamEnd, view: FeedView): void {
    const wanted = this.#lanes.get(key);
    if (end === "whole") this.#vain.done(peer, key);
    else if (end === "nothing") this.#vain.add(peer, key);
    if (wanted?.asked !== peer) return;
    wanted.asked = undefined;
    const source = wanted.sources.get(peer);
    const row = source?.row;
    const size = row === undefined ? 0 : sizeHere(view, row);
    if (end === "another history" && source !== undefined && source.back <= size) {
      source.back = source.back === 0 ? 1 : source.back * STEP;
      return;
    }
    if (end === "another history") this.#vain.add(peer, key);
    // Where nothing came, to ask again would bring nothing again.
    const hasGrown = source !== undefined && size >= source.from && source.back === 0;
    // What has come of a gap shows once it is written; whoever writes it asks for the rest.
    const goesOn = hasGrown && row !== undefined && this.#gap(row, view) === undefined;
    if (end !== "whole" || !goesOn || !this.lacks(view, row)) return this.#forget(key, peer);
    // Its turn comes again behind all others.
    const told = this.#told.get(peer);
    if (told?.delete(key) === true) told.add(key);
  }

  left(peer: PeerId): void {
    for (const key of [...(this.#told.get(peer) ?? [])]) {
      const wanted = this.#lanes.get(key);
      if (wanted?.asked === peer) wanted.asked = undefined;
      this.#forget(key, peer);
    }
    for (const [key, gap] of this.#absent) if (gap.by === peer) this.#absent.delete(key);
    this.#told.delete(peer);
    this.#vain.left(peer);
  }

  /** Who tells of what it never sends keeps nobody waiting twice: others come first, and may be asked before that is over. Of those who all
   * brought nothing, whoever was asked the longest ago. */
  #isNext(peer: PeerId, key: string, { asked, sources }: Wanted): boolean {
    const since = this.#vain.since(peer, key);
    if (asked !== undefined) return asked !== peer && since < this.#vain.since(asked, key);
    if (since === 0) return true;
    for (const other of sources.keys()) if (this.#vain.since(other, key) < since) return false;
    return true;
  }

  arriving(key: string, end: number): void {
    const arriving = this.#arriving.get(key) ?? { end: 0, count: 0 };
    arriving.end = Math.max(arriving.end, end);
    arriving.count++;
    this.#arriving.set(key, arriving);
  }

  arrived(key: string): void {
    const arriving = this.#arriving.get(key);
    if (arriving === undefined) return;
    arriving.count--;
    if (arriving.count === 0) this.#arriving.delete(key);
  }

  /** The last event of a lane that is here or being taken in. */
  reach(view: FeedView, row: Pick<Row, "subject" | "author" | "epoch">): number {
    const size = sizeHere(view, row);
    return Math.max(size, this.#arriving.get(laneKey(row))?.end ?? 0);
  }

  describe(): { readonly lanes: number; readonly arriving: number } {
    return { lanes: this.#lanes.size, arriving: this.#arriving.size };
  }

  /** What is new comes first, but where it would have to follow what is lost: and of our own all that is new is held against all that is here. */
  #gap(row: Row, view: FeedView): Gap | undefined {
    if (this.#lost.size === 0 && this.#absent.size === 0) return undefined;
    const [lost, absent] = [this.#lost.get(laneKey(row)), this.#absent.get(laneKey(row))];
    const size = sizeHere(view, row);
    const isOwn = this.#author !== undefined && equalBytes(row.author, this.#author);
    if (lost !== undefined && lost.to <= row.size && (isOwn || row.size <= size || lost.to === size)) return lost;
    if (absent === undefined || row.size > size || absent.to > row.size) return undefined;
    return isListed(view, { lane: absent.lane, seq: absent.to }) ? absent : undefined;
  }

  /** Zeros before the first, and where it cannot be read. */
  #idBefore(view: FeedView, place: Pick<Row, "subject" | "author" | "epoch">, seq: number): Uint8Array {
    return idAt(view, this.#hasher, place, seq - 1) ?? new Uint8Array(hashBytes);
  }

  /** Who tells of lanes without end keeps nobody else's from being asked for: whoever has less than an equal share takes a place of who has most. */
  #roomFor(peer: PeerId): "made" | "none" {
    const share = this.#lanesMax / (this.#told.size + (this.#told.has(peer) ? 0 : 1));
    if (this.count(peer) + 1 > share) return "none";
    let fullest: PeerId | undefined;
    for (const [each, { size }] of this.#told) if (fullest === undefined || size > this.count(fullest)) fullest = each;
    if (fullest === undefined) return "none";
    for (const key of this.#told.get(fullest) ?? []) {
      if (this.#lanes.get(key)?.asked !== undefined) continue;
      this.#forget(key, fullest);
      break;
    }
    return this.#sources < this.#lanesMax ? "made" : "none";
  }

  #forget(key: string, peer: PeerId): void {
    const wanted = this.#lanes.get(key);
    this.#told.get(peer)?.delete(key);
    if (wanted?.sources.delete(peer) === true) this.#sources--;
    if (wanted?.sources.size === 0) this.#lanes.delete(key);
  }

  lacks(view: FeedView, row: Row): boolean {
    if (this.#gap(row, view) !== undefined) return true;
    const mine = heldHere(view, row);
    const size = mine?.size ?? 0;
    // Beyond what counts a frozen lane needs no more than its proof. Where what counts differs a third branch parts before that.
    const isWhole = mine !== undefined && mine.freezeAt > 0 && size >= Math.min(row.size, mine.freezeAt - 1);
    if (!isWhole && row.size > Math.max(size, this.#arriving.get(laneKey(row))?.end ?? 0)) return true;
    if (mine === undefined || row.size === 0 || row.size > size) return false;
    if (row.size === size) return isOther(row, rowHere(view, this.#hasher, row));
    // Less of it than is here, and otherwise: that it is another history shows only where it is looked at.
    const id = idAt(view, this.#hasher, row, row.size);
    return id !== undefined && !equalBytes(id, row.headId);
  }

  #place(view: FeedView, row: Row, back: number): { readonly from: number; readonly previous: Uint8Array } {
    const gap = this.#gap(row, view);
    if (gap !== undefined) {
      if (back === 0) return { from: gap.from, previous: gap.previous };
      const from = blockStart(view, gap.lane, Math.max(1, gap.from - back));
      return { from, previous: this.#idBefore(view, row, from) };
    }
    const size = Math.min(sizeHere(view, row), row.size);
    const from = Math.max(1, size + 1 - back);
    return { from, previous: this.#idBefore(view, row, from) };
  }
}

/** What is read are views: to keep one would be to keep the whole message that it came in. */
function ownCopy(row: Row): Row {
  const { author, subject, epoch, headId } = row;
  const own = <Bytes extends Uint8Array>(bytes: Bytes): Bytes => bytes.slice() as Bytes;
  return { ...row, author: own(author), subject: own(subject), epoch: { ...epoch, nonce: own(epoch.nonce) }, headId: own(headId) };
}

/** How far a lane is held, whether or not its row can be told. */
function heldHere(view: FeedView, place: Pick<Row, "subject" | "author" | "epoch">): Pick<Row, "size" | "freezeAt"> | undefined {
  const head = unlessLost(() => {
    const lane = view.laneNumber(place.subject, place.author, place.epoch);
    return lane === undefined ? undefined : view.head(lane);
  });
  return head && { size: countedSize(head), freezeAt: head.freezeAt };
}

function sizeHere(view: FeedView, place: Pick<Row, "subject" | "author" | "epoch">): number {
  return heldHere(view, place)?.size ?? 0;
}

/** Of rows that are as long: whether they end with other events. Where one cannot be told, nothing says so. */
function isOther({ headId }: Row, mine: Row | undefined): boolean {
  return mine !== undefined && !equalBytes(headId, UNKNOWN) && !equalBytes(headId, mine.headId);
}

/** The row of a lane as it is held here. */
export function rowHere(view: FeedView, hasher: Hasher, place: Pick<Row, "subject" | "author" | "epoch">): Row | undefined {
  const lane = view.laneNumber(place.subject, place.author, place.epoch);
  return lane === undefined ? undefined : rowOf(view, hasher, lane);
}

/** Of an event that is here, and can be read. */
export function idAt(
  view: FeedView,
  hasher: Hasher,
  place: Pick<Row, "subject" | "author" | "epoch">,
  seq: number,
): Uint8Array | undefined {
  const lane = view.laneNumber(place.subject, place.author, place.epoch);
  const head = lane === undefined ? undefined : view.head(lane);
  if (lane === undefined || head === undefined || seq < 1 || seq > head.size) return undefined;
  if (seq === head.size) return head.headId;
  const reader = new LaneReader(view, hasher, lane);
  return unlessLost(() => reader.nodes(reader.laneId()).leaves(seq - 1, 1))?.slice();
}
