import { shrinkStepsMax } from "../../bytes/limits.js";
import { leastDraws } from "./draws.js";
import { type History, type LawEvent, lawOperation, type Trial } from "./history.js";
import type { Broken } from "./scene.js";

// Makes a history that breaks a law smaller as long as a smaller one still does: fewer lanes, events, operations, less known and
// plainer stamps, so that what is left is what it takes.

/** What is left, and what it breaks. `breaks` says what of a history is wrong, if it is as plain as what was. */
export function shrunk(
  trial: Trial,
  history: History,
  breaks: (history: History, rank?: number) => Broken | undefined,
): { readonly history: History; readonly broken: Broken } | undefined {
  const broken = breaks(history);
  if (broken === undefined) return undefined;
  let least = { history, broken };
  for (let steps = 0; steps < shrinkStepsMax; ) {
    let smaller: typeof least | undefined;
    for (const candidate of smallerThan(trial, least.history)) {
      steps++;
      const found = breaks(candidate, least.broken.rank);
      if (found === undefined) continue;
      smaller = { history: candidate, broken: found };
      break;
    }
    if (smaller === undefined) return least;
    least = smaller;
  }
  return least;
}

function* smallerThan(trial: Trial, history: History): Generator<History> {
  for (const lane of history.lanes.keys()) if (history.lanes.length > 1) yield withoutLane(history, lane);
  for (const [lane, events] of history.events.entries()) for (const before of events.keys()) yield withoutEvent(history, lane, before + 1);
  for (const [lane, events] of history.events.entries())
    for (const [before, event] of events.entries())
      for (const plainer of plainerThan(trial, event, lane)) yield withEvent(history, { lane, seq: before + 1, event: plainer });
}

function withoutLane({ lanes, events }: History, gone: number): History {
  const stays = (_: unknown, lane: number): boolean => lane !== gone;
  const next = events.filter(stays).map((each) =>
    each.map(({ origin, ...event }): LawEvent => {
      const observed = event.observed.filter(stays);
      if (origin === undefined || origin.lane === gone) return { ...event, observed };
      return { ...event, observed, origin: { ...origin, lane: origin.lane > gone ? origin.lane - 1 : origin.lane } };
    }),
  );
  return { lanes: lanes.filter(stays), events: next };
}

/** What was known of events behind it is known of them still. */
function withoutEvent({ lanes, events }: History, lane: number, seq: number): History {
  const closer = (reach: number, other: number): number => (other === lane && reach >= seq ? reach - 1 : reach);
  const next = events.map((each, own) =>
    each.filter((_, before) => own !== lane || before + 1 !== seq).map((event) => ({ ...event, observed: event.observed.map(closer) })),
  );
  return { lanes, events: next };
}

function withEvent(
  { lanes, events }: History,
  { lane, seq, event }: { readonly lane: number; readonly seq: number; readonly event: LawEvent },
): History {
  return { lanes, events: events.map((each, own) => (own === lane ? each.with(seq - 1, event) : each)) };
}

function* plainerThan(trial: Trial, event: LawEvent, lane: number): Generator<LawEvent> {
  const { operations, observed, origin, wallMs, counter } = event;
  if (operations.length > 1)
    for (const gone of operations.keys()) yield { ...event, operations: operations.filter((_, at) => at !== gone) };
  if (origin !== undefined) yield { ...event, origin: undefined };
  if (observed.some((reach, other) => other !== lane && reach > 0)) yield { ...event, observed: observed.map(() => 0) };
  for (const [other, reach] of observed.entries()) if (reach > 0) yield { ...event, observed: observed.with(other, reach - 1) };
  if (wallMs > 1 || counter > 0) yield { ...event, wallMs: 1, counter: 0 };
  if (wallMs > 1) yield { ...event, wallMs: wallMs - 1 };
  const plainest = lawOperation(trial.type, trial.sample(leastDraws));
  for (const [at, { encoded }] of operations.entries()) {
    if (isSame(encoded, plainest.encoded)) continue;
    yield { ...event, operations: operations.with(at, plainest) };
  }
}

function isSame(
  left: { readonly kind: number; readonly payload: Uint8Array },
  right: { readonly kind: number; readonly payload: Uint8Array },
): boolean {
  return left.kind === right.kind && left.payload.join() === right.payload.join();
}
