import fc from "fast-check";
import { expect, test } from "vitest";
import { Reader } from "./reader.js";
import { Writer } from "./writer.js";

const whole = (bits: number) =>
  fc.oneof(
    fc.maxSafeNat().map((value) => value % 2 ** bits),
    fc.constantFrom(0, 2 ** bits - 1),
  );

type Written =
  | { readonly kind: "u8" | "u16" | "u32" | "u48" | "u64" | "varint"; readonly value: number }
  | { readonly kind: "prefixed"; readonly value: Uint8Array };

const pieces: fc.Arbitrary<Written> = fc.oneof(
  whole(8).map((value) => ({ kind: "u8" as const, value })),
  whole(16).map((value) => ({ kind: "u16" as const, value })),
  whole(32).map((value) => ({ kind: "u32" as const, value })),
  whole(48).map((value) => ({ kind: "u48" as const, value })),
  whole(53).map((value) => ({ kind: "u64" as const, value })),
  whole(53).map((value) => ({ kind: "varint" as const, value })),
  fc.uint8Array({ maxLength: 300 }).map((value) => ({ kind: "prefixed" as const, value })),
);

function write(writer: Writer, piece: Written): Writer {
  return piece.kind === "prefixed" ? writer.prefixed(piece.value) : writer[piece.kind](piece.value);
}

test("what is written is read back, whatever the first size", () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), fc.integer({ min: 0, max: 64 }), (written, firstBytes) => {
      const writer = written.reduce(write, new Writer(firstBytes));
      const bytes = writer.finish();
      expect(writer.length).toBe(bytes.length);
      const reader = new Reader(bytes);
      const read = written.map((piece) => (piece.kind === "prefixed" ? reader.prefixed(300) : reader[piece.kind]()));
      expect(read).toEqual(written.map(({ value }) => value));
      expect(reader.finish(() => "value")).toBe("value");
    }),
  );
});

test("numbers are big-endian", () => {
  const bytes = new Writer().u16(0x0102).u32(0x0304_0506).u48(0x0708_090a_0b0c).u64(0x0d_0e0f_1011_1213).finish();
  expect([...bytes]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 13, 14, 15, 16, 17, 18, 19]);
});

test.each([
  [0, [0]],
  [127, [127]],
  [128, [0x80, 1]],
  [16_383, [0xff, 0x7f]],
  [16_384, [0x80, 0x80, 1]],
])("the varint of %i is the shortest", (value, bytes) => {
  expect([...new Writer().varint(value).finish()]).toEqual(bytes);
});

test.each([-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])("no varint is made of %d", (value) => {
  expect(() => new Writer().varint(value)).toThrow(RangeError);
});

test("what was finished does not change with what is written later, by it or by another", () => {
  const writer = new Writer(4).bytes(Uint8Array.of(1, 2));
  const first = writer.finish();
  expect([...new Writer().u8(7).finish()]).toEqual([7]);
  expect([...writer.again().u8(3).finish()]).toEqual([3]);
  expect([...first]).toEqual([1, 2]);
});

test("writers that are at work at one time have memory of their own", () => {
  new Writer(1000).u8(9).finish();
  const [one, other] = [new Writer(), new Writer()];
  for (let value = 0; value < 600; value++) {
    one.u8(1);
    other.u8(2);
    expect([...new Writer().u8(3).finish()]).toEqual([3]);
  }
  expect([one.finish(), other.finish()].map((bytes) => [bytes.length, new Set(bytes)])).toEqual([
    [600, new Set([1])],
    [600, new Set([2])],
  ]);
});

test("behind what was finished nothing is written, and it is finished once", () => {
  const writer = new Writer().u8(1);
  writer.finish();
  expect(() => writer.u8(2)).toThrow("a writer that has finished");
  expect(() => writer.finish()).toThrow("a writer that has finished");
});
