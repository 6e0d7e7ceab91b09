import { type Decoded, Malformed } from "../bytes/malformed.js";
import { addExact, decodeI64, type Exact, encodeI64, negated } from "./exact-sum.js";
import { type Count, countIn, joinCounts, noCount, readCount, toldOf, writeCount } from "./lane-sums.js";
import type { EncodedOperation, MergeType } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

// What counters have in common.

export type Numbers = "number" | "bigint";

export type NumberOf<N extends Numbers> = N extends "bigint" ? bigint : number;

export type Counter<N extends Numbers, Commands> = MergeType<Count, Exact, NumberOf<N>, Commands>;

const LARGEST_AMOUNT = 2n ** 63n - 1n;

interface CounterParts<Commands> {
  /** As types are named, and as an application calls it. */
  readonly name: string;
  readonly call: string;
  readonly counts: "up" | "up and down";
  readonly commands: (send: (by: Exact) => void) => Commands;
}

export function counter<N extends Numbers, Commands>(
  numbers: N,
  { name, call, counts, commands }: CounterParts<Commands>,
): Counter<N, Commands> {
  const inNumbers = (total: Exact) => (numbers === "bigint" ? BigInt(total) : exactNumber(total, call));
  return {
    name: numbers === "bigint" ? `${name}(bigint)` : name,
    version: 1,
    keys: "one",
    retract: "by-key",
    encodeOperation: encodeAmount,
    decodeOperation(kind, payload) {
      if (kind === operationKinds.decrement && counts === "up") return new Malformed("a decrement, of a counter that only grows");
      return decodeAmount(kind, payload);
    },
    keyOf: () => "",
    fresh: noCount,
    apply: (count, by, { dot }) => countIn(count, by, dot),
    join: joinCounts,
    isBare: ({ lanes }) => lanes.size === 0,
    writeItem: writeCount,
    readItem: readCount,
    value: (items) => inNumbers(items.get("")?.total ?? 0) as NumberOf<N>,
    explain: (_key, count) => ({ winners: toldOf(count), losers: [] }),
    restore: () => undefined,
    commands,
    keyText: () => "",
    keyFrom: () => "",
  };
}

/** The amount as it is counted; throws where it is none. */
export function amount(by: number | bigint): Exact {
  const isWhole = typeof by === "bigint" || Number.isSafeInteger(by);
  if (!isWhole || by < 1 || BigInt(by) > LARGEST_AMOUNT)
    throw new RangeError(`an amount is a whole number from 1 to 2^63 - 1 (beyond 2^53 a bigint), not ${by}`);
  return addExact(by, 0);
}

function encodeAmount(by: Exact): EncodedOperation {
  if (by > 0) return { kind: operationKinds.increment, payload: encodeI64(by) };
  return { kind: operationKinds.decrement, payload: encodeI64(negated(by)) };
}

function decodeAmount(kind: number, payload: Uint8Array): Decoded<Exact> {
  if (kind !== operationKinds.increment && kind !== operationKinds.decrement)
    return new Malformed(`an operation of kind ${kind}, which a counter does not have`);
  if (payload.length !== 8) return new Malformed(`an amount of ${payload.length} bytes; it has 8`);
  const by = decodeI64(payload);
  if (by <= 0) return new Malformed(`an amount of ${by}: how much is always above zero`);
  return kind === operationKinds.increment ? by : negated(by);
}

function exactNumber(total: Exact, call: string): number {
  if (typeof total === "number") return total;
  throw new RangeError(`${total} is beyond what a number holds exactly: read it through ${call}("bigint")`);
}
