import type { Oracle, OracleOperation } from "./history.js";

// What each type is, said again from its definition: over the whole set of operations, each time from the beginning, with nothing
// kept. An operation counts unless another was written in knowledge of it: that is all there is to "observed".

/** Of one key: those that no other one was written in knowledge of. The last in the total order first. */
function uncovered(operations: readonly OracleOperation[]): OracleOperation[] {
  const left = standing(operations).filter((each) => !operations.some((other) => other.covers(each)));
  return left.sort((one, other) => (one.isAfter(other) ? -1 : 1));
}

function standing(operations: readonly OracleOperation[]): OracleOperation[] {
  return operations.filter(({ gone }) => gone !== true);
}

function byKey(operations: readonly OracleOperation[]): Map<string, OracleOperation[]> {
  const keys = new Map<string, OracleOperation[]>();
  for (const each of operations) {
    const { key } = each.decoded as { readonly key: string };
    keys.set(key, [...(keys.get(key) ?? []), each]);
  }
  return keys;
}

const textOfBytes = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const textOfKey = (key: string): string => textOfBytes(Uint8Array.from(key, (character) => character.charCodeAt(0)));

const written = ({ decoded }: OracleOperation): string => textOfBytes(decoded as Uint8Array);
const does = ({ decoded }: OracleOperation): string => (decoded as { does: string }).does;
const isAdd = (operation: OracleOperation): boolean => does(operation) === "add";
const numberOf = ({ decoded }: OracleOperation): number => Number(decoded);
const valueIn = ({ decoded }: OracleOperation): string | undefined => {
  const { value } = decoded as { readonly value: Uint8Array | undefined };
  return value === undefined ? undefined : textOfBytes(value);
};

/** Elements of which `isIn` says so, asked for each alone. */
function members(operations: readonly OracleOperation[], isIn: (operations: readonly OracleOperation[]) => boolean): Set<string> {
  return new Set([...byKey(operations)].filter(([, each]) => isIn(each)).map(([key]) => textOfKey(key)));
}

function outermost(of: (...numbers: number[]) => number, operations: readonly OracleOperation[]): number | undefined {
  const numbers = standing(operations).map(numberOf);
  return numbers.length === 0 ? undefined : of(...numbers);
}

interface MapOperation {
  readonly does: "at" | "delete";
  readonly operation: unknown;
}

/** A key is there while somebody wrote under it last whom no deleter had seen. Under it counts what no deleter had seen. */
export function orMapOracle(inner: Oracle): Oracle {
  return {
    value(operations) {
      const there = [...byKey(operations)].filter(([, each]) => uncovered(each).some((left) => does(left) === "at"));
      return new Map(there.map(([key, each]) => [textOfKey(key), inner.value(underKey(each))]));
    },
  };
}

function underKey(operations: readonly OracleOperation[]): OracleOperation[] {
  const deletions = operations.filter((each) => does(each) === "delete");
  const written = operations.filter((each) => does(each) === "at");
  return written.map((each) => ({
    ...each,
    decoded: (each.decoded as MapOperation).operation,
    gone: each.gone === true || deletions.some((deletion) => deletion.covers(each)),
  }));
}

/** Each field by itself. */
export function recordOracle(fields: Readonly<Record<string, Oracle>>): Oracle {
  const names = Object.keys(fields).sort();
  const inField = (operations: readonly OracleOperation[], at: number) =>
    operations.flatMap((each) => {
      const { field, operation } = each.decoded as { readonly field: number; readonly operation: unknown };
      return field === at ? [{ ...each, decoded: operation }] : [];
    });
  return {
    value: (operations) => Object.fromEntries(names.map((name, at) => [name, fields[name]?.value(inField(operations, at))])),
    losers: (operations) => names.flatMap((name, at) => fields[name]?.losers?.(inField(operations, at)) ?? []),
  };
}

export const oracles = {
  /** The last in the total order of those that nobody wrote over knowingly. */
  register: {
    value: (operations) => uncovered(operations).map(written)[0],
    losers: (operations) => uncovered(operations).map(written).slice(1),
  },
  /** All that nobody wrote over knowingly. */
  multiValueRegister: { value: (operations) => uncovered(operations).map(written), losers: () => [] },
  /** The sum of all there are. */
  counter: { value: (operations) => standing(operations).reduce((sum, each) => sum + numberOf(each), 0) },
  /** All that was ever added. */
  gSet: { value: (operations) => members(operations, (each) => standing(each).length > 0) },
  /** What was added, and never removed by anybody. */
  twoPhaseSet: {
    value: (operations) =>
      members(operations, (each) => {
        const removals = each.filter((one) => !isAdd(one));
        const added = standing(each).filter((one) => isAdd(one) && !removals.some((removal) => removal.covers(one)));
        return added.length > 0 && standing(removals).length === 0;
      }),
  },
  /** Some add is left that no remover, and nobody who added it again, had seen. */
  orSet: { value: (operations) => members(operations, (each) => uncovered(each).some(isAdd)), losers: () => [] },
  /** Some add is left, and every removal was known to somebody who wrote since. */
  removeWinsSet: {
    value: (operations) => members(operations, (each) => uncovered(each).length > 0 && uncovered(each).every(isAdd)),
    losers: (operations) =>
      [...byKey(operations)].flatMap(([key, each]) => {
        const left = uncovered(each);
        return left.every(isAdd) ? [] : left.filter(isAdd).map(() => textOfKey(key));
      }),
  },
  /** Some enabling is left that nobody who disabled, or enabled again, had seen. */
  enableWinsFlag: { value: (operations) => uncovered(operations).some(({ decoded }) => decoded === "enable"), losers: () => [] },
  maximum: { value: (operations) => outermost(Math.max, operations), losers: () => [] },
  minimum: { value: (operations) => outermost(Math.min, operations), losers: () => [] },
  /** Under each key what a register would say, where it does not say that it is deleted. */
  lwwMap: {
    value: (operations) =>
      new Map(
        [...byKey(operations)].flatMap(([key, each]) => {
          const last = uncovered(each)[0];
          const value = last === undefined ? undefined : valueIn(last);
          return value === undefined ? [] : [[textOfKey(key), value] as const];
        }),
      ),
    losers: (operations) => [...byKey(operations)].flatMap(([, each]) => uncovered(each).slice(1).map(valueIn)),
  },
} satisfies Record<string, Oracle>;
