import { Malformed } from "../bytes/malformed.js";
import type { LaneIndex } from "./dot.js";
import { addExact, decodeI64, type Exact, encodeI64, negated, readExact, writeExact } from "./exact-sum.js";
import type { MergeType } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

// A count that anybody raises and lowers. Sums are kept lane by lane: of two states, each lane's sum is that of the state which is
// folded further in it, so that nothing is counted twice.

export interface Count {
  readonly lanes: Map<LaneIndex, Exact>;
  total: Exact;
}

export interface PnCounterCommands {
  increment(by?: number | bigint): void;
  decrement(by?: number | bigint): void;
}

export type PnCounter<N extends number | bigint> = MergeType<Count, Exact, N, PnCounterCommands>;

const AMOUNT_MAX = 2n ** 63n - 1n;

export function pnCounter(numbers?: "number"): PnCounter<number>;
export function pnCounter(numbers: "bigint"): PnCounter<bigint>;
export function pnCounter(numbers: "number" | "bigint" = "number"): PnCounter<number> | PnCounter<bigint> {
  const shared = { ...counting, version: 1 };
  if (numbers === "bigint")
    return { ...shared, name: "pn-counter(bigint)", value: (items: ReadonlyMap<string, Count>) => BigInt(items.get("")?.total ?? 0) };
  return { ...shared, name: "pn-counter", value: (items: ReadonlyMap<string, Count>) => exactNumber(items.get("")?.total ?? 0, "pnCounter") };
}

/** What a counter of either kind of number does. */
const counting: Omit<PnCounter<number>, "name" | "version" | "value"> = {
  keys: "one",
  retract: "by-key",
  encodeOperation: (by) =>
    by > 0 ? { kind: operationKinds.increment, payload: encodeI64(by) } : { kind: operationKinds.decrement, payload: encodeI64(negated(by)) },
  decodeOperation(kind, payload) {
    if (kind !== operationKinds.increment && kind !== operationKinds.decrement)
      return new Malformed(`an operation of kind ${kind}, which a counter does not have`);
    if (payload.length !== 8) return new Malformed(`an amount of ${payload.length} bytes; it has 8`);
    const by = decodeI64(payload);
    if (by <= 0) return new Malformed(`an amount of ${by}: how much is always above zero`);
    return kind === operationKinds.increment ? by : negated(by);
  },
  keyOf: () => "",
  fresh: () => ({ lanes: new Map(), total: 0 }),
  apply(count, by, { dot }) {
    count.lanes.set(dot.lane, addExact(count.lanes.get(dot.lane) ?? 0, by));
    count.total = addExact(count.total, by);
  },
  join(count, from, { into, from: theirs }) {
    for (const [lane, sum] of from.lanes) if (theirs.of(lane) > into.of(lane)) count.lanes.set(lane, sum);
    // A lane that counts here and not there, where it is folded further: taken back.
    for (const lane of count.lanes.keys()) if (theirs.of(lane) > into.of(lane) && !from.lanes.has(lane)) count.lanes.delete(lane);
    count.total = [...count.lanes.values()].reduce(addExact, 0);
  },
  isBare: ({ lanes }) => lanes.size === 0,
  writeItem(writer, count, lanes) {
    writer.varint(count.lanes.size);
    for (const [lane, sum] of [...count.lanes].sort(([left], [right]) => lanes.compare(left, right))) {
      lanes.write(writer, lane);
      writeExact(writer, sum);
    }
  },
  readItem(reader, lanes) {
    const count: Count = { lanes: new Map(), total: 0 };
    for (let left = reader.varint(); left > 0 && !reader.failed; left--) {
      const lane = lanes.read(reader);
      const sum = readExact(reader);
      count.lanes.set(lane, sum);
      count.total = addExact(count.total, sum);
    }
    return count;
  },
  explain: () => ({ winners: [], losers: [] }),
  restore: () => undefined,
  commands: (send) => ({
    increment: (by = 1) => send(amount(by)),
    decrement: (by = 1) => send(negated(amount(by))),
  }),
  keyText: () => "",
  keyFrom: () => "",
};

/** The amount as it is counted; throws where it is none. */
export function amount(by: number | bigint): Exact {
  const isWhole = typeof by === "bigint" || Number.isSafeInteger(by);
  if (!isWhole || by < 1 || BigInt(by) > AMOUNT_MAX) throw new RangeError(`an amount is a whole number from 1 to 2^63 - 1 (beyond 2^53 a bigint), not ${by}`);
  return addExact(by, 0);
}

export function exactNumber(total: Exact, type: string): number {
  if (typeof total === "number") return total;
  throw new RangeError(`${total} is beyond what a number holds exactly: read it through ${type}("bigint")`);
}
