// Event kinds of operations (docs/wire.md, "Operations"). A kind and its payload say one operation; `transaction` says many.

export const operationKinds = {
  add: 30,
  remove: 31,
  increment: 33,
  decrement: 34,
  write: 43,
  /** Several operations, each with its kind: they count together. */
  transaction: 45,
  /** An operation on what lies under a key, or in a field. */
  at: 46,
  /** What lies under a key is taken out. */
  delete: 47,
  enable: 48,
  disable: 49,
  /** Of a type of the user's own. */
  custom: 50,
} as const;
