import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { createHasher } from "../identity/blake3-hasher.js";
import { type AnyDefinedMerge, defineMerge, type MergeDefinition } from "./define-merge.js";
import { type ElementCodec, json } from "./element-codec.js";
import { behaviourDigest } from "./laws/behaviour.js";
import { definedTrial } from "./laws/defined-trial.js";
import { SeededDraws } from "./laws/draws.js";
import { runLaws, type Verdict } from "./laws/run-laws.js";

interface WebAssemblyGlobal {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
}
const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyGlobal }).WebAssembly;
const hasher = createHasher((module) => new Instance(new Module(module)).exports);

type Scores = Readonly<Record<string, number>>;

/** The best of each author. */
const highScores: MergeDefinition<Scores, number, number, { score(points: number): void }> = {
  name: "high-scores",
  version: 3,
  operation: json as ElementCodec<number>,
  empty: {},
  apply: (state, points, { author }) => ({ ...state, [author]: Math.max(points, state[author] ?? 0) }),
  join: (left, right) => {
    const both: Record<string, number> = { ...left };
    for (const [author, points] of Object.entries(right)) both[author] = Math.max(points, both[author] ?? 0);
    return both;
  },
  value: (state) => Math.max(0, ...Object.values(state)),
  sample: (draws) => draws.below(5),
  commands: (send) => ({ score: send }),
  source: import.meta.url,
};

const trialOf = (changes: Partial<typeof highScores> = {}) =>
  definedTrial(defineMerge({ ...highScores, ...changes }) as unknown as AnyDefinedMerge);
const verdictOf = (changes: Partial<typeof highScores>): Verdict => runLaws(trialOf(changes), { seed: 1, runs: 200 });
const digestOf = (changes: Partial<typeof highScores> = {}): string => toHex(behaviourDigest(trialOf(changes), hasher));

test("a type of an application's own keeps the laws as those that are built in do", () => {
  expect(verdictOf({})).toEqual({ kind: "lawful", runs: 200 });
  const { name, version, commands, encodeOperation } = defineMerge(highScores);
  expect([name, version]).toEqual(["custom(high-scores)", 3]);
  const sent: number[] = [];
  commands((operation) => sent.push(operation)).score(7);
  expect(sent).toEqual([7]);
  expect(encodeOperation(7)).toEqual({ kind: 50, payload: Uint8Array.of(0x37) });
});

test("without commands of its own it has one that takes an operation", () => {
  const { commands, ...plain } = highScores;
  const sent: unknown[] = [];
  defineMerge<Scores, number, number>(plain)
    .commands((operation) => sent.push(operation))
    .apply(3);
  expect(sent).toEqual([3]);
});

test("an operation has an id, a stamp and an author to go by", () => {
  const ids = new Set<string>();
  let calls = 0;
  verdictOf({
    apply(state, _, { id, stamp, author }) {
      expect(stamp).toEqual({ wallMs: expect.any(Number), counter: expect.any(Number) });
      expect(id.startsWith(author)).toBe(true);
      ids.add(id);
      calls++;
      return state;
    },
  });
  expect(ids.size).toBeGreaterThan(20);
  expect(ids.size).toBeLessThan(calls);
});

test("what looks right and depends on what comes first, twice or when, is refused with the case that shows it", () => {
  const lawOf = (changes: Partial<typeof highScores>) => {
    const verdict = verdictOf(changes);
    return verdict.kind === "lawless" ? [verdict.law, verdict.lines.at(-1)] : verdict;
  };
  const last = { apply: (_: Scores, points: number): Scores => ({ last: points }), join: (left: Scores) => left };
  expect(lawOf(last)).toEqual([
    "the same operations come to one state, whatever came first",
    expect.stringMatching(/^folded B1.*A1: value 0,/),
  ]);
  let calls = 0;
  const counting = { apply: (): Scores => ({ calls: ++calls }) };
  expect(lawOf(counting)).toEqual(["the same question has the same answer", expect.stringMatching(/^asked again: \{calls: \d+\}$/)]);
  const changing = { apply: (state: Scores, points: number): Scores => Object.assign(state, { [points]: 1 }) };
  expect(lawOf({ ...changing, empty: {} })[0 as never]).toBe("a state that is given is not changed");
  const doubling = {
    apply: (state: Scores): Scores => ({ sum: (state["sum"] ?? 0) + 1 }),
    join: (left: Scores, right: Scores): Scores => ({ sum: (left["sum"] ?? 0) + (right["sum"] ?? 0) }),
  };
  expect(lawOf(doubling)[0 as never]).toMatch(/^joined parts are the whole|^join is /);
  const throwing = {
    value: () => {
      throw new Error("no scores");
    },
  };
  expect(lawOf(throwing)).toEqual(["nothing throws", "of any operations: a state"]);
  const misreading: ElementCodec<number> = { name: "odd", encode: (value) => Uint8Array.of(value), decode: ([value]) => (value ?? 0) + 1 };
  expect(lawOf({ operation: misreading, apply: (state) => state })).toEqual([
    "an operation that is read is written as it was",
    expect.stringMatching(/^\d+, written: kind 50, bytes [0-9a-f]{2}$/),
  ]);
});

test("what it does is one digest: of equal behaviour equal, of another another", () => {
  const written = "b962754b452bd3432f76a038b98e9da4201d890889204f479c65eb527bd54292";
  expect(digestOf()).toBe(written);
  const otherwise = (left: Scores, right: Scores): Scores => highScores.join(right, left);
  expect(digestOf({ join: otherwise, name: "best-scores" })).toBe(written);
  expect(digestOf({ apply: (state, points, at) => highScores.apply(state, points + 1, at) })).not.toBe(written);
  expect(digestOf({ value: (state) => Object.keys(state).length })).not.toBe(written);
});

test("names and versions are such that a lens can say them", () => {
  for (const name of ["", "High", "a b", "9", "x".repeat(65)]) expect(() => defineMerge({ ...highScores, name })).toThrow("a type's name");
  expect(() => defineMerge({ ...highScores, version: 0.5 })).toThrow("a type's version");
});

test("draws depend on seed and number alone, and fill their range", () => {
  const drawn = (seed: number, number: number) =>
    Array.from(
      { length: 2_000 },
      (
        (draws) => () =>
          draws.below(6)
      )(new SeededDraws(seed, number)),
    );
  expect(drawn(1, 2)).toEqual(drawn(1, 2));
  expect(drawn(1, 2)).not.toEqual(drawn(2, 1));
  expect(drawn(2 ** 40, 0)).not.toEqual(drawn(0, 0));
  const counts = [0, 1, 2, 3, 4, 5].map((face) => drawn(3, 4).filter((each) => each === face).length);
  for (const count of counts) expect(Math.abs(count - 333)).toBeLessThan(70);
  expect(() => new SeededDraws(1).pick([])).toThrow("nothing to pick from");
});
