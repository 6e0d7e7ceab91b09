import { expect, test } from "vitest";
import { type AnyDefinedMerge, defineMerge, type OperationPlace } from "../../merge/define-merge.js";
import type { ElementCodec, StandardSchema } from "../../merge/element-codec.js";
import { json } from "../../merge/element-codec.js";
import { decided, outcomeOf, said } from "../said.suite.js";
import { synthesize } from "../synthesize.js";
import { custom } from "./custom.js";

type Scores = Readonly<Record<string, number>>;

const points: StandardSchema<number> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => (typeof value === "number" && value >= 0 ? { value } : { issues: [{ message: "points from 0" }] }),
  },
};

/** The best of each author. */
const highScores = defineMerge<Scores, number, Scores>({
  name: "high-scores",
  version: 1,
  operation: points,
  empty: {},
  apply: (state, score, { author }) => ({ ...state, [author]: Math.max(score, state[author] ?? 0) }),
  join: (left, right) => ({ ...left, ...right }),
  value: (state) => state,
  sample: (draws) => draws.below(5),
  source: import.meta.url,
}) as unknown as AnyDefinedMerge;

/** What it was told of operations, in the order in which they came. */
const places = defineMerge<readonly unknown[], unknown, unknown>({
  name: "places",
  version: 1,
  operation: json as ElementCodec<unknown>,
  empty: [],
  apply: (state, operation, { id, stamp, author }: OperationPlace) => [
    ...state,
    `${String(operation)} ${id} ${stamp.wallMs} ${stamp.counter} ${author}`,
  ],
  join: (left, right) => [...left, ...right],
  value: (state) => state,
  sample: (draws) => draws.below(5),
  source: import.meta.url,
}) as unknown as AnyDefinedMerge;

test("what fragments say are operations of the type, by their sources", () => {
  const scores = custom(highScores);
  expect(scores.name).toBe("custom(high-scores)");
  expect(outcomeOf(scores, said(5, { source: "ann" }), said(3, { source: "ann", id: "2" }), said(4, { source: "bob" }))).toEqual({
    value: { ann: 5, bob: 4 },
    outcome: "agreed",
    winners: "annbobann",
    losers: "",
  });
});

test("operations come the earliest first, numbered in that order, whatever fragments are called", () => {
  const all = [said("b", { source: "A", stamp: 2 }), said("a", { source: "B", stamp: 2.5 }), said("c", { source: "C" })];
  const value = ["c 0 0 0 C", "b 1 2 0 A", "a 2 2.5 0 B"];
  expect(decided(custom(places), all).value).toEqual(value);
  const renamed = all.map((each, at) => ({ ...each, head: { ...each.head, id: `${9 - at}` } }));
  expect(decided(custom(places), renamed).value).toEqual(value);
});

test("it has a meaning for what its type takes", () => {
  expect(custom(highScores).expects(5)).toBeUndefined();
  expect(custom(highScores).expects("five")).toBe("what high-scores takes (points from 0)");
  expect(custom(highScores).expects(2n ** 60n)).toContain("what high-scores takes");
});

test("what comes to no JSON is told of", () => {
  const lost = { ...highScores, definition: { ...highScores.definition, value: () => new Map() } };
  expect(() => decided(custom(lost), [said(1)])).toThrow(
    "the strategy high-scores comes to what is no JSON: it holds an object of a class",
  );
});

test("a strategies file calls it by the name it is handed in under", () => {
  const strategies = { paths: { "/scores": { strategy: "custom", module: "./scores.js", type: "best" } } };
  const fragments = [
    { id: "1", source: "ann", content: { scores: 7 } },
    { id: "2", source: "bob", content: { scores: 2 } },
    { id: "3", content: { scores: -1 } },
  ];
  const { state, refused } = synthesize(fragments, { strategies, types: { best: highScores } });
  expect(state).toEqual({ scores: { ann: 7, bob: 2 } });
  expect(refused).toEqual([
    { id: "3", names: ["scores"], expected: "what high-scores takes (points from 0), for custom(high-scores)", found: "-1" },
  ]);
  expect(() => synthesize(fragments, { strategies, types: { worst: highScores } })).toThrow(
    '"type" of custom is one that is handed in: worst',
  );
  expect(() => synthesize(fragments, { strategies })).toThrow("there is none");
});
