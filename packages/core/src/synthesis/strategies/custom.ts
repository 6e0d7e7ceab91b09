import { Malformed } from "../../bytes/malformed.js";
import { encodeUtf8 } from "../../bytes/utf8.js";
import type { AnyDefinedMerge } from "../../merge/define-merge.js";
import { codecOf } from "../../merge/element-codec.js";
import type { Data } from "../data.js";
import { dataFault } from "../data-fault.js";
import { textOfData } from "../data-text.js";
import { unstamped } from "../fragment.js";
import type { Candidate, Strategy } from "../strategy.js";

/** A merge type of the user's own: what a fragment says is an operation. Whoever hands it in has put it through the laws. */
export function custom({ definition }: AnyDefinedMerge): Strategy {
  const operations = codecOf(definition.operation);
  const read = (text: string) => operations.decode(encodeUtf8(text));
  return {
    name: `custom(${definition.name})`,
    forSchema: () => undefined,
    expects(value) {
      const operation = read(textOfData(value));
      return operation instanceof Malformed ? `what ${definition.name} takes (${operation.reason})` : undefined;
    },
    decide(candidates) {
      const state = candidates.toReversed().reduce((before, candidate, at) => apply(before, candidate, at), definition.empty);
      const value = definition.value(state);
      const fault = dataFault(value);
      if (fault !== undefined) throw new RangeError(`the strategy ${definition.name} comes to what is no JSON: ${fault}`);
      const why = `what ${definition.name} makes of all that is said`;
      return { value: value as Data, outcome: "agreed", winners: candidates, losers: [], why };
    },
  };

  /** In the order of what is said and when; ids are numbers in that order, since names decide nothing. */
  function apply(state: unknown, { text, head }: Candidate, at: number): unknown {
    const stamp = { wallMs: head.stamp === unstamped ? 0 : head.stamp, counter: 0 };
    return definition.apply(state, read(text), { id: String(at), stamp, author: head.source });
  }
}
