import fc from "fast-check";
import { expect, test } from "vitest";
import { isMalformed, Malformed } from "./malformed.js";
import { Reader } from "./reader.js";
import { Writer } from "./writer.js";

type Step = (reader: Reader) => number | Uint8Array;

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>(
    (reader) => reader.u8(),
    (reader) => reader.u16(),
    (reader) => reader.u32(),
    (reader) => reader.u48(),
    (reader) => reader.u64(),
    (reader) => reader.varint(),
  ),
  fc.integer({ min: 0, max: 64 }).map((length) => (reader: Reader) => reader.take(length)),
  fc.integer({ min: 0, max: 64 }).map((max) => (reader: Reader) => reader.prefixed(max)),
);

function reasonOf(decoded: unknown): string {
  if (!(decoded instanceof Malformed)) throw new Error("Malformed expected");
  return decoded.reason;
}

test("any steps over any bytes come to a value or Malformed, within the bytes given", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(steps, { maxLength: 12 }), (bytes, way) => {
      const reader = new Reader(bytes);
      for (const step of way) {
        const value = step(reader);
        if (typeof value === "number") expect(Number.isSafeInteger(value)).toBe(true);
        else expect(value.length <= bytes.length && (value.length === 0 || value.buffer === bytes.buffer)).toBe(true);
        expect(reader.at <= bytes.length && reader.left >= 0).toBe(true);
      }
      const decoded = reader.finish(() => "value");
      expect(decoded === "value").toBe(!reader.failed);
      expect(isMalformed(decoded)).toBe(reader.failed);
    }),
  );
});

test("a varint has one form: what decodes encodes to the same bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 10 }), (bytes) => {
      const reader = new Reader(bytes);
      const value = reader.varint();
      if (!reader.failed) expect(new Writer().varint(value).finish()).toEqual(bytes.slice(0, reader.at));
    }),
  );
});

test.each([
  ["zero spelt in two bytes", [0x80, 0x00], "longer than it needs"],
  ["a needless last group", [0xff, 0x80, 0x00], "longer than it needs"],
  ["2^53", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10], "beyond 2^53"],
  ["nine bytes", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], "longer than eight bytes"],
  ["an end in the middle", [0x80], "1 bytes expected where 0 are left"],
])("a varint is malformed: %s", (_, bytes, reason) => {
  const reader = new Reader(Uint8Array.from(bytes));
  expect(reader.varint()).toBe(0);
  expect(reasonOf(reader.finish(() => "value"))).toContain(reason);
});

test("the largest varint is 2^53 - 1, in eight bytes", () => {
  const reader = new Reader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f));
  expect(reader.finish(() => reader.varint())).toBeInstanceOf(Malformed);
  const again = new Reader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f));
  const value = again.varint();
  expect(again.finish(() => value)).toBe(Number.MAX_SAFE_INTEGER);
});

test("a u64 is whole up to 2^53 - 1 and malformed beyond", () => {
  const largest = new Reader(Uint8Array.of(0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
  expect(largest.u64()).toBe(Number.MAX_SAFE_INTEGER);
  expect(largest.failed).toBe(false);
  const beyond = new Reader(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0));
  expect(beyond.u64()).toBe(0);
  expect(reasonOf(beyond.finish(() => "value"))).toContain("beyond 2^53");
});

test("a length at the bound is read, one more is malformed and takes nothing", () => {
  const bytes = Uint8Array.of(3, 1, 2, 3);
  expect(new Reader(bytes).prefixed(3)).toEqual(Uint8Array.of(1, 2, 3));
  const reader = new Reader(bytes);
  expect(reader.prefixed(2)).toHaveLength(0);
  expect(reasonOf(reader.finish(() => "value"))).toBe("a length of 3 where at most 2 is allowed");
});

test("a length from a stranger allocates nothing", () => {
  const reader = new Reader(new Writer().varint(2 ** 40).finish());
  expect(reader.prefixed(2 ** 41)).toHaveLength(0);
  expect(reader.failed).toBe(true);
});

test("what lies behind the value makes it malformed, and `make` does not run", () => {
  const reader = new Reader(Uint8Array.of(1, 2));
  reader.u8();
  const decoded = reader.finish(() => {
    throw new Error("must not run");
  });
  expect(reasonOf(decoded)).toBe("1 bytes too many");
});

test("the first failure is the one reported, and nothing moves after it", () => {
  const reader = new Reader(Uint8Array.of(1, 2));
  reader.fail("first");
  reader.fail("second");
  expect([reader.u8(), reader.u16(), reader.at]).toEqual([0, 0, 0]);
  expect(reasonOf(reader.finish(() => "value"))).toBe("first");
});

test("a part of the bytes is read as if it were all", () => {
  const bytes = Uint8Array.of(9, 1, 2, 9).subarray(0);
  const reader = new Reader(bytes, 1, 3);
  expect([reader.left, reader.u8(), reader.u8(), reader.left]).toEqual([2, 1, 2, 0]);
  expect(reader.finish(() => "value")).toBe("value");
  expect(new Reader(bytes, 0, 99).left).toBe(4);
});

test("bytes that start inside a buffer are read from where they start", () => {
  const view = Uint8Array.of(7, 0, 0, 1, 0).subarray(1);
  expect(new Reader(view).u32()).toBe(256);
});
