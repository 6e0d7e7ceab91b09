import { expect, test } from "vitest";
import { Malformed } from "../bytes/malformed.js";
import type { Data } from "./data.js";
import { textOfData } from "./data-text.js";
import { planOf } from "./plan.js";
import { pointerOf } from "./pointer.js";
import { headOf } from "./said.suite.js";
import { settle } from "./settle.js";
import { strategiesFrom } from "./strategies-file.js";
import { type Slot, say } from "./tree.js";

const noTypes = () => new Malformed("no types here");

/** The document, and "/pointer names outcome" of every contested place. */
function settled(paths: Data, ...bodies: readonly Data[]): readonly string[] {
  const strategies = strategiesFrom({ paths }, noTypes);
  const plan = planOf(strategies instanceof Malformed ? expect.fail(strategies.reason) : strategies.paths, undefined, noTypes);
  let slot: Slot | undefined;
  for (const [at, body] of bodies.entries()) slot = say(slot, body, { head: headOf({ source: `${at}` }), plan });
  const told: string[] = [];
  const document = settle(slot as Slot, plan, (outcome, place) => {
    const contested = place();
    expect(contested.outcome).toBe(outcome);
    const names = pointerOf(contested.names);
    told.push(`${pointerOf(contested.pointer)} ${names} ${outcome}`);
  });
  return [document === undefined ? "nothing" : textOfData(document), ...told];
}

test("where all that is said agrees, nothing is told", () => {
  expect(settled({}, { a: { b: 1 } }, { a: { b: 1, c: [] }, d: null })).toEqual(['{"a":{"b":1,"c":[]},"d":null}']);
});

test("a contested place is told where it lies", () => {
  expect(settled({}, { a: { "b/c": 1 }, d: 1 }, { a: { "b/c": 2 }, d: { e: 1 } })).toEqual([
    '{"a":{"b/c":2},"d":{"e":1}}',
    "/a/b~1c /a/b~1c resolved",
    "/d /d resolved",
  ]);
});

test("what could not be decided is not there, and what is around it is", () => {
  expect(settled({ "/a/b": "unanimous" }, { a: { b: 1 } }, { a: { b: 2 } })).toEqual(['{"a":{}}', "/a/b /a/b unresolved"]);
  expect(settled({ "": "error" }, 1, 2)).toEqual(["nothing", "  stopped"]);
});

const byKey = { "/l": { strategy: "by-key", key: "k" } };

test("elements come in the order of their keys: numbers by what they are worth, then texts by their bytes", () => {
  const keys = [10, 9, "10", "9", -1.5, 2n ** 60n, 1e21, 10n ** 21n, "\u{1f600}", "\uffff", "b", "", "é"];
  const [document] = settled(byKey, ...keys.map((k) => ({ l: [{ k }] })));
  const sorted = [-1.5, 9, 10, 2n ** 60n, 10n ** 21n, 1e21, "", "10", "9", "b", "é", "\uffff", "\u{1f600}"];
  expect(document).toBe(textOfData({ l: sorted.map((k) => ({ k })) }));
  const [again] = settled(byKey, { l: keys.toReversed().map((k) => ({ k })) });
  expect(again).toBe(document);
});

test("contested places within elements are told by their index, and for rules by their key", () => {
  expect(
    settled(
      byKey,
      { l: [{ k: "b", n: 1 }] },
      {
        l: [
          { k: "b", n: 2 },
          { k: "a", n: 3 },
        ],
      },
    ),
  ).toEqual(['{"l":[{"k":"a","n":3},{"k":"b","n":2}]}', '/l/1/n /l/"b"/n resolved']);
});

test("an element that came to nothing has no index: it is told by its key", () => {
  const of = { strategy: "unanimous", whole: true };
  const paths = { "/l": { strategy: "by-key", key: "k", of } };
  expect(
    settled(
      paths,
      { l: [{ k: "a/b", n: 1 }, { k: "c" }] },
      {
        l: [
          { k: "a/b", n: 2 },
          { k: 7, n: 1 },
        ],
      },
      { l: [{ k: 7, n: 2 }] },
    ),
  ).toEqual(['{"l":[{"k":"c"}]}', "/l/7 /l/7 unresolved", '/l/a~1b /l/"a~1b" unresolved']);
  expect(
    settled(
      { "/l": { strategy: "by-key", key: "k", of: { strategy: "lww", whole: true } } },
      { l: [{ k: "c", n: 1 }] },
      { l: [{ k: "c", n: 2 }] },
    ),
  ).toEqual(['{"l":[{"k":"c","n":2}]}', '/l/0 /l/"c" resolved']);
});

test("null that is decided on is something", () => {
  expect(settled({ "/a": "first" }, { a: null })).toEqual(['{"a":null}']);
  expect(settled({ "/l": { strategy: "by-key", key: "k", of: { strategy: "first", whole: true } } }, { l: [{ k: 1, n: null }] })).toEqual([
    '{"l":[{"k":1,"n":null}]}',
  ]);
});
