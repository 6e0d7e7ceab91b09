import type { Malformed } from "../../bytes/malformed.js";
import { isMalformed } from "../../bytes/malformed.js";
import type { AnyMergeType, EncodedOperation } from "../merge-type.js";
import type { Draws } from "./draws.js";

// Small histories for types to be tried on: some lanes, a few events each, and of each event what its author had folded. Half of
// them are such as honest authors write; in the others authors claim what they like: to have folded what they cannot have, or one
// event and not those it rests on. Laws hold for both.

export interface LawLane {
  readonly author: number;
  readonly epoch: number;
}

export interface LawOperation {
  /** As the type decodes it. */
  readonly decoded: unknown;
  readonly encoded: EncodedOperation;
}

export interface LawEvent {
  readonly operations: readonly LawOperation[];
  readonly wallMs: number;
  readonly counter: number;
  /** By lane: how far the author had folded it. Says nothing of the event's own lane, of which everything before it is known. */
  readonly observed: readonly number[];
  /** Where it first stood, if it was appended again. */
  readonly origin?: { readonly lane: number; readonly seq: number } | undefined;
}

export interface History {
  readonly lanes: readonly LawLane[];
  /** By lane, from seq 1. */
  readonly events: readonly (readonly LawEvent[])[];
}

/** A type and what it is tried with. */
export interface Trial {
  readonly type: AnyMergeType;
  sample(draws: Draws): unknown;
  readonly oracle?: Oracle;
}

/** Says what a type is to say, from its definition alone: over the set of operations, with nothing kept from one to the next. */
export interface Oracle {
  value(operations: readonly OracleOperation[]): unknown;
  /** What was written at once with what counts, and does not. */
  losers?(operations: readonly OracleOperation[]): readonly unknown[];
}

export interface OracleOperation {
  readonly decoded: unknown;
  readonly event: LawEvent;
  readonly lane: number;
  readonly seq: number;
  readonly operation: number;
  /** Deleted with what it lies under. It counts for nothing, but what was known to its author stays known. */
  readonly gone?: boolean;
  /** Whether its author had folded that one, or wrote it before. */
  covers(other: OracleOperation): boolean;
  /** Whether it is behind that one in the total order. */
  isAfter(other: OracleOperation): boolean;
}

/** An operation that its own type cannot read back. */
export class UnreadableOperation extends Error {
  readonly operation: unknown;

  constructor(operation: unknown, { reason }: Malformed) {
    super(reason);
    this.operation = operation;
  }
}

const LANES_OFTEN = 3;
const EVENTS_OFTEN = 9;

interface Writing {
  readonly events: LawEvent[];
  readonly observed: number[];
  wallMs: number;
  counter: number;
}

export function drawHistory(trial: Trial, draws: Draws): History {
  const count = 1 + draws.below(LANES_OFTEN) + (draws.below(8) === 0 ? 1 : 0);
  const manner = draws.below(2) === 0 ? "honest" : "claiming";
  const lanes = drawLanes(draws, count);
  const writing: Writing[] = lanes.map(() => ({ events: [], observed: new Array<number>(count).fill(0), wallMs: 0, counter: 0 }));
  for (let left = 1 + draws.below(EVENTS_OFTEN), step = 0; left > 0; left--, step++) {
    const lane = draws.below(count);
    const writer = writing[lane] as Writing;
    if (count > 1 && draws.below(3) > 0) observe(draws, { writing, lane, manner });
    tick(writer, 1 + draws.below(3) + (step >> 1));
    writer.events.push({
      operations: drawOperations(trial, draws),
      ...drawPlace(draws, { lanes, writing, lane }),
      observed: [...writer.observed],
    });
  }
  return { lanes, events: writing.map(({ events }) => events) };
}

/** Numbers of lanes and the order of their authors have nothing to do with each other; some authors have several epochs. */
function drawLanes(draws: Draws, count: number): LawLane[] {
  const first = draws.below(count);
  const lanes: LawLane[] = [];
  for (let lane = 0; lane < count; lane++) {
    const before = lanes[lane - 1];
    if (before !== undefined && draws.below(4) === 0) lanes.push({ author: before.author, epoch: before.epoch + 1 });
    else lanes.push({ author: 1 + ((first + lane) % count), epoch: 0 });
  }
  return lanes;
}

interface Observing {
  readonly writing: readonly Writing[];
  readonly lane: number;
  readonly manner: "honest" | "claiming";
}

/** The lane's author hears of another lane. */
function observe(draws: Draws, { writing, lane, manner }: Observing): void {
  const other = (lane + 1 + draws.below(writing.length - 1)) % writing.length;
  const { observed } = writing[lane] as Writing;
  const { events } = writing[other] as Writing;
  if (manner === "claiming") {
    observed[other] = draws.below(events.length + 3);
    return;
  }
  if (events.length === 0) return;
  const seq = 1 + draws.below(events.length);
  observed[other] = Math.max(seq, observed[other] as number);
  const heard = events[seq - 1] as LawEvent;
  // What they had folded has come along, and their clock with it.
  for (const [each, reach] of heard.observed.entries()) if (each !== lane) observed[each] = Math.max(reach, observed[each] as number);
  const writer = writing[lane] as Writing;
  if (heard.wallMs < writer.wallMs || (heard.wallMs === writer.wallMs && heard.counter <= writer.counter)) return;
  writer.wallMs = heard.wallMs;
  writer.counter = heard.counter;
}

/** A hybrid clock: stamps of different lanes meet often. */
function tick(writer: Writing, wallMs: number): void {
  if (wallMs > writer.wallMs) {
    writer.wallMs = wallMs;
    writer.counter = 0;
  } else writer.counter += 1;
}

interface Placing {
  readonly lanes: readonly LawLane[];
  readonly writing: readonly Writing[];
  readonly lane: number;
}

/** Mostly here and now. What an author appends again keeps the stamp and the place that it had in another epoch. */
function drawPlace(draws: Draws, { lanes, writing, lane }: Placing): Pick<LawEvent, "wallMs" | "counter" | "origin"> {
  const { wallMs, counter } = writing[lane] as Writing;
  const { author, epoch } = lanes[lane] as LawLane;
  const before = lanes.findIndex((each) => each.author === author && each.epoch < epoch);
  if (before < 0 || draws.below(3) > 0) return { wallMs, counter };
  return { wallMs: 1 + draws.below(wallMs), counter: draws.below(2), origin: { lane: before, seq: 1 + draws.below(3) } };
}

function drawOperations(trial: Trial, draws: Draws): LawOperation[] {
  const operations: LawOperation[] = [];
  for (let left = draws.below(5) === 0 ? 2 + draws.below(2) : 1; left > 0; left--)
    operations.push(lawOperation(trial.type, trial.sample(draws)));
  return operations;
}

/** As whoever folds gets it: from bytes. */
export function lawOperation(type: AnyMergeType, operation: unknown): LawOperation {
  const encoded = type.encodeOperation(operation);
  const decoded = type.decodeOperation(encoded.kind, encoded.payload);
  if (isMalformed(decoded)) throw new UnreadableOperation(operation, decoded);
  return { decoded, encoded };
}

export function lengthsOf(history: History): number[] {
  return history.events.map(({ length }) => length);
}
