import type { Reader } from "../../bytes/reader.js";
import { Writer } from "../../bytes/writer.js";
import type { Dot, LaneIndex, Lanes, Seen } from "../dot.js";
import type { AnyMergeType, Circumstance, Reach } from "../merge-type.js";
import { applyOperation, emptyState, type Items, type State, writeItems } from "../state.js";
import type { Draws } from "./draws.js";
import type { History, LawEvent, LawLane } from "./history.js";

// Folds histories as a replica does: each lane in its own order, lanes as they come, every event once.

/** The small numbers that one replica gives to the lanes of a history. */
export class Numbering implements Lanes {
  /** By lane of the history. */
  readonly #numbers: readonly LaneIndex[];
  readonly #lanes: readonly LawLane[];
  readonly #byNumber: number[] = [];

  constructor({ lanes }: History, numbers: readonly LaneIndex[]) {
    this.#lanes = lanes;
    this.#numbers = numbers;
    for (const [lane, number] of numbers.entries()) this.#byNumber[number] = lane;
  }

  numberOf(lane: number): LaneIndex {
    return this.#numbers[lane] as LaneIndex;
  }

  laneOf(number: LaneIndex): number {
    return this.#byNumber[number] as number;
  }

  compare(left: LaneIndex, right: LaneIndex): number {
    const [one, other] = [this.#of(left), this.#of(right)];
    return one.author - other.author || one.epoch - other.epoch;
  }

  /** Another order than that of authors, as the order of hashes is. */
  compareIds(left: LaneIndex, right: LaneIndex): number {
    const [one, other] = [this.#of(left), this.#of(right)];
    return one.epoch - other.epoch || other.author - one.author;
  }

  author(number: LaneIndex): string {
    return this.#of(number).author.toString(16).padStart(2, "0");
  }

  write(writer: Writer, number: LaneIndex): void {
    const { author, epoch } = this.#of(number);
    writer.u8(author).u8(epoch);
  }

  read(reader: Reader): LaneIndex {
    const author = reader.u8();
    const epoch = reader.u8();
    for (const [lane, each] of this.#lanes.entries()) if (each.author === author && each.epoch === epoch) return this.numberOf(lane);
    reader.fail("a lane that is not known here");
    return 0;
  }

  #of(number: LaneIndex): LawLane {
    return this.#lanes[this.laneOf(number)] as LawLane;
  }
}

/** Lanes as they stand in the history. */
export function plainNumbering(history: History): Numbering {
  return new Numbering(
    history,
    history.lanes.map((_, lane) => lane),
  );
}

export function drawNumbering(history: History, draws: Draws): Numbering {
  const numbers = history.lanes.map((_, lane) => lane);
  for (let at = numbers.length - 1; at > 0; at--) {
    const other = draws.below(at + 1);
    [numbers[at], numbers[other]] = [numbers[other] as number, numbers[at] as number];
  }
  return new Numbering(history, numbers);
}

/** How far each lane is taken. */
export type Cut = readonly number[];

/** What comes after what: lanes, each time the next event of one. Now and then an event comes again, which is told by -1 - lane. */
export type Arrival = readonly number[];

export function laneAfterLane(from: Cut, to: Cut): Arrival {
  const arrival: number[] = [];
  for (const [lane, end] of to.entries()) for (let seq = from[lane] as number; seq < end; seq++) arrival.push(lane);
  return arrival;
}

export function drawArrival(draws: Draws, from: Cut, to: Cut): Arrival {
  const at = [...from];
  const arrival: number[] = [];
  for (let left = to.reduce((sum, end, lane) => sum + end - (from[lane] as number), 0); left > 0; left--) {
    let skip = draws.below(left);
    let lane = 0;
    // Events that are left fall to the lane that goes on with equal chance.
    for (let rest = (to[lane] as number) - (at[lane] as number); skip >= rest; rest = (to[lane] as number) - (at[lane] as number)) {
      skip -= rest;
      lane++;
    }
    (at[lane] as number) += 1;
    arrival.push(lane);
    if (draws.below(8) === 0) arrival.push(-1 - lane);
  }
  return arrival;
}

export function noCut(history: History): Cut {
  return history.lanes.map(() => 0);
}

export interface Folding {
  readonly type: AnyMergeType;
  readonly history: History;
  readonly lanes: Numbering;
  /** Operations that this says no to are passed over: they were redacted, or are not asked for. */
  readonly only?: (operation: unknown, lane: number, seq: number) => boolean;
}

/** Folds into `state` what comes, in that order. */
export function fold(folding: Folding, state: State, arrival: Arrival): State {
  const { history, lanes } = folding;
  for (const each of arrival) {
    const lane = each < 0 ? -1 - each : each;
    const number = lanes.numberOf(lane);
    const folded = state.seen.of(number);
    // An event that comes again is known by its seq.
    const seq = each < 0 ? folded : folded + 1;
    if (seq <= folded) continue;
    foldEvent(folding, state, { event: history.events[lane]?.[seq - 1] as LawEvent, lane, seq });
    state.seen.reach(number, seq);
  }
  return state;
}

export function folded(folding: Folding, arrival: Arrival): State {
  return fold(folding, emptyState(), arrival);
}

interface Coming {
  readonly event: LawEvent;
  readonly lane: number;
  readonly seq: number;
}

const NONE: readonly Reach[] = [];

function foldEvent({ type, lanes, only }: Folding, { items, seen }: State, { event, lane, seq }: Coming): void {
  const { operations, observed, wallMs, counter, origin } = event;
  let ahead = NONE;
  for (let other = 0; other < observed.length; other++) {
    const reach = observed[other] as number;
    if (other !== lane && reach > seen.of(lanes.numberOf(other))) ahead = [...ahead, { lane: lanes.numberOf(other), seq: reach }];
  }
  const number = lanes.numberOf(lane);
  const first = origin === undefined ? undefined : { lane: lanes.numberOf(origin.lane), seq: origin.seq };
  // One for all operations of the event: a type keeps the dot, and nothing else of it.
  const at = new MovingCircumstance(lanes, seen, { lane, number, seq, observed, ahead });
  for (let operation = 0; operation < operations.length; operation++) {
    const { decoded } = operations[operation] as { decoded: unknown };
    if (only !== undefined && !only(decoded, lane, seq)) continue;
    at.dot = { lane: number, seq, operation, wallMs, counter, origin: first };
    applyOperation(type, items, decoded, at);
  }
}

interface Knowledge {
  readonly lane: number;
  readonly number: LaneIndex;
  readonly seq: number;
  readonly observed: readonly number[];
  readonly ahead: readonly Reach[];
}

class MovingCircumstance implements Circumstance {
  readonly lanes: Numbering;
  readonly seen: Seen;
  readonly ahead: readonly Reach[];
  dot: Dot = { lane: 0, seq: 0, operation: 0, wallMs: 0, counter: 0 };
  readonly #knowledge: Knowledge;

  constructor(lanes: Numbering, seen: Seen, knowledge: Knowledge) {
    this.lanes = lanes;
    this.seen = seen;
    this.ahead = knowledge.ahead;
    this.#knowledge = knowledge;
  }

  covers({ lane, seq, operation }: Dot): boolean {
    const { number, seq: own, observed } = this.#knowledge;
    if (lane !== number) return (observed[this.lanes.laneOf(lane)] as number) >= seq;
    return seq < own || (seq === own && operation < this.dot.operation);
  }
}

/** Arrays up to this size lie in the engine's own heap, where they cost little. */
const SMALL_BYTES = 64;

export function encoded(type: AnyMergeType, { items, seen }: State, lanes: Lanes): Uint8Array<ArrayBuffer> {
  const writer = new Writer(SMALL_BYTES);
  writeItems(writer, type, items, { lanes, seen });
  return writer.finish();
}

/** A state that is folded as far, with other items. */
export function seenAs({ seen }: State, items: Items): State {
  const state: State = { ...emptyState(), items };
  for (const [lane, seq] of seen.entries()) state.seen.reach(lane, seq);
  return state;
}

/** What is withdrawn for good comes no more: such a lane is folded as far as it will ever be. */
export function frozen(state: State, number: LaneIndex): State {
  state.seen.reach(number, Number.POSITIVE_INFINITY);
  return state;
}
