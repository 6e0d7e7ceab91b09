import { expect, test } from "vitest";
import { Malformed } from "../bytes/malformed.js";
import { reasonOf } from "../merge/story.suite.js";
import { decidedPlace } from "./collect.js";
import type { Data } from "./data.js";
import { textOfData } from "./data-text.js";
import { pointerOf } from "./pointer.js";
import { RefusedFragment, type Rules } from "./preparing.js";
import type { Contested } from "./settle.js";
import { Explaining, inOrder, rulesFrom, Synthesis } from "./synthesis.js";

const noTypes = () => new Malformed("no types here");

function rules(paths: Data): Rules {
  const made = rulesFrom({ strategies: { paths }, types: noTypes });
  return made instanceof Malformed ? expect.fail(made.reason) : made;
}

function synthesis(by: Rules, ...contents: readonly Data[]): Synthesis {
  const made = new Synthesis(by);
  for (const [at, content] of contents.entries()) made.add({ id: `${at}` }, content);
  return made;
}

const finished = (made: Synthesis) => {
  const state = made.finish(() => {});
  return state === undefined ? "" : textOfData(state);
};

test("rules that are none are malformed", () => {
  expect(reasonOf(rulesFrom({ strategies: 5, types: noTypes }))).toContain("strategies are an object");
  expect(rulesFrom({ types: noTypes })).toMatchObject({ plan: { isPlain: true }, strategies: { paths: [], fragments: [] } });
});

test("of a fragment that is refused nothing counts, and it is not counted", () => {
  const made = new Synthesis(rules({ "/n": "max" }));
  expect(made.add({ id: "a" }, { n: 1 })).toBeUndefined();
  expect(made.add({ id: "b" }, { m: 1, n: "x" })).toBeInstanceOf(RefusedFragment);
  expect(made.fragments).toBe(1);
  expect(finished(made)).toBe('{"n":1}');
});

test("what was gathered apart is joined as if it had been gathered together, in other threads, too", () => {
  const by = rules({ "/m": "max", "/l": { strategy: "by-key", key: "id" } });
  const odd = JSON.parse('{"__proto__":{"x":1},"constructor":1}') as Data;
  const contents: Data[] = [
    { a: 1, m: 1, o: odd, l: [{ id: 1, n: 1 }] },
    { a: { b: 1 }, m: 2, o: { y: [] } },
    { a: { c: 1 }, m: { n: 3 }, l: [{ id: 1, n: 2 }, { id: 0 }] },
  ];
  const together = finished(synthesis(by, ...contents));
  for (const into of [synthesis(by), synthesis(by, contents[0]), synthesis(by, contents[0], contents[1])]) {
    const from = synthesis(by, ...contents.slice(into.fragments));
    into.join(structuredClone(from.pack()));
    into.join(structuredClone(new Synthesis(by).pack()));
    expect(into.fragments).toBe(3);
    expect(finished(into)).toBe(together);
  }
});

test("what others hand over is what was gathered, or nothing", () => {
  const made = new Synthesis(rules({}));
  expect(() => made.join({ fragments: 1, packed: new Map([["told", []]]) })).toThrow('another thread handed over "told"');
});

test("contested places come in the order of their pointers", () => {
  const contested = ["/b", "/a/c", "/a", "/a-b", "/l/10", "/l/9"].map(
    (pointer): Contested => ({ pointer: pointer.slice(1).split("/"), names: [], outcome: "resolved" }),
  );
  expect(inOrder(contested).map(({ pointer }) => pointerOf(pointer))).toEqual(["/a", "/a-b", "/a/c", "/b", "/l/10", "/l/9"]);
});

test("places are explained from the fragments, gone through once more", () => {
  const by = rules({ "/w": { strategy: "lww", whole: true } });
  const state = { w: { x: 2 }, a: 1 };
  const places = [["w", "x"], ["a"], ["gone"]].map((names) => decidedPlace(names, { plan: by.plan, document: state }));
  expect(places.map(({ pointer }) => pointerOf(pointer))).toEqual(["/w", "/a", "/gone"]);
  const explaining = new Explaining(by, places);
  const head = { source: "s", stamp: 1, priority: 0 };
  explaining.add({ head: { ...head, id: "1" }, body: { w: { x: 1 }, a: 1 }, envelope: [], scope: [] });
  explaining.add({ head: { ...head, id: "2" }, body: { w: { x: 2 } }, envelope: [], scope: [] });
  expect(explaining.explanations()).toMatchObject([
    { pointer: "/w", value: { x: 2 }, outcome: "resolved" },
    { pointer: "/a", value: 1, outcome: "agreed" },
  ]);
});
