import type { Reader } from "../bytes/reader.js";
import type { Writer } from "../bytes/writer.js";
import { compareDots, type Dot, isSameDot, type Lanes, readDot, type Seen, writeDot } from "./dot.js";
import type { Circumstance, Joining, Reach } from "./merge-type.js";

// Operations of one key that no other operation was written in knowledge of: what most types are made of. Which of them counts, or
// whether all do, is for the type to say. One head, where nobody wrote at once with another.

export interface Head<T> {
  readonly dot: Dot;
  readonly what: T;
}

export interface Heads<T> {
  /** The last in the total order first. */
  live: Head<T>[];
  /** Operations that still come, and were known to one that is folded: they come to nothing. By lane, each once. */
  ahead: Reach[];
}

export function noHeads<T>(): Heads<T> {
  return { live: [], ahead: [] };
}

/** One of its own: heads themselves are never changed. */
export function copyHeads<T>({ live, ahead }: Heads<T>): Heads<T> {
  return { live: live.slice(), ahead };
}

/** What `at` covers counts no more. */
export function coverHeads<T>(heads: Heads<T>, at: Circumstance): void {
  const { live } = heads;
  // Mostly there is one, and it is covered.
  if (live.length === 1) {
    if (at.covers((live[0] as Head<T>).dot)) live.pop();
  } else if (live.length > 1) heads.live = live.filter(({ dot }) => !at.covers(dot));
  if (at.ahead.length > 0) heads.ahead = mergedReaches([...pending(heads.ahead, at.seen), ...at.ahead]);
}

/** The operation counts, unless one that came before it was written in knowledge of it. */
export function addHead<T>(heads: Heads<T>, what: T, { dot, lanes }: Circumstance): void {
  if (isReached(heads.ahead, dot)) return;
  const { live } = heads;
  if (live.length === 0) {
    live.push({ dot, what });
    return;
  }
  let at = 0;
  while (at < live.length && compareDots((live[at] as Head<T>).dot, dot, lanes) > 0) at++;
  const there = live[at];
  if (there !== undefined && isSameDot(there.dot, dot)) return;
  live.splice(at, 0, { dot, what });
}

/** The operation counts, and its lane's earlier ones no more: others' stay, whatever it was written in knowledge of. */
export function keepHead<T>(heads: Heads<T>, what: T, at: Circumstance): void {
  const { live, ahead } = heads;
  if (isReached(ahead, at.dot)) return;
  const earlier = live.findIndex(({ dot }) => dot.lane === at.dot.lane);
  if (earlier >= 0) live.splice(earlier, 1);
  addHead(heads, what, at);
}

/** What both have, and what one has that the other has not seen: what it has seen and does not have, it knows to be covered. */
export function joinHeads<T>(heads: Heads<T>, from: Heads<T>, { lanes, into, from: theirs }: Joining): void {
  const ours = heads.live.filter(({ dot }) => (isSeen(dot, theirs) ? has(from, dot) : !isReached(from.ahead, dot)));
  const news = from.live.filter(({ dot }) => !isSeen(dot, into) && !isReached(heads.ahead, dot));
  heads.live = [...ours, ...news].sort((left, right) => compareDots(right.dot, left.dot, lanes));
  heads.ahead = mergedReaches([...heads.ahead, ...from.ahead]);
}

export function areBare<T>({ live, ahead }: Heads<T>, seen: Seen): boolean {
  return live.length === 0 && pending(ahead, seen).length === 0;
}

export function writeHeads<T>(
  writer: Writer,
  { live, ahead }: Heads<T>,
  parts: { readonly lanes: Lanes; readonly seen: Seen; readonly what: (what: T) => void },
): void {
  const { lanes, seen, what } = parts;
  writer.varint(live.length);
  for (const head of live) {
    writeDot(writer, head.dot, lanes);
    what(head.what);
  }
  writeReaches(writer, pending(ahead, seen), lanes);
}

export function readHeads<T>(reader: Reader, lanes: Lanes, what: () => T): Heads<T> {
  const live: Head<T>[] = [];
  for (let left = reader.varint(); left > 0 && !reader.failed; left--) live.push({ dot: readDot(reader, lanes), what: what() });
  return { live, ahead: readReaches(reader, lanes) };
}

export function writeReaches(writer: Writer, reaches: readonly Reach[], lanes: Lanes): void {
  writer.varint(reaches.length);
  for (const { lane, seq } of reaches.toSorted((left, right) => lanes.compareIds(left.lane, right.lane))) {
    lanes.write(writer, lane);
    writer.varint(seq);
  }
}

export function readReaches(reader: Reader, lanes: Lanes): Reach[] {
  const reaches: Reach[] = [];
  for (let left = reader.varint(); left > 0 && !reader.failed; left--) reaches.push({ lane: lanes.read(reader), seq: reader.varint() });
  return reaches;
}

/** What has not come yet. What has come was held against it then. */
export function pending(ahead: readonly Reach[], seen: Seen): readonly Reach[] {
  return ahead.length === 0 ? ahead : ahead.filter(({ lane, seq }) => seen.of(lane) < seq);
}

export function isReached(reaches: readonly Reach[], { lane, seq }: Dot): boolean {
  return reaches.length > 0 && reaches.some((reach) => reach.lane === lane && seq <= reach.seq);
}

/** Of each lane the furthest. */
export function mergedReaches(reaches: readonly Reach[]): Reach[] {
  const furthest = new Map<number, number>();
  for (const { lane, seq } of reaches) furthest.set(lane, Math.max(seq, furthest.get(lane) ?? 0));
  return [...furthest].map(([lane, seq]) => ({ lane, seq }));
}

export function isSeen({ lane, seq }: Dot, seen: Seen): boolean {
  return seen.of(lane) >= seq;
}

function has<T>({ live }: Heads<T>, dot: Dot): boolean {
  return live.some((head) => isSameDot(head.dot, dot));
}
