import { isMalformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import type { AnyMergeType } from "../merge-type.js";
import { decodeItems, joinStates, type State } from "../state.js";
import type { Draws } from "./draws.js";
import {
  type Arrival,
  type Cut,
  drawArrival,
  encoded,
  type Folding,
  fold,
  folded,
  laneAfterLane,
  type Numbering,
  noCut,
  plainNumbering,
  seenAs,
} from "./folding.js";
import { type History, lengthsOf, type Trial } from "./history.js";
import { textOf } from "./text-of.js";

/** Two ways that should have come to the same. */
export interface Broken {
  readonly law: string;
  /** The plainer, the smaller. */
  readonly rank?: number;
  readonly left: Side;
  readonly right: Side;
}

export interface Side {
  readonly how: string;
  /** What came of it, as text. */
  readonly came: string;
}

/** Thrown where a law is seen broken in the midst of a fold. */
export class LawBroken extends Error implements Broken {
  readonly law: string;
  readonly left: Side;
  readonly right: Side;

  constructor(law: string, left: Side, right: Side) {
    super(`${law}: ${left.how}: ${left.came}`);
    this.law = law;
    this.left = left;
    this.right = right;
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : `threw ${textOf(error)}`;
}

/** How a state came about. It is told only where something is wrong. */
export interface Way {
  readonly how: () => string;
  readonly state: State;
  readonly bytes?: Uint8Array;
}

export interface Part {
  readonly cut: Cut;
  readonly arrival: Arrival;
  readonly state: State;
}

/** A history under law: the whole of it folded, and what laws do with parts of it. */
export class Scene implements Folding {
  readonly trial: Trial;
  readonly type: AnyMergeType;
  readonly history: History;
  readonly lanes: Numbering;
  readonly none: Cut;
  readonly end: Cut;
  readonly whole: State;
  readonly wholeBytes: Uint8Array;
  readonly #encodings = new WeakMap<State, Uint8Array>();

  /** Folds of some first part of every lane; each lane is whole in one of them at least. */
  readonly parts: readonly [Part, Part, Part];

  constructor(trial: Trial, history: History, draws: Draws) {
    this.trial = trial;
    this.type = trial.type;
    this.history = history;
    this.lanes = plainNumbering(history);
    this.none = noCut(history);
    this.end = lengthsOf(history);
    this.whole = this.folded(laneAfterLane(this.none, this.end));
    this.wholeBytes = this.kept(this.whole);
    const [first, second, third] = drawCuts(draws, this.end).map((cut) => this.#part(cut, drawArrival(draws, this.none, cut)));
    this.parts = [first as Part, second as Part, third as Part];
  }

  #part(cut: Cut, arrival: Arrival): Part {
    return { cut, arrival, state: this.folded(arrival) };
  }

  folded(arrival: Arrival, otherwise: Partial<Folding> = {}): State {
    const { type, history, lanes } = this;
    return folded({ type, history, lanes, ...otherwise }, arrival);
  }

  folding(state: State, arrival: Arrival): State {
    return fold(this, state, arrival);
  }

  bytes(state: State): Uint8Array {
    return encoded(this.type, state, this.lanes);
  }

  /** Of a state that nothing more is folded into or joined to. */
  kept(state: State): Uint8Array {
    let bytes = this.#encodings.get(state);
    if (bytes === undefined) {
      bytes = this.bytes(state);
      this.#encodings.set(state, bytes);
    }
    return bytes;
  }

  value(state: State): string {
    return textOf(this.type.value(state.items));
  }

  /** Another state that is the same, by way of its bytes. */
  copy(state: State): State {
    const items = decodeItems(this.type, this.kept(state), this.lanes);
    if (isMalformed(items)) throw new Error(`a state that was just written cannot be read: ${items.reason}`);
    return seenAs(state, items);
  }

  join(into: State, from: State): State {
    joinStates(this.type, into, from, this.lanes);
    return into;
  }

  side({ how, state, bytes }: Way): Side {
    return { how: how(), came: told(this.value(state), bytes ?? this.bytes(state)) };
  }

  /** Unless both are the same bytes. */
  differ(law: string, left: Way, right: Way): Broken | undefined {
    if (equalBytes(left.bytes ?? this.bytes(left.state), right.bytes ?? this.bytes(right.state))) return undefined;
    return { law, left: this.side(left), right: this.side(right) };
  }

  /** A way to a state that stays as it is. */
  way(how: () => string, state: State): Way {
    return { how, state, bytes: this.kept(state) };
  }

  get all(): Way {
    return this.way(() => "folded all", this.whole);
  }

  /** The lanes' names and seqs. */
  tell(arrival: Arrival): string {
    const at = this.end.map(() => 0);
    return this.tellFrom(at, arrival);
  }

  tellFrom(from: Cut, arrival: Arrival): string {
    const at = [...from];
    const names = arrival.map((each) => {
      const lane = each < 0 ? -1 - each : each;
      if (each >= 0) (at[lane] as number) += 1;
      return eventName(lane, at[lane] as number) + (each < 0 ? " again" : "");
    });
    return names.length === 0 ? "nothing" : names.join(", ");
  }
}

function drawCuts(draws: Draws, end: Cut): readonly Cut[] {
  const cuts = [0, 1, 2].map(() => end.map((length) => draws.below(length + 1)));
  for (const [lane, length] of end.entries()) (cuts[draws.below(3)] as number[])[lane] = length;
  return cuts;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

export function eventName(lane: number, seq: number): string {
  return `${ALPHABET[lane]}${seq}`;
}

export function told(value: string, bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return `value ${value}, state ${hex}`;
}
