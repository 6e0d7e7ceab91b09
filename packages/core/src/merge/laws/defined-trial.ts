import { equalBytes } from "../../bytes/order.js";
import { type AnyDefinedMerge, defineMerge, type OperationPlace, stateCodec } from "../define-merge.js";
import type { AnyMergeType } from "../merge-type.js";
import type { Trial } from "./history.js";
import { LawBroken, reasonOf, type Side } from "./scene.js";
import { textOf } from "./text-of.js";

// A type of an application's own under law: what it is made of is called as when folding, and watched: it changes nothing that it is
// given, and answers the same when it is asked again.

/** Is told of each call before it is made: one that does not come back is known by that. */
export type Watch = (call: () => string) => void;

export function definedTrial({ definition }: AnyDefinedMerge, watch: Watch = () => {}): Trial {
  const states = stateCodec(definition);
  const bytesOf = (state: unknown, call: () => string): Uint8Array => {
    try {
      return states.encode(state);
    } catch (error) {
      throw new LawBroken("a state can be written", { how: `${call()} came to ${textOf(state)}`, came: reasonOf(error) }, A_STATE);
    }
  };
  /** One of the functions, on states that it must leave as they are. */
  const asked = (given: readonly unknown[], { tell, ask }: Asking): unknown => {
    const call = () => tell(...given.map(textOf));
    const before = given.map((state) => states.encode(state));
    const first = answerOf(watch, call, ask);
    for (const [at, state] of given.entries()) {
      const bytes = before[at] as Uint8Array;
      if (equalBytes(bytesOf(state, call), bytes)) continue;
      const was = before.map((each) => textOf(states.decode(each)));
      const after = { how: `after ${tell(...was)}`, came: textOf(state) };
      throw new LawBroken("a state that is given is not changed", { how: "given", came: was[at] as string }, after);
    }
    const second = answerOf(watch, call, ask);
    if (!equalBytes(bytesOf(first, call), bytesOf(second, call)))
      throw new LawBroken(
        "the same question has the same answer",
        { how: call(), came: textOf(first) },
        { how: "asked again", came: textOf(second) },
      );
    return first;
  };
  const type = defineMerge({
    ...definition,
    apply: (state, operation, at) =>
      asked([state], {
        tell: (was) => `apply(${was}, ${textOf(operation)}, ${tellPlace(at)})`,
        ask: () => definition.apply(state, operation, at),
      }),
    join: (left, right) =>
      asked([left, right], { tell: (one, other) => `join(${one}, ${other})`, ask: () => definition.join(left, right) }),
    value: (state) =>
      answerOf(
        watch,
        () => `value(${textOf(state)})`,
        () => definition.value(state),
      ),
  });
  return {
    type: type as unknown as AnyMergeType,
    sample: (draws) =>
      answerOf(
        watch,
        () => "sample(draws)",
        () => definition.sample(draws),
      ),
  };
}

interface Asking {
  /** The call, given what is told of the states. */
  tell(...states: string[]): string;
  ask(): unknown;
}

const A_STATE: Side = { how: "of any operations", came: "a state" };

function answerOf(watch: Watch, call: () => string, ask: () => unknown): unknown {
  watch(call);
  try {
    return ask();
  } catch (error) {
    throw new LawBroken("nothing throws", { how: call(), came: reasonOf(error) }, A_STATE);
  }
}

function tellPlace({ id, stamp, author }: OperationPlace): string {
  return `at ${stamp.wallMs}.${stamp.counter} by ${author} (${id})`;
}
