// Whether a parsed JSON value has the shape a message needs. Members that are not asked for are let be, so that a later
// version may add some.

export type Guard<T> = (value: unknown) => value is T;

export const isText = (value: unknown): value is string => typeof value === "string";
export const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
export const isFlag = (value: unknown): value is boolean => typeof value === "boolean";

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function oneOf<const T extends readonly (string | number)[]>(...values: T): Guard<T[number]> {
  return (value): value is T[number] => values.includes(value as T[number]);
}

export function list<T>(item: Guard<T>, countMax: number): Guard<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.length <= countMax && value.every(item);
}

export function pair(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(isWhole);
}

/** Accepts an absent member too. JSON knows no `undefined`, so a member that is there is a T. */
export function optional<T>(guard: Guard<T>): Guard<T> {
  return (value): value is T => value === undefined || guard(value);
}

export function shape<T>(members: { readonly [K in keyof T]-?: Guard<NonNullable<T[K]>> }): Guard<T> {
  const checks = Object.entries<Guard<unknown>>(members);
  return (value): value is T => isObject(value) && checks.every(([name, guard]) => guard(value[name]));
}
