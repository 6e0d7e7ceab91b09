// Faults on purpose: each changes one place of one source, and the tests named must fail. A mutant that survives shows
// what nobody checks. `find` occurs exactly once in `file`, so that an edit there is noticed here.

export interface Mutant {
  readonly name: string;
  /** What goes wrong in the world if this were written. */
  readonly what: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Test files, or folders of them, that must notice. */
  readonly tests: readonly string[];
}

export const catalogue: readonly Mutant[] = [
  {
    name: "varint-long-form",
    what: "one number has several spellings, so one event has several ids",
    file: "packages/core/src/bytes/reader.ts",
    find: "if (byte === 0 && count > 1)",
    replace: "if (byte === 0 && count > 99)",
    tests: ["packages/core/src/bytes/reader.test.ts"],
  },
  {
    name: "trailing-bytes",
    what: "bytes behind a value are ignored, so a stranger hides data in what is signed",
    file: "packages/core/src/bytes/reader.ts",
    find: "this.#at !== this.#end",
    replace: "this.#at > this.#end",
    tests: ["packages/core/src/bytes/reader.test.ts"],
  },
  {
    name: "order-signed",
    what: "keys are ordered as signed bytes, so a range misses what lies past 0x7f",
    file: "packages/core/src/bytes/order.ts",
    find: "(left[at] as number) - (right[at] as number)",
    replace: "((left[at] as number) << 24) - ((right[at] as number) << 24)",
    tests: ["packages/core/src/bytes/order.test.ts"],
  },
];
