import { text } from "../element-codec.js";
import { register } from "../lww-register.js";
import type { AnyMergeType, MergeType } from "../merge-type.js";
import { orSet } from "../or-set.js";
import { pnCounter } from "../pn-counter.js";
import type { Draws } from "./draws.js";
import type { Oracle, Trial } from "./history.js";
import { oracles } from "./oracles.suite.js";

// Every type that is built in, with operations to try it on and the twin that says from the definition what it is to say.

const elements = ["a", "b", "c"];

function trial<Item, Operation, Value, Commands>(
  type: MergeType<Item, Operation, Value, Commands>,
  commands: (draws: Draws, commands: Commands) => void,
  oracle: Oracle,
): Trial {
  return { type: type as unknown as AnyMergeType, sample: (draws) => commanded(type, (made) => commands(draws, made)), oracle };
}

/** The operation that a command makes. */
export function commanded<Item, Operation, Value, Commands>(
  type: MergeType<Item, Operation, Value, Commands>,
  command: (commands: Commands) => void,
): Operation {
  const sent: Operation[] = [];
  command(type.commands((operation) => sent.push(operation)));
  if (sent.length !== 1) throw new Error(`a command made ${sent.length} operations`);
  return sent[0] as Operation;
}

export const trials: readonly Trial[] = [
  trial(register(text), (draws, { set }) => set(draws.pick(elements)), oracles.register),
  trial(
    pnCounter(),
    (draws, { increment, decrement }) => (draws.below(2) === 0 ? increment : decrement)(1 + draws.below(3)),
    oracles.counter,
  ),
  trial(orSet(text), (draws, { add, remove }) => (draws.below(5) < 3 ? add : remove)(draws.pick(elements)), oracles.orSet),
];
