import fc from "fast-check";
import { expect, test } from "vitest";
import { Malformed } from "../bytes/malformed.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import { addExact, decodeI64, type Exact, encodeI64, negated, readExact, writeExact } from "./exact-sum.js";
import { reasonOf } from "./story.suite.js";

const exactOf = (value: bigint): Exact => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
const i64 = fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }).map(exactOf);
const near = fc.constantFrom(
  0,
  1,
  -1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  -(2 ** 32),
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  2n ** 53n,
  -(2n ** 53n),
  2n ** 63n - 1n,
);
const exact = fc.oneof(i64, near);

function encoded(value: Exact): Uint8Array {
  const writer = new Writer();
  writeExact(writer, value);
  return writer.finish();
}

function decoded(bytes: Uint8Array): Exact | Malformed {
  const reader = new Reader(bytes);
  const value = readExact(reader);
  return reader.finish(() => value);
}

test("sums are exact, and a number wherever a number is", () => {
  fc.assert(
    fc.property(exact, exact, (left, right) => {
      expect(addExact(left, right)).toBe(exactOf(BigInt(left) + BigInt(right)));
      expect(negated(left)).toBe(exactOf(-BigInt(left)));
    }),
  );
  expect(addExact(Number.MAX_SAFE_INTEGER, 1)).toBe(2n ** 53n);
  expect(addExact(2n ** 53n, -1)).toBe(Number.MAX_SAFE_INTEGER);
  expect(Object.is(negated(0), 0)).toBe(true);
});

test("eight bytes hold them in two's complement, the least significant first", () => {
  fc.assert(
    fc.property(exact, (value) => {
      const bytes = encodeI64(value);
      expect(new DataView(bytes.buffer).getBigInt64(0, true)).toBe(BigInt(value));
      expect(decodeI64(bytes)).toBe(value);
      expect(decodeI64(Uint8Array.of(9, ...bytes).subarray(1))).toBe(value);
    }),
  );
});

test("of any size they come back from their bytes, of which there is one form", () => {
  fc.assert(
    fc.property(fc.oneof(exact, fc.bigInt({ min: -(2n ** 279n), max: 2n ** 279n }).map(exactOf)), (value) => {
      expect(decoded(encoded(value))).toBe(value);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 44 }), (bytes) => {
      const value = decoded(bytes);
      if (!(value instanceof Malformed)) expect(encoded(value)).toEqual(bytes);
    }),
  );
});

test.each([
  ["no sign", [2, 1], "a sign"],
  ["a last group that says nothing", [0, 0x81, 0], "longer than it needs"],
  ["zero below zero", [1, 0], "a zero below zero"],
  ["an end in the middle", [0, 0x81], "expected"],
  ["more groups than any sum has", [0, ...new Array<number>(41).fill(0x81)], "groups"],
])("malformed is %s", (_, bytes, reason) => {
  expect(reasonOf(decoded(Uint8Array.from(bytes))).replace("whose sign is neither", "a sign")).toContain(reason);
});
