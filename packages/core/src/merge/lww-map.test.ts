import { expect, test } from "vitest";
import { elementBytesMax, itemKeyBytesMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { encodeAt } from "./at-key.js";
import { json, text } from "./element-codec.js";
import { lwwMap } from "./lww-map.js";
import type { AnyMergeType } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";
import { applyOperation, emptyState } from "./state.js";
import { letters, reasonOf, Story } from "./story.suite.js";

test("under each key the last write wins, and what was written at once with it lost", () => {
  const story = new Story(lwwMap(json));
  const a1 = story.write("A", (it) => {
    it.set("k", 1);
    it.set("other", { a: [true] });
  });
  story.write("B", (it) => it.set("k", 2), { knowing: [a1] });
  story.write("C", (it) => it.set("k", 3), { wallMs: 10 });
  expect([...story.value()]).toEqual([
    ["k", 2],
    ["other", { a: [true] }],
  ]);
  expect(story.told("k")).toEqual({ winners: ["B1 2"], losers: ["C1 3"] });
  story.holds();
});

test("a deletion is a write: what is written at once with it stands before or behind it everywhere", () => {
  const story = new Story(lwwMap(text));
  const a1 = story.write("A", (it) => it.set("k", "one"));
  const b1 = story.write("B", (it) => it.delete("k"), { knowing: [a1], wallMs: 3000 });
  const c1 = story.write("C", (it) => it.set("k", "two"), { knowing: [a1], wallMs: 2000 });
  expect(story.value()).toEqual(new Map());
  expect(story.told("k")).toEqual({ winners: ["B1 undefined"], losers: ["C1 two"] });
  story.holds();
  story.write("D", (it) => it.set("k", "three"), { knowing: [c1], wallMs: 4000 });
  expect([...story.value()]).toEqual([["k", "three"]]);
  expect(story.told("k")).toEqual({ winners: ["D1 three"], losers: ["B1 undefined"] });
  story.write("D", (it) => it.set("k", "four"), { knowing: [b1], wallMs: 5000 });
  expect(story.told("k")).toEqual({ winners: ["D2 four"], losers: [] });
  story.holds();
});

test("what lost is written again by an operation: a value, or a deletion", () => {
  const { restore } = lwwMap(text);
  const dot = {} as never;
  expect(restore("k", { dot, value: "one" })).toMatchObject({ key: "k", value: Uint8Array.from(Buffer.from("one")) });
  expect(restore("k", { dot, value: undefined })).toMatchObject({ key: "k", value: undefined });
});

test("keys are any text, in the order of their bytes, and are told as they are", () => {
  const story = new Story(lwwMap(text));
  story.write("A", (it) => {
    for (const key of ["é", "z", "", "\ufeff", "a"]) it.set(key, key);
  });
  expect([...story.value().keys()]).toEqual(["", "a", "z", "é", "\ufeff"]);
  expect(story.told("é").winners).toEqual(["A1 é"]);
  expect(story.type.keyText(story.type.keyFrom("é"))).toBe("é");
  story.holds();
});

test("keys and values have their bounds, and half of a character is no text", () => {
  const story = new Story(lwwMap(text));
  expect(() => story.operations((it) => it.set("k".repeat(itemKeyBytesMax + 1), ""))).toThrow(`at most ${itemKeyBytesMax} bytes`);
  expect(() => story.operations((it) => it.set("é".repeat(itemKeyBytesMax / 2 + 1), ""))).toThrow(`at most ${itemKeyBytesMax} bytes`);
  expect(() => story.operations((it) => it.delete("\ud83d"))).toThrow("half of a character");
  story.write("A", (it) => it.set("k".repeat(itemKeyBytesMax), ""));
  story.write("A", (it) => it.set("é".repeat(itemKeyBytesMax / 2), ""));
  story.holds();
});

test("operations of other kinds, of no text and of no value are malformed", () => {
  const { decodeOperation } = lwwMap(text);
  const write = (key: string, ...value: number[]) => encodeAt(key, { kind: operationKinds.write, payload: Uint8Array.from(value) });
  const decoded = ({ kind, payload }: { kind: number; payload: Uint8Array }) => decodeOperation(kind, payload);
  expect(decoded(write("k", 0x61))).toMatchObject({ key: "k", value: Uint8Array.of(0x61) });
  expect(reasonOf(decoded(write("\u00ff", 0x61)))).toBe("a key that is not UTF-8");
  expect(reasonOf(decodeOperation(operationKinds.delete, Uint8Array.of(0xff)))).toBe("a key that is not UTF-8");
  expect(reasonOf(decoded(write("k", 0xff)))).toBe("text that is not UTF-8");
  expect(reasonOf(decoded(encodeAt("k", { kind: operationKinds.write, payload: new Uint8Array(elementBytesMax + 1) })))).toContain(
    "are allowed",
  );
  expect(reasonOf(decoded(encodeAt("k", { kind: operationKinds.increment, payload: new Uint8Array(8) })))).toContain("kind 33 under a key");
  expect(reasonOf(decodeOperation(operationKinds.write, Uint8Array.of(1)))).toContain("kind 43, which a map does not have");
});

test("a write keeps what it said when what it came in is used again", () => {
  const { decodeOperation } = lwwMap(text);
  const { kind, payload } = encodeAt("k", { kind: operationKinds.write, payload: Uint8Array.of(0x61) });
  const write = decodeOperation(kind, payload);
  if (isMalformed(write)) throw new Error(write.reason);
  const { value } = write;
  expect(value).toEqual(Uint8Array.of(0x61));
  payload.fill(0);
  expect(value).toEqual(Uint8Array.of(0x61));
});

test("a value comes to the same whether it is kept as text, as bytes or came from others, and JSON is bounded by its bytes", () => {
  const story = new Story(lwwMap(json));
  const values = { ascii: "a", other: "é", number: 1.5, nested: { b: [null, true], a: "\ud83d\ude00" } };
  const sent = story.operations((it) => {
    for (const [key, value] of Object.entries(values)) it.set(key, value);
  });
  expect(sent.map(({ value }) => typeof value)).toEqual(["string", "object", "string", "object"]);
  const own = emptyState();
  for (const [operation, asked] of sent.entries())
    applyOperation(story.type as AnyMergeType, own.items, asked, {
      ...{ dot: { lane: 0, seq: 1, operation, wallMs: 1000, counter: 0 }, lanes: letters, seen: own.seen },
      ...{ covers: () => false, ahead: [] },
    });
  own.seen.reach(0, 1);
  expect(Object.fromEntries(story.valueOf(own))).toEqual(values);
  story.write("A", (it) => {
    for (const [key, value] of Object.entries(values)) it.set(key, value);
  });
  expect(story.bytesOf(own)).toEqual(story.bytes());
  story.holds();
  expect(() => story.operations((it) => it.set("k", "a".repeat(elementBytesMax - 1)))).toThrow(`at most ${elementBytesMax} bytes`);
  expect(() => story.operations((it) => it.set("k", "é".repeat(elementBytesMax / 2)))).toThrow(`at most ${elementBytesMax} bytes`);
  expect(() => story.operations((it) => it.set("k", "a".repeat(elementBytesMax - 2)))).not.toThrow();
});
