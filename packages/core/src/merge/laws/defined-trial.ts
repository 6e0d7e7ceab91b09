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
  const asked = (call: () => string, given: readonly unknown[], ask: () => unknown): unknown => {
    const before = given.map((state) => states.encode(state));
    const [first, second] = [answerOf(watch, call, ask), answerOf(watch, call, ask)];
    for (const [at, state] of given.entries()) {
      if (equalBytes(bytesOf(state, call), before[at] as Uint8Array)) continue;
      const was = textOf(states.decode(before[at] as Uint8Array));
      throw new LawBroken(
        "a state that is given is not changed",
        { how: "given", came: was },
        { how: `after ${call()}`, came: textOf(state) },
      );
    }
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
      asked(
        () => `apply(${textOf(state)}, ${textOf(operation)}, ${tellPlace(at)})`,
        [state],
        () => definition.apply(state, operation, at),
      ),
    join: (left, right) =>
      asked(
        () => `join(${textOf(left)}, ${textOf(right)})`,
        [left, right],
        () => definition.join(left, right),
      ),
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
