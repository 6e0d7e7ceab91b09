import type { Oracle, OracleOperation } from "./history.js";

// What each type is, said again from its definition: over the whole set of operations, each time from the beginning, with nothing
// kept. An operation counts unless another was written in knowledge of it: that is all there is to "observed".

/** Of one key: those that no other one was written in knowledge of. The last in the total order first. */
export function uncovered(operations: readonly OracleOperation[]): OracleOperation[] {
  const left = operations.filter((each) => !operations.some((other) => other.covers(each)));
  return left.sort((one, other) => (one.isAfter(other) ? -1 : 1));
}

export function byKey<T extends { readonly key: string }>(operations: readonly OracleOperation[]): Map<string, OracleOperation[]> {
  const keys = new Map<string, OracleOperation[]>();
  for (const each of operations) {
    const { key } = each.decoded as T;
    keys.set(key, [...(keys.get(key) ?? []), each]);
  }
  return keys;
}

export const textOfBytes = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const textOfKey = (key: string): string => textOfBytes(Uint8Array.from(key, (character) => character.charCodeAt(0)));

const written = ({ decoded }: OracleOperation): string => textOfBytes(decoded as Uint8Array);
const does = ({ decoded }: OracleOperation): string => (decoded as { does: string }).does;

function members(operations: readonly OracleOperation[], isIn: (operations: readonly OracleOperation[]) => boolean): Set<string> {
  return new Set([...byKey(operations)].filter(([, each]) => isIn(each)).map(([key]) => textOfKey(key)));
}

export const oracles = {
  /** The last in the total order of those that nobody wrote over knowingly. */
  register: {
    value: (operations) => uncovered(operations).map(written)[0],
    losers: (operations) => uncovered(operations).map(written).slice(1),
  },
  /** The sum of all there are. */
  counter: { value: (operations) => operations.reduce((sum, { decoded }) => sum + Number(decoded), 0) },
  /** Some add is left that no remover, and nobody who added it again, had seen. */
  orSet: { value: (operations) => members(operations, (each) => uncovered(each).some((left) => does(left) === "add")) },
} satisfies Record<string, Oracle>;
