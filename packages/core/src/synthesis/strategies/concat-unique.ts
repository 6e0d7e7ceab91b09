import type { Data } from "../data.js";
import { textOfData } from "../data-text.js";
import type { Strategy } from "../strategy.js";

/** Arrays one behind the other, the earliest first, and what is in several of them where it came first. */
export const concatUnique: Strategy = {
  name: "concat-unique",
  expects: (value) => (Array.isArray(value) ? undefined : "an array"),
  decide(candidates) {
    const elements = new Map<string, Data>();
    // The last come first; of those said at once the greatest does, here as everywhere.
    const arrays = candidates.toSorted((left, right) => left.head.stamp - right.head.stamp || 0);
    for (const { value } of arrays)
      for (const element of value as readonly Data[]) {
        const text = textOfData(element);
        if (!elements.has(text)) elements.set(text, element);
      }
    return {
      value: [...elements.values()],
      outcome: "agreed",
      winners: candidates,
      losers: [],
      why: "the earliest first, each element once",
    };
  },
};
