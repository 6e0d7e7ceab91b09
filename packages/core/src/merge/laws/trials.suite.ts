import { text } from "../element-codec.js";
import type { AddCommands, SetCommands } from "../element-keys.js";
import { enableWinsFlag, type FlagCommands } from "../enable-wins-flag.js";
import { gCounter } from "../g-counter.js";
import { gSet } from "../g-set.js";
import { type LwwMapCommands, lwwMap } from "../lww-map.js";
import { register } from "../lww-register.js";
import { maximum } from "../maximum.js";
import type { AnyMergeType, MergeType } from "../merge-type.js";
import { minimum } from "../minimum.js";
import { multiValueRegister } from "../multi-value-register.js";
import { type OrMapCommands, orMap } from "../or-map.js";
import { orSet } from "../or-set.js";
import { type PnCounterCommands, pnCounter } from "../pn-counter.js";
import { type CommandsOf, record } from "../record.js";
import type { RegisterCommands } from "../register-values.js";
import { removeWinsSet } from "../remove-wins-set.js";
import { twoPhaseSet } from "../two-phase-set.js";
import type { Draws } from "./draws.js";
import type { Oracle, Trial } from "./history.js";
import { oracles, orMapOracle, recordOracle } from "./oracles.suite.js";

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
const addAny = (draws: Draws, { add }: AddCommands<string>) => add(draws.pick(elements));
const onOrOff = (draws: Draws, { enable, disable }: FlagCommands) => (draws.below(5) < 3 ? enable : disable)();
const addNumber = (draws: Draws, { add }: { add(value: number): void }) => add(draws.pick([0, 1, 2, -1, 1.5]));

type Commanding<Commands> = (draws: Draws, commands: Commands) => void;

/** Some command, of some key or of another. */
const underKeys =
  <Commands>(inner: Commanding<Commands>): Commanding<OrMapCommands<Commands>> =>
  (draws, map) => {
    const key = draws.pick(["k", "l"]);
    if (draws.below(4) === 0) map.delete(key);
    else inner(draws, map.at(key));
  };

const article = record({ tags: orSet(text), title: register(text), votes: pnCounter() });
const inArticle: Commanding<CommandsOf<typeof article>> = (draws, { tags, title, votes }) => {
  const field = draws.below(3);
  if (field === 0) setAny(draws, title);
  else if (field === 1) plusOrMinus(draws, votes);
  else addOrRemove(draws, tags);
};
const articleOracle = recordOracle({ tags: oracles.orSet, title: oracles.register, votes: oracles.counter });

const setOrDelete: Commanding<LwwMapCommands<string>> = (draws, map) => {
  const key = draws.pick(["k", "l"]);
  if (draws.below(4) === 0) map.delete(key);
  else map.set(key, draws.pick(elements));
};

const plain: readonly Trial[] = [
  trial(register(text), setAny, oracles.register),
  trial(multiValueRegister(text), setAny, oracles.multiValueRegister),
  trial(gCounter(), (draws, { increment }) => increment(1 + draws.below(3)), oracles.counter),
  trial(pnCounter(), plusOrMinus, oracles.counter),
  trial(gSet(text), addAny, oracles.gSet),
  trial(twoPhaseSet(text), addOrRemove, oracles.twoPhaseSet),
  trial(orSet(text), addOrRemove, oracles.orSet),
  trial(removeWinsSet(text), addOrRemove, oracles.removeWinsSet),
  trial(enableWinsFlag(), onOrOff, oracles.enableWinsFlag),
  trial(lwwMap(text), setOrDelete, oracles.lwwMap),
  trial(maximum(), addNumber, oracles.maximum),
  trial(minimum(), addNumber, oracles.minimum),
];

/** Maps of every other type: each has its own way to forget what was deleted. */
const nested: readonly Trial[] = [
  trial(article, inArticle, articleOracle),
  trial(orMap(register(text)), underKeys(setAny), orMapOracle(oracles.register)),
  trial(orMap(multiValueRegister(text)), underKeys(setAny), orMapOracle(oracles.multiValueRegister)),
  trial(orMap(pnCounter()), underKeys(plusOrMinus), orMapOracle(oracles.counter)),
  trial(orMap(gSet(text)), underKeys(addAny), orMapOracle(oracles.gSet)),
  trial(orMap(twoPhaseSet(text)), underKeys(addOrRemove), orMapOracle(oracles.twoPhaseSet)),
  trial(orMap(orSet(text)), underKeys(addOrRemove), orMapOracle(oracles.orSet)),
  trial(orMap(removeWinsSet(text)), underKeys(addOrRemove), orMapOracle(oracles.removeWinsSet)),
  trial(orMap(enableWinsFlag()), underKeys(onOrOff), orMapOracle(oracles.enableWinsFlag)),
  trial(orMap(lwwMap(text)), underKeys(setOrDelete), orMapOracle(oracles.lwwMap)),
  trial(orMap(maximum()), underKeys(addNumber), orMapOracle(oracles.maximum)),
  trial(orMap(article), underKeys(inArticle), orMapOracle(articleOracle)),
  trial(orMap(orMap(pnCounter())), underKeys(underKeys(plusOrMinus)), orMapOracle(orMapOracle(oracles.counter))),
  trial(orMap(orMap(orSet(text))), underKeys(underKeys(addOrRemove)), orMapOracle(orMapOracle(oracles.orSet))),
];

export const trials: readonly Trial[] = [...plain, ...nested];
