import type { History, LawEvent } from "./history.js";
import { type Broken, eventName, type Side } from "./scene.js";
import { textOf } from "./text-of.js";

/** A counterexample in words: the history, and the two ways that should have come to the same. */
export function counterexampleLines(history: History, { left, right }: Broken): string[] {
  const lines = history.lanes.flatMap(({ author, epoch }, lane) => {
    const events = history.events[lane] as readonly LawEvent[];
    return events.map(
      (event, before) =>
        `${eventName(lane, before + 1)} by author ${author}${epoch === 0 ? "" : `, epoch ${epoch}`}${tellEvent(event, lane)}`,
    );
  });
  return [...lines, ...sidesLines(left, right)];
}

function tellEvent({ operations, observed, wallMs, counter, origin }: LawEvent, lane: number): string {
  const known = observed.flatMap((reach, other) => (other === lane || reach === 0 ? [] : [eventName(other, reach)]));
  const knowing = known.length === 0 ? "" : `, knowing of ${known.join(" and ")}`;
  const again = origin === undefined ? "" : `, which first stood at ${eventName(origin.lane, origin.seq)}`;
  return ` at ${wallMs}.${counter}${knowing}${again}: ${operations.map(({ decoded }) => textOf(decoded)).join(", then ")}`;
}

export function sidesLines(left: Side, right: Side): string[] {
  return [left, right].map(({ how, came }) => `${how}: ${came}`);
}
