import type { Reader } from "../bytes/reader.js";
import type { Writer } from "../bytes/writer.js";
import { type Dot, type LaneIndex, type Lanes, readDot, writeDot } from "./dot.js";
import { addExact, type Exact, readExact, writeExact } from "./exact-sum.js";
import type { Joining, Told } from "./merge-type.js";

// A sum, kept lane by lane: of two states, each lane's part is that of the state which is folded further in it, so that nothing is
// counted twice.

export interface LaneSum {
  sum: Exact;
  /** The last operation in it. */
  last: Dot;
}

export interface Count {
  readonly lanes: Map<LaneIndex, LaneSum>;
  total: Exact;
}

export function noCount(): Count {
  return { lanes: new Map(), total: 0 };
}

export function countIn(count: Count, by: Exact, dot: Dot): void {
  const lane = count.lanes.get(dot.lane);
  if (lane === undefined) count.lanes.set(dot.lane, { sum: by, last: dot });
  else {
    lane.sum = addExact(lane.sum, by);
    lane.last = dot;
  }
  count.total = addExact(count.total, by);
}

export function joinCounts(count: Count, from: Count, { into, from: theirs }: Joining): void {
  const { lanes } = count;
  for (const [lane, { sum, last }] of from.lanes) if (theirs.of(lane) > into.of(lane)) lanes.set(lane, { sum, last });
  // A lane that counts here and not there, where it is folded further: taken back.
  for (const lane of lanes.keys()) if (theirs.of(lane) > into.of(lane) && !from.lanes.has(lane)) lanes.delete(lane);
  count.total = 0;
  for (const { sum } of lanes.values()) count.total = addExact(count.total, sum);
}

export function writeCount(writer: Writer, { lanes: sums }: Count, lanes: Lanes): void {
  writer.varint(sums.size);
  for (const { last, sum } of [...sums.values()].sort((left, right) => lanes.compare(left.last.lane, right.last.lane))) {
    writeDot(writer, last, lanes);
    writeExact(writer, sum);
  }
}

export function readCount(reader: Reader, lanes: Lanes): Count {
  const count = noCount();
  for (let left = reader.varint(); left > 0 && !reader.failed; left--) {
    const last = readDot(reader, lanes);
    countIn(count, readExact(reader), last);
  }
  return count;
}

/** What each lane adds to it, the largest part first: each told by its last operation. */
export function toldOf({ lanes }: Count): Told[] {
  const parts = [...lanes.values()].sort((left, right) => (left.sum > right.sum ? -1 : left.sum < right.sum ? 1 : 0));
  return parts.map(({ last, sum }) => ({ dot: last, value: sum }));
}
