import type { Reader } from "../bytes/reader.js";
import type { Writer } from "../bytes/writer.js";

// Which operation, and where it stands. States keep dots of the operations that count in them, and nothing else of where they came
// from: what is folded is a set of operations, and a dot is what tells one from another.

/** A lane (one epoch of one author's feed) by a small number of whoever folds: what that stands for is in `Lanes`. */
export type LaneIndex = number;

export interface Dot {
  /** Where the event lies: no two operations have one lane, seq and index. */
  readonly lane: LaneIndex;
  readonly seq: number;
  /** Which of the event's operations, from 0. */
  readonly operation: number;
  /** Where it stands in the total order. */
  readonly wallMs: number;
  readonly counter: number;
  /** Of an event that was appended again: where it first stood, by which it is ordered. */
  readonly origin?: { readonly lane: LaneIndex; readonly seq: number } | undefined;
}

/** What lane indexes stand for: kept by whoever folds. */
export interface Lanes {
  /** By author, then by epoch. */
  compare(left: LaneIndex, right: LaneIndex): number;
  /** By their ids: of lanes that need not be held, whose authors are not known then. */
  compareIds(left: LaneIndex, right: LaneIndex): number;
  /** Who writes a lane of which operations are folded, in hex. */
  author(lane: LaneIndex): string;
  write(writer: Writer, lane: LaneIndex): void;
  read(reader: Reader): LaneIndex;
}

/** How far lanes are folded. */
export interface Seen {
  /** Seq of the last event folded; 0: none. */
  of(lane: LaneIndex): number;
}

/** The total order of operations: of two that contend, the later wins wherever and whenever they are folded. */
export function compareDots(left: Dot, right: Dot, lanes: Lanes): number {
  return left.wallMs - right.wallMs || left.counter - right.counter || compareFirst(left, right, lanes) || left.operation - right.operation;
}

/** Equal stamps: by author and epoch, then by seq. Where an event was appended again, by where it first stood. */
function compareFirst(left: Dot, right: Dot, lanes: Lanes): number {
  const [before, after] = [left.origin ?? left, right.origin ?? right];
  return (
    lanes.compare(before.lane, after.lane) ||
    before.seq - after.seq ||
    // Two events that claim one place: by where they lie.
    lanes.compare(left.lane, right.lane) ||
    left.seq - right.seq
  );
}

export function isSameDot(left: Dot, right: Dot): boolean {
  return left.lane === right.lane && left.seq === right.seq && left.operation === right.operation;
}

export function writeDot(writer: Writer, dot: Dot, lanes: Lanes): void {
  lanes.write(writer, dot.lane);
  writer.varint(dot.seq).varint(dot.operation).u48(dot.wallMs).u16(dot.counter);
  writer.u8(dot.origin === undefined ? 0 : 1);
  if (dot.origin === undefined) return;
  lanes.write(writer, dot.origin.lane);
  writer.varint(dot.origin.seq);
}

export function readDot(reader: Reader, lanes: Lanes): Dot {
  const lane = lanes.read(reader);
  const seq = reader.varint();
  const operation = reader.varint();
  const wallMs = reader.u48();
  const counter = reader.u16();
  const again = reader.u8();
  if (again > 1) reader.fail("a dot that is neither appended again nor not");
  if (again !== 1) return { lane, seq, operation, wallMs, counter };
  return { lane, seq, operation, wallMs, counter, origin: { lane: lanes.read(reader), seq: reader.varint() } };
}
