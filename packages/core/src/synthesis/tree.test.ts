import { expect, test } from "vitest";
import { Malformed } from "../bytes/malformed.js";
import type { Data } from "./data.js";
import { frozen } from "./drawn.suite.js";
import { type Plan, planOf } from "./plan.js";
import { headOf } from "./said.suite.js";
import { strategiesFrom } from "./strategies-file.js";
import { Bag, Gathered, Held, Keyed, type Slot, say } from "./tree.js";

const noTypes = () => new Malformed("no types here");
const planFor = (paths: Data): Plan => {
  const strategies = strategiesFrom({ paths }, noTypes);
  return planOf(strategies instanceof Malformed ? expect.fail(strategies.reason) : strategies.paths, undefined, noTypes);
};

function gathered(paths: Data, ...said: readonly (readonly [Data, number?])[]): Slot | undefined {
  let slot: Slot | undefined;
  for (const [value, stamp] of said) slot = say(slot, frozen(value), { head: headOf({ stamp }), plan: planFor(paths) });
  return slot;
}

test("what one fragment says, and what others say just so, is held as it came", () => {
  const value = { a: { b: [1] } };
  expect(gathered({}, [value])).toBe(value);
  const slot = gathered({}, [value], [{ a: { b: [1] }, c: 2 }]);
  expect(slot).toBeInstanceOf(Bag);
  expect((slot as { a: object }).a).toEqual({ b: [1] });
});

test("of a value that others contradict, what counts is held, and that it is contested", () => {
  expect(gathered({}, ["a"], ["b"], ["a"])).toMatchObject({ leaf: "b", isContested: true });
  expect(gathered({}, ["b", 1], ["a", 2])).toMatchObject({ leaf: "a", stamp: 2, isContested: true });
  expect(gathered({}, ["a", 2], ["a", 5], ["b", 3])).toMatchObject({ leaf: "a", stamp: 5 });
  expect(gathered({}, ["a", 1], ["a", 2])).toMatchObject({ leaf: "a", stamp: 2, isContested: false });
});

test("an object and what is none are held side by side", () => {
  const slot = gathered({}, [{ a: 1 }], ["x", 3], [{ b: 2 }, 2]) as Held;
  expect(slot).toBeInstanceOf(Held);
  expect(slot).toMatchObject({ leaf: "x", stamp: 3, objectStamp: 2 });
  expect(Object.keys(slot.object as object)).toEqual(["a", "b"]);
});

test("where a strategy decides, all that is said is kept", () => {
  const slot = gathered({ "": "max" }, [1], [2, 5], [1], [{ a: 7 }]) as Gathered;
  expect(slot).toBeInstanceOf(Gathered);
  expect(slot.said.map(({ value, head }) => [value, head.stamp])).toEqual([
    [1, Number.NEGATIVE_INFINITY],
    [2, 5],
    [1, Number.NEGATIVE_INFINITY],
  ]);
  expect(slot.objects).toHaveLength(1);
  expect(slot.bag?.["a"]).toBeInstanceOf(Gathered);
});

test("elements are held by what tells them apart", () => {
  const slot = gathered({ "": { strategy: "by-key", key: "id" } }, [[{ id: 1, n: 1 }, { id: "1" }]], [[{ id: 1, m: 2 }]]) as Keyed;
  expect(slot).toBeInstanceOf(Keyed);
  expect(Object.keys(slot.bag)).toEqual(["1", '"1"']);
  expect(slot.bag["1"]).toEqual(Object.assign(new Bag(), { id: 1, n: 1, m: 2 }));
});

test("a bag has no names but its own", () => {
  const bag = new Bag();
  const odd = "__proto__";
  expect([odd, "constructor", "toString"].map((name) => bag[name])).toEqual([undefined, undefined, undefined]);
  bag[odd] = 1;
  expect(Object.keys(bag)).toEqual([odd]);
  expect(bag).toBeInstanceOf(Bag);
  const slot = gathered({}, [JSON.parse('{"__proto__":{"x":1}}')], [JSON.parse('{"__proto__":{"y":2}}')]) as Bag;
  expect(Object.keys(slot[odd] as object)).toEqual(["x", "y"]);
});
