import { expect, test } from "vitest";
import { elementBytesMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { bytes, codecOf, elementFault, json, readElement, type StandardSchema, text } from "./element-codec.js";
import { reasonOf } from "./story.suite.js";

const schema = (validate: StandardSchema<string>["~standard"]["validate"]): StandardSchema<string> => ({
  "~standard": { version: 1, vendor: "test", validate },
});

test("text is its UTF-8, and half of a character is none", () => {
  expect(text.decode(text.encode("é\ufeff€😀"))).toBe("é\ufeff€😀");
  expect(text.encode("é")).toEqual(Uint8Array.of(0xc3, 0xa9));
  expect(() => text.encode("a\udc00")).toThrow("half of a character");
  expect(reasonOf(text.decode(Uint8Array.of(0xc3)))).toBe("text that is not UTF-8");
});

test("bytes are themselves, and a copy", () => {
  const given = Uint8Array.of(1, 2);
  const encoded = bytes.encode(given);
  const decoded = bytes.decode(given);
  given[0] = 9;
  expect([encoded, decoded]).toEqual([Uint8Array.of(1, 2), Uint8Array.of(1, 2)]);
});

test("JSON has one form", () => {
  expect(json.encode({ b: 1, a: 2 })).toEqual(json.encode({ a: 2, b: 1 }));
  expect(reasonOf(json.decode(text.encode("[1, 2]")))).toContain("canonical");
  expect(elementFault(json, text.encode("[1, 2]"))).toEqual(json.decode(text.encode("[1, 2]")));
  expect(elementFault(json, json.encode({ a: [0.5, "é"] }))).toBeUndefined();
});

test("a schema says what fits, both ways, and reads as it transforms", () => {
  const codec = codecOf(
    schema((value) => (value === "no" ? { issues: [{ message: "one" }, { message: "two" }] } : { value: `${value}!` })),
  );
  expect(codec.name).toBe("json");
  expect(() => codec.encode("no")).toThrow("the schema refuses it: one; two");
  expect(reasonOf(codec.decode(json.encode("no")))).toBe("one; two");
  expect(codec.decode(codec.encode("yes"))).toBe("yes!");
  expect(elementFault(codec, json.encode("no"))).toEqual(new Malformed("one; two"));
  expect(elementFault(codec, json.encode("yes"))).toBeUndefined();
});

test("a schema that answers later cannot be folded", () => {
  const codec = codecOf(schema((value) => Promise.resolve({ value: String(value) })));
  expect(() => codec.encode("x")).toThrow("use one that answers at once");
});

test("an element has so many bytes at most, ours and others'", () => {
  const most = new Uint8Array(elementBytesMax);
  const more = new Uint8Array(elementBytesMax + 1);
  expect(bytes.encode(most)).toHaveLength(elementBytesMax);
  expect(() => bytes.encode(more)).toThrow(`at most ${elementBytesMax} bytes`);
  expect(() => text.encode("a".repeat(elementBytesMax + 1))).toThrow(RangeError);
  expect(() => json.encode("a".repeat(elementBytesMax - 1))).toThrow(RangeError);
  expect(elementFault(bytes, most)).toBeUndefined();
  expect(elementFault(bytes, more)?.reason).toContain("are allowed");
});

test("what is kept and cannot be read throws: it was found good when it came", () => {
  expect(readElement(text, text.encode("x"))).toBe("x");
  expect(() => readElement(text, Uint8Array.of(0xff))).toThrow("text that is not UTF-8");
});
