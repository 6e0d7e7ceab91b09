import { isMalformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { compareDots, type Dot } from "../dot.js";
import type { EncodedOperation } from "../merge-type.js";
import { decodeItems, type Items, type State } from "../state.js";
import type { Draws } from "./draws.js";
import { type Arrival, type Cut, drawArrival, drawNumbering, encoded, frozen, laneAfterLane, seenAs } from "./folding.js";
import type { History, LawEvent, Oracle, OracleOperation, Trial } from "./history.js";
import { type Broken, eventName, type Part, reasonOf, Scene, told } from "./scene.js";
import { sortedTextOf, textOf } from "./text-of.js";

// The laws of merge types, each held on one history. What is to be equal is compared as bytes: of states that are one state there is
// one encoding.

type Law = (scene: Scene, draws: Draws) => Broken | undefined;

/** In the order in which they are tried: what is plainest to see first. */
const laws: readonly Law[] = [anyArrival, oracleAgrees, snapshotAndRest, joins, joinLeavesAlone, withdrawal, decodersAreTotal];

/** The first law that the type breaks on this history, in what the draws choose of arrivals, parts and withdrawals. */
export function brokenLaw(trial: Trial, history: History, draws: Draws): Broken | undefined {
  const scene = new Scene(trial, history, draws);
  for (const [rank, law] of laws.entries()) {
    const broken = law(scene, draws);
    if (broken !== undefined) return { ...broken, rank };
  }
  return undefined;
}

/** Any interleaving of lanes comes to one state and one value, whatever numbers lanes have here, and whatever comes twice. */
function anyArrival(scene: Scene, draws: Draws): Broken | undefined {
  const arrival = drawArrival(draws, scene.none, scene.end);
  const lanes = drawNumbering(scene.history, draws);
  const state = scene.folded(arrival, { lanes });
  const bytes = encoded(scene.type, state, lanes);
  const value = scene.value(state);
  const wholeValue = scene.value(scene.whole);
  if (equalBytes(bytes, scene.wholeBytes) && value === wholeValue) return undefined;
  const plain = laneAfterLane(scene.none, scene.end);
  const left = { how: `folded ${scene.tell(plain)}`, came: told(wholeValue, scene.wholeBytes) };
  const again = scene.folded(arrival);
  const isNumbers = equalBytes(scene.bytes(again), scene.wholeBytes) && scene.value(again) === wholeValue;
  if (!isNumbers)
    return {
      law: "the same operations come to one state, whatever came first",
      left,
      right: scene.side({ how: () => `folded ${scene.tell(arrival)}`, state: again }),
    };
  const how = `folded ${scene.tell(arrival)}, the lanes numbered ${scene.history.lanes.map((_, lane) => lanes.numberOf(lane)).join(" ")}`;
  return { law: "states are the same bytes, whatever numbers their lanes have here", left, right: { how, came: told(value, bytes) } };
}

/** What the type says is what its definition says, of the whole and of a part. */
function oracleAgrees(scene: Scene): Broken | undefined {
  const { oracle } = scene.trial;
  if (oracle === undefined) return undefined;
  return (
    agrees(scene, oracle, { cut: scene.end, arrival: laneAfterLane(scene.none, scene.end), state: scene.whole }) ??
    agrees(scene, oracle, scene.parts[1])
  );
}

function agrees(scene: Scene, oracle: Oracle, { cut, arrival, state }: Part): Broken | undefined {
  const operations = oracleOperations(scene, cut);
  const [ours, theirs] = [scene.type.value(state.items), oracle.value(operations)].map(sortedTextOf) as [string, string];
  if (ours !== theirs) {
    const law = "the value is what the definition says of the set of operations";
    return {
      law,
      left: { how: `folded ${scene.tell(arrival)}`, came: told(ours, scene.bytes(state)) },
      right: { how: "the oracle", came: `value ${theirs}` },
    };
  }
  if (oracle.losers === undefined) return undefined;
  const [lost, lostByThem] = [losersOf(scene, state), oracle.losers(operations)].map((values) =>
    values.map(sortedTextOf).sort().join(", "),
  );
  if (lost === lostByThem) return undefined;
  const law = "what lost is what the definition says of the set of operations";
  return { law, left: { how: `folded ${scene.tell(arrival)}`, came: `${lost}` }, right: { how: "the oracle", came: `${lostByThem}` } };
}

function losersOf({ type }: Scene, { items }: State): readonly unknown[] {
  return [...items].flatMap(([key, item]) => type.explain(key, item).losers.map(({ value }) => value));
}

function oracleOperations({ history, lanes }: Scene, cut: Cut): OracleOperation[] {
  const operations: OracleOperation[] = [];
  for (const [lane, events] of history.events.entries())
    for (const [before, event] of events.slice(0, cut[lane]).entries())
      for (const [operation, { decoded }] of event.operations.entries()) {
        const own: OracleOperation = {
          decoded,
          event,
          lane,
          seq: before + 1,
          operation,
          covers: (other) => isCovered(own, other),
          isAfter: (other) => compareDots(dotOf(own), dotOf(other), lanes) > 0,
        };
        operations.push(own);
      }
  return operations;
}

function isCovered(by: OracleOperation, other: OracleOperation): boolean {
  if (other.lane !== by.lane) return other.seq <= (by.event.observed[other.lane] as number);
  return other.seq < by.seq || (other.seq === by.seq && other.operation < by.operation);
}

function dotOf({ lane, seq, operation, event }: OracleOperation): Dot {
  const { wallMs, counter, origin } = event;
  return { lane, seq, operation, wallMs, counter, origin };
}

/** What is kept of a part and folded on comes to the whole. */
function snapshotAndRest(scene: Scene, draws: Draws): Broken | undefined {
  const [{ cut, arrival, state }] = scene.parts;
  const part = scene.way(() => `folded ${scene.tell(arrival)}`, state);
  const read = scene.copy(state);
  const broken = scene.differ("a state is the same once it was written and read", part, { how: () => "written and read", state: read });
  if (broken !== undefined) return broken;
  const rest = drawArrival(draws, cut, scene.end);
  const how = () => `folded ${scene.tell(arrival)}, written, read, and then folded ${scene.tellFrom(cut, rest)}`;
  return scene.differ("a snapshot and what came after it is the whole", { how, state: scene.folding(read, rest) }, scene.all);
}

/** Joins of partial states: in any order, in any tree, and any number of times. */
function joins(scene: Scene): Broken | undefined {
  const [a, b, c] = scene.parts.map(({ state }) => state) as [State, State, State];
  const named = (tell: (a: string, b: string, c: string) => string) => () => {
    const [one, two, three] = scene.parts.map(({ arrival }) => `[${scene.tell(arrival)}]`) as [string, string, string];
    return tell(one, two, three);
  };
  const both = scene.way(
    named((one, two) => `${one} joined with ${two}`),
    scene.join(scene.copy(a), b),
  );
  const turned = { how: named((one, two) => `${two} joined with ${one}`), state: scene.join(scene.copy(b), a) };
  const unequal = scene.differ("join is commutative", both, turned);
  if (unequal !== undefined) return unequal;
  const left = scene.way(
    named((one, two, three) => `(${one} with ${two}) with ${three}`),
    scene.join(scene.copy(both.state), c),
  );
  const right = {
    how: named((one, two, three) => `${one} with (${two} with ${three})`),
    state: scene.join(scene.copy(a), scene.join(scene.copy(b), c)),
  };
  const itself = { how: named((one) => `${one} with itself`), state: scene.join(scene.copy(a), scene.copy(a)) };
  const again = { how: named((one, two) => `${one}, ${two}, and ${two} again`), state: scene.join(scene.copy(both.state), scene.copy(b)) };
  const later = { how: named((_, __, three) => `all with ${three}`), state: scene.join(scene.copy(scene.whole), c) };
  const earlier = { how: named((_, __, three) => `${three} with all`), state: scene.join(scene.copy(c), scene.whole) };
  return (
    scene.differ("join is associative", left, right) ??
    scene.differ("joined parts are the whole", left, scene.all) ??
    scene.differ(
      "join is idempotent",
      itself,
      scene.way(
        named((one) => one),
        a,
      ),
    ) ??
    scene.differ("join is idempotent", again, both) ??
    scene.differ("a state keeps what it counts when an earlier one is joined", later, scene.all) ??
    scene.differ("a state takes on what a later one counts", earlier, scene.all)
  );
}

/** What was joined goes on, and what it was joined from stays as it was. */
function joinLeavesAlone(scene: Scene, draws: Draws): Broken | undefined {
  const [a, b] = scene.parts;
  const before = scene.way(() => `[${scene.tell(b.arrival)}]`, b.state);
  const joined = scene.join(scene.copy(a.state), b.state);
  const cut = a.cut.map((length, lane) => Math.max(length, b.cut[lane] as number));
  const state = scene.folding(joined, drawArrival(draws, cut, scene.end));
  const how = () => `[${scene.tell(a.arrival)}] joined with [${scene.tell(b.arrival)}], and then the rest`;
  const broken = scene.differ("joined parts and what came after them are the whole", { how, state }, scene.all);
  if (broken !== undefined) return broken;
  const after = { how: () => `the same, once it was joined into [${scene.tell(a.arrival)}] and more was folded there`, state: b.state };
  return scene.differ("what is joined into another stays as it is", before, after);
}

/** What is taken back leaves nothing: a lane from some event on (a fork), or single events (redactions). */
function withdrawal(scene: Scene, draws: Draws): Broken | undefined {
  const lane = draws.below(scene.end.length);
  const isFork = draws.below(2) === 0;
  const from = 1 + draws.below((scene.end[lane] as number) + 1);
  const chance = 2 + draws.below(4);
  const gone = scene.history.events.map((events, each) =>
    events.map((_, before) => (isFork ? each === lane && before + 1 >= from : draws.below(chance) === 0)),
  );
  const stays = (_: unknown, each: number, seq: number): boolean => gone[each]?.[seq - 1] === false;
  const arrival = drawArrival(draws, scene.none, scene.end);
  // Of a forked lane nothing is seen behind the fork.
  const shorter = isFork ? scene.end.map((length, each) => (each === lane ? Math.min(length, from - 1) : length)) : scene.end;
  const without = scene.folded(drawArrival(draws, scene.none, shorter), { only: stays });
  const withdrawn = scene.type.retract === "refold" ? scene.folded(arrival, { only: stays }) : byKey(scene, { gone, stays, arrival });
  if (isFork) for (const state of [without, withdrawn]) frozen(state, scene.lanes.numberOf(lane));
  const how = () => {
    const names = gone.flatMap((events, each) => events.flatMap((is, before) => (is ? [eventName(each, before + 1)] : [])));
    return `folded all, then ${names.length === 0 ? "nothing" : names.join(", ")} withdrawn${isFork ? ` (${eventName(lane, from)} and on: a fork)` : ""}`;
  };
  return scene.differ(
    "what is withdrawn leaves nothing behind",
    { how, state: withdrawn },
    { how: () => "folded without", state: without },
  );
}

interface Withdrawing {
  readonly gone: readonly (readonly boolean[])[];
  readonly stays: (operation: unknown, lane: number, seq: number) => boolean;
  readonly arrival: Arrival;
}

/** Items of the keys concerned are folded anew, from their first operation on; the others stay as they are. */
function byKey(scene: Scene, { gone, stays, arrival }: Withdrawing): State {
  const keys = new Set<string>();
  for (const [lane, events] of scene.history.events.entries())
    for (const [before, { operations }] of (events as readonly LawEvent[]).entries())
      if (gone[lane]?.[before] === true) for (const { decoded } of operations) keys.add(scene.type.keyOf(decoded));
  const kept = scene.copy(scene.whole);
  const only = (operation: unknown, lane: number, seq: number): boolean =>
    keys.has(scene.type.keyOf(operation)) && stays(operation, lane, seq);
  const anew = scene.folded(arrival, { only });
  const items: Items = new Map([...kept.items].filter(([key]) => !keys.has(key)));
  for (const [key, item] of anew.items) items.set(key, item);
  return seenAs(scene.whole, items);
}

/** Decoders answer whatever they are given. What they take for an operation is written as it was read. */
function decodersAreTotal(scene: Scene, draws: Draws): Broken | undefined {
  if (draws.below(8) > 0) return undefined;
  const { type, lanes, history } = scene;
  const state = damaged(scene.wholeBytes, draws);
  const thrown = throwing("a state", state, () => decodeItems(type, state, lanes));
  if (thrown !== undefined) return thrown;
  for (const events of history.events)
    for (const { operations } of events)
      for (const { encoded: each } of operations) {
        const payload = draws.below(2) === 0 ? each.payload : damaged(each.payload, draws);
        const kind = draws.below(4) === 0 ? draws.below(KINDS) : each.kind;
        const broken = throwing(`an operation of kind ${kind}`, payload, () => type.decodeOperation(kind, payload));
        if (broken !== undefined) return broken;
        // A schema of an application's own may read more than it writes: what older versions wrote.
        if (payload !== each.payload && scene.trial.oracle === undefined) continue;
        const other = rewritten(scene, { kind, payload });
        if (other !== undefined) return other;
      }
  return undefined;
}

const KINDS = 64;

function throwing(what: string, bytes: Uint8Array, decode: () => unknown): Broken | undefined {
  try {
    decode();
    return undefined;
  } catch (error) {
    const left = { how: `decoding ${what} of ${textOf(bytes)}`, came: reasonOf(error) };
    return { law: "decoders answer whatever they are given", left, right: { how: "of any bytes", came: "a value, or Malformed" } };
  }
}

function rewritten({ type }: Scene, { kind, payload }: EncodedOperation): Broken | undefined {
  const decoded = type.decodeOperation(kind, payload);
  if (isMalformed(decoded)) return undefined;
  const again = type.encodeOperation(decoded);
  if (again.kind === kind && equalBytes(again.payload, payload)) return undefined;
  const right = { how: `${textOf(decoded)}, written`, came: `kind ${again.kind}, ${textOf(again.payload)}` };
  return { law: "an operation that is read is written as it was", left: { how: "read", came: `kind ${kind}, ${textOf(payload)}` }, right };
}

/** One byte changed, or the end gone. */
function damaged(bytes: Uint8Array, draws: Draws): Uint8Array {
  if (bytes.length === 0 || draws.below(3) === 0) return bytes.slice(0, draws.below(bytes.length + 1));
  const changed = bytes.slice();
  changed[draws.below(bytes.length)] = draws.below(256);
  return changed;
}
