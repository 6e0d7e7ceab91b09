import { text } from "../element-codec.js";
import type { SetCommands } from "../element-keys.js";
import { enableWinsFlag } from "../enable-wins-flag.js";
import { gCounter } from "../g-counter.js";
import { gSet } from "../g-set.js";
import { lwwMap } from "../lww-map.js";
import { register } from "../lww-register.js";
import { maximum } from "../maximum.js";
import type { AnyMergeType, MergeType } from "../merge-type.js";
import { minimum } from "../minimum.js";
import { multiValueRegister } from "../multi-value-register.js";
import { orSet } from "../or-set.js";
import { type PnCounterCommands, pnCounter } from "../pn-counter.js";
import type { RegisterCommands } from "../register-values.js";
import { removeWinsSet } from "../remove-wins-set.js";
import { twoPhaseSet } from "../two-phase-set.js";
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

const plusOrMinus = (draws: Draws, { increment, decrement }: PnCounterCommands) =>
  (draws.below(2) === 0 ? increment : decrement)(1 + draws.below(3));
const addOrRemove = (draws: Draws, { add, remove }: SetCommands<string>) => (draws.below(5) < 3 ? add : remove)(draws.pick(elements));
const setAny = (draws: Draws, { set }: RegisterCommands<string>) => set(draws.pick(elements));
const numbers = [0, 1, 2, -1, 1.5];

export const trials: readonly Trial[] = [
  trial(register(text), setAny, oracles.register),
  trial(multiValueRegister(text), setAny, oracles.multiValueRegister),
  trial(gCounter(), (draws, { increment }) => increment(1 + draws.below(3)), oracles.counter),
  trial(pnCounter(), plusOrMinus, oracles.counter),
  trial(gSet(text), (draws, { add }) => add(draws.pick(elements)), oracles.gSet),
  trial(twoPhaseSet(text), addOrRemove, oracles.twoPhaseSet),
  trial(orSet(text), addOrRemove, oracles.orSet),
  trial(removeWinsSet(text), addOrRemove, oracles.removeWinsSet),
  trial(enableWinsFlag(), (draws, { enable, disable }) => (draws.below(5) < 3 ? enable : disable)(), oracles.enableWinsFlag),
  trial(
    lwwMap(text),
    (draws, commands) =>
      draws.below(4) > 0 ? commands.set(draws.pick(["k", "l"]), draws.pick(elements)) : commands.delete(draws.pick(["k", "l"])),
    oracles.lwwMap,
  ),
  trial(maximum(), (draws, { add }) => add(draws.pick(numbers)), oracles.maximum),
  trial(minimum(), (draws, { add }) => add(draws.pick(numbers)), oracles.minimum),
];
