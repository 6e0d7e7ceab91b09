import { expect, test } from "vitest";
import { GrowingBytes } from "./growing-bytes.js";

test("bytes grow to whatever is written, with zeros where nothing was", () => {
  const bytes = new GrowingBytes();
  expect(bytes.length).toBe(0);
  bytes.write(100_000, Uint8Array.of(1, 2));
  bytes.write(5, Uint8Array.of(9));
  expect(bytes.length).toBe(100_002);
  expect([...bytes.read(99_999, 5)]).toEqual([0, 1, 2, 0, 0]);
  expect(bytes.all()[5]).toBe(9);
});

test("what is cut off reads as zeros when it grows again", () => {
  const bytes = new GrowingBytes();
  bytes.write(0, new Uint8Array(100).fill(7));
  bytes.truncate(10);
  bytes.truncate(50);
  expect(bytes.length).toBe(10);
  bytes.write(20, Uint8Array.of(1));
  expect([...bytes.all()]).toEqual([...new Array<number>(10).fill(7), ...new Array<number>(10).fill(0), 1]);
});

test("a copy has all of the other and nothing of its own", () => {
  const one = new GrowingBytes();
  const other = new GrowingBytes();
  one.write(0, new Uint8Array(100).fill(7));
  other.write(0, Uint8Array.of(1));
  one.copyFrom(other);
  expect([...one.all()]).toEqual([1]);
  other.write(0, Uint8Array.of(2));
  expect([...one.read(0, 2)]).toEqual([1, 0]);
});
