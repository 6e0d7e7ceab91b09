import { expect, test } from "vitest";
import { itemKeyBytesMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { bytes, type ElementCodec, json, text } from "./element-codec.js";
import { ElementKeys } from "./element-keys.js";
import { operationKinds } from "./operation-kinds.js";
import { reasonOf } from "./story.suite.js";

const even: ElementCodec<number> = {
  name: "even",
  encode: (element) => Uint8Array.of(element),
  decode: ([byte = 1]) => (byte % 2 === 0 ? byte : new Malformed("an odd number")),
};

test("elements are told as people write them, and are found again by that", () => {
  const texts = new ElementKeys(text);
  expect(texts.textOf(texts.keyOf("ui é"))).toBe("ui é");
  expect(texts.keyFrom("ui é")).toBe(texts.keyOf("ui é"));
  const values = new ElementKeys(json);
  expect(values.textOf(values.keyOf({ b: 1, a: "é" }))).toBe('{"a":"é","b":1}');
  expect(values.keyFrom(' { "b": 1, "a": "é" }')).toBe(values.keyOf({ a: "é", b: 1 }));
  expect(() => values.keyFrom("ui")).toThrow("told as JSON");
  const others = new ElementKeys(bytes);
  expect(others.textOf(others.keyOf(Uint8Array.of(0xff, 0)))).toBe("_wA");
  expect(others.keyFrom("_wA")).toBe("\u00ff\u0000");
  expect(() => others.keyFrom("_w*")).toThrow("base64url");
  const evens = new ElementKeys(even);
  expect(evens.keyFrom(evens.textOf(evens.keyOf(4)))).toBe(evens.keyOf(4));
  expect(() => evens.keyFrom("AQ")).toThrow("an odd number");
});

test("an element may be as long as a key, and no longer", () => {
  const keys = new ElementKeys(text);
  const longest = "a".repeat(itemKeyBytesMax);
  expect(keys.read(keys.keyOf(longest))).toBe(longest);
  expect(() => keys.keyOf(`${longest}a`)).toThrow(`at most ${itemKeyBytesMax} bytes`);
  expect(keys.decode(operationKinds.add, new Uint8Array(itemKeyBytesMax))).toMatchObject({ does: "add" });
  expect(reasonOf(keys.decode(operationKinds.add, new Uint8Array(itemKeyBytesMax + 1)))).toContain(`at most ${itemKeyBytesMax} bytes`);
});

test("operations of other kinds, and on what is no element, are malformed", () => {
  const keys = new ElementKeys(even);
  expect(keys.decode(operationKinds.remove, Uint8Array.of(4))).toEqual({ does: "remove", key: "\u0004" });
  expect(reasonOf(keys.decode(operationKinds.add, Uint8Array.of(3)))).toBe("an odd number");
  expect(reasonOf(keys.decode(operationKinds.write, Uint8Array.of(4)))).toContain("kind 43, which a set does not have");
});

test("a state that holds what its codec refuses is no state of this program's", () => {
  expect(() => new ElementKeys(even).read("\u0003")).toThrow("an odd number");
});
