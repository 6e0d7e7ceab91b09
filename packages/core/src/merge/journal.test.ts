import { expect, test } from "vitest";
import { text } from "./element-codec.js";
import { gCounter } from "./g-counter.js";
import { resettable } from "./journal.js";
import { register } from "./lww-register.js";
import { maximum } from "./maximum.js";
import type { AnyMergeType } from "./merge-type.js";
import { orMap } from "./or-map.js";
import { record } from "./record.js";
import { decodeItems } from "./state.js";
import { letters, reasonOf, Story } from "./story.suite.js";

test("what can forget single operations by itself is left as it is", () => {
  const type = register(text) as unknown as AnyMergeType;
  expect(resettable(type)).toBe(type);
});

test("what cannot is the same type by the same operations, and forgets", () => {
  const type = gCounter() as unknown as AnyMergeType;
  const kept = resettable(type);
  expect([kept.name, kept.version, kept.keys, kept.retract]).toEqual([type.name, type.version, type.keys, type.retract]);
  expect(kept.encodeOperation(5)).toEqual(type.encodeOperation(5));
  expect(kept.value(new Map())).toBe(0);
  expect(kept.reset).toBeTypeOf("function");
});

test("of a record only those fields have a journal that need one", () => {
  const type = record({ count: gCounter(), title: register(text) }) as unknown as AnyMergeType;
  expect(type.reset).toBeUndefined();
  const kept = resettable(type);
  expect(kept.name).toBe(type.name);
  const titles = record({ title: register(text) }) as unknown as AnyMergeType;
  expect(resettable(titles)).toBe(titles);
  const story = new Story(orMap(type as AnyMergeType<unknown, { count: { increment(): void }; title: { set(value: string): void } }>));
  const sizeOf = (make: (it: { count: { increment(): void }; title: { set(value: string): void } }) => void) => {
    const before = story.bytes().length;
    story.write("A", (it) => make(it.at("k")));
    return story.bytes().length - before;
  };
  sizeOf((it) => it.title.set("one"));
  expect(sizeOf((it) => it.title.set("two"))).toBe(0);
  sizeOf((it) => it.count.increment());
  expect(sizeOf((it) => it.count.increment())).toBeGreaterThan(0);
});

test("what is left of a maximum is that of what no deletion has covered", () => {
  const story = new Story(orMap(maximum()));
  const a1 = story.write("A", (it) => it.at("k").add(9));
  story.write("A", (it) => it.at("k").add(3));
  story.write("B", (it) => it.at("k").add(5));
  expect([...story.value()]).toEqual([["k", 9]]);
  story.write("C", (it) => it.delete("k"), { knowing: [a1] });
  expect([...story.value()]).toEqual([["k", 5]]);
  expect(story.told("k").winners).toEqual(["B1 5"]);
  story.holds();
});

test("joined, an entry counts once, and one that the other side saw deleted counts no more", () => {
  const story = new Story(orMap(gCounter()));
  const a1 = story.write("A", (it) => it.at("k").increment(1));
  const b1 = story.write("B", (it) => it.at("k").increment(10));
  const c1 = story.write("C", (it) => it.delete("k"), { knowing: [a1] });
  const a2 = story.write("A", (it) => it.at("k").increment(100));
  const whole = story.bytes();
  expect([...story.value()]).toEqual([["k", 110]]);
  for (const [left, right] of [
    [
      [a1, b1, a2],
      [a1, c1],
    ],
    [
      [a1, a2],
      [c1, b1],
    ],
    [[c1], [b1, a1, a2]],
    [story.events, story.events],
  ] as const) {
    expect(story.bytesOf(story.joined(left, right))).toEqual(whole);
    expect(story.bytesOf(story.joined(right, left))).toEqual(whole);
    expect([...story.valueOf(story.joined(left, right))]).toEqual([["k", 110]]);
  }
});

test("an entry that its type cannot read is malformed", () => {
  const story = new Story(orMap(gCounter()));
  story.write("A", (it) => it.at("k").increment(1));
  const bytes = story.bytes();
  const decrement = 34;
  const at = bytes.lastIndexOf(33);
  expect(at).toBeGreaterThan(0);
  bytes[at] = decrement;
  expect(reasonOf(decodeItems(story.type as never, bytes, letters))).toContain("only grows");
});
