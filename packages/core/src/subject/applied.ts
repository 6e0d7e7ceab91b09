import type { Dot, Lanes, Seen } from "../merge/dot.js";
import type { AnyMergeType } from "../merge/merge-type.js";

const NOTHING: Seen = { of: () => 0 };
const ONE_LANE: Pick<Lanes, "compare" | "compareIds" | "author"> = { compare: () => 0, compareIds: () => 0, author: () => "" };

/** What one operation alone comes to. */
export function applied(type: AnyMergeType, operation: unknown, dot: Dot): unknown {
  const item = type.fresh(type.keyOf(operation));
  const lanes: Lanes = {
    ...ONE_LANE,
    // A type of an application's own makes ids of operations of it.
    write: (writer, lane) => writer.varint(lane),
    read: () => {
      throw new Error("a state that is only looked at is not read");
    },
  };
  type.apply(item, operation, { dot, lanes, seen: NOTHING, covers: () => false, ahead: [] });
  return item;
}
